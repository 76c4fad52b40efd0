"""A database full of random passages, filled in random order, and the answers that a brute force gives.

Knows how to fill and to search; what is timed is the business of `benchmarks.retrieval_speed`.
"""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg2
from numpy.typing import NDArray
from psycopg2.extensions import connection as Connection

from config import EmbedderSettings
from database import Database
from database.server import EmbeddedServer
from retriever import Embedder, Retriever
from retriever.embedder import Vectors
from retriever.identity import claim_database
from retriever.statements import Row
from retriever.store import BIGINT, DOUBLE, INTEGER, TEXT, VECTOR, copy_rows, tidy

DIMENSION = 384
PER_PRODUCT = 200
BATCH = 2000
WORDS = 40  # per passage, of a vocabulary of 5,000 with Zipf's frequencies
BIG = 1  # the large product's number


class Lookup(Embedder):
    """Vectors of questions that were made beforehand: a question is its number and some words."""

    def __init__(self, random: np.random.Generator) -> None:
        super().__init__(EmbedderSettings(name="random"))
        self.questions = unit_vectors(random, 4096)

    def load(self) -> None:
        """Nothing to load."""

    @property
    def dimension(self) -> int:
        """384."""
        return DIMENSION

    def embed_question(self, text: str) -> Vectors:
        """The question's vector."""
        return np.asarray(self.questions[int(text.split()[0])])

    def embed_passages(self, texts: list[str]) -> Vectors:
        """Anything: only the written examples of stances come here."""
        return unit_vectors(np.random.default_rng(len(texts)), len(texts))


class Timed(Retriever):
    """A retriever that remembers the seconds of each search's SQL."""

    def __init__(self, database: Database, embedder: Embedder) -> None:
        super().__init__(database, embedder)
        self.sql: list[float] = []

    def _rows(self, *arguments: Any) -> list[Row]:
        started = time.perf_counter()
        rows = super()._rows(*arguments)
        self.sql.append(time.perf_counter() - started)
        return rows


@dataclass(frozen=True, slots=True)
class Filled:
    """A database with passages; `products` and `vectors` row by row, in the order of arrival."""

    retriever: Timed
    embedder: Lookup
    products: NDArray[np.int64]
    vectors: Vectors

    def search(self, product: int, number: int, mode: str = "dense", **limits: float) -> list[int]:
        """The rows found."""
        question = f"{number} w{number % 50} w{number % 700}"
        found = self.retriever.search(f"P{product}", question, 5, mode=mode, **limits)  # type: ignore[arg-type]
        return [int(match.passage.review_id) for match in found]

    def nearest(self, product: int, number: int) -> set[int]:
        """The rows that a brute force in float32 finds."""
        rows = np.flatnonzero(self.products == product)
        scores = self.vectors[rows] @ self.embedder.questions[number]
        return set(rows[np.argsort(-scores, kind="stable")[:5]].tolist())


def unit_vectors(random: np.random.Generator, count: int) -> Vectors:
    """Random directions, shape (count, 384)."""
    vectors = random.standard_normal((count, DIMENSION), np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def fill(database: Database, size: int, big: int, random: np.random.Generator) -> Filled:
    """Write `size` passages in random order, a transaction per batch, and tidy up as an ingest does.

    `big` of them are product BIG's, PER_PRODUCT each other one's.
    """
    embedder = Lookup(random)
    products = np.concatenate([np.full(big, BIG), 2 + np.arange(size - big) // PER_PRODUCT])
    random.shuffle(products)
    vectors = np.empty((size, DIMENSION), np.float32)
    with database.connection() as connection, connection.cursor() as cursor:
        claim_database(connection, embedder)
        names = [f"P{product}" for product in range(1, int(products.max()) + 1)]
        cursor.execute(
            "INSERT INTO product (product_id) SELECT unnest(%s);"
            " INSERT INTO product_alias (alias, product, id) SELECT product_id, id, product_id FROM product",
            (names,),
        )
    for first in range(0, size, BATCH):
        rows = range(first, min(first + BATCH, size))
        vectors[rows.start : rows.stop] = unit_vectors(random, len(rows))
        with database.connection() as connection:
            _write(connection, rows, products, vectors, random)
    tidy(database)
    return Filled(Timed(database, embedder), embedder, products, vectors)


def _write(
    connection: Connection,
    rows: range,
    products: NDArray[np.int64],
    vectors: Vectors,
    random: np.random.Generator,
) -> None:
    texts = np.minimum(random.zipf(1.3, (len(rows), WORDS)), 5000)
    # A text's key is the number of its row.
    written = [" ".join(f"w{word}" for word in words) for words in texts]
    bodies = ((int(products[row]), row, text, str(row)) for row, text in zip(rows, written, strict=True))
    reviews = ((int(products[row]), str(row), row, float(1 + row % 5)) for row in rows)
    passages = (
        (int(products[row]), row, 0, text, f"{row:064x}", vectors[row])
        for row, text in zip(rows, written, strict=True)
    )
    with connection.cursor() as cursor:
        copy_rows(
            cursor, "body", {"product": BIGINT, "id": BIGINT, "text": TEXT, "content_hash": TEXT}, bodies
        )
        copy_rows(
            cursor, "review", {"product": BIGINT, "review_id": TEXT, "body": BIGINT, "rating": DOUBLE},
            reviews,
        )  # fmt: skip
        copy_rows(
            cursor, "passage",
            {"product": BIGINT, "body": BIGINT, "number": INTEGER, "text": TEXT, "content_hash": TEXT,
             "embedding": VECTOR}, passages,
        )  # fmt: skip


def create(server: EmbeddedServer, name: str) -> str:
    """A new database; returns what leads to it."""
    connection = psycopg2.connect(server.dsn)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    connection.close()
    return psycopg2.extensions.make_dsn(server.dsn, dbname=name)
