"""How long a search takes when the table is large, beside LangChain's vector stores over the same rows.

    python -m benchmarks.retrieval_speed [--passages 1000000] [--plot docs/retrieval-speed.svg]

Passages with random unit vectors of 384 dimensions, 200 per product but for one product that has a tenth of
all, come in random order into a fresh database, a transaction per batch; then what an ingest does at its
end, and nothing else. Questions are vectors made beforehand. Timed is the SQL of a search (k = 5), rows
received, and beside it the whole of `Retriever.search`. `recall` is the share of the passages of a float32
brute force over the same vectors. Of the peers, too, the SQL is timed. Grown in three sizes, each in a
database of its own.

Last line: JSON with `passages`, `p50_ms`, `p95_ms`, `recall` (dense, products of 200),
`big_product_p95_ms`, `big_product_recall`, `speedup_vs_pgvector`, `speedup_vs_pgvectorstore` (p50 against
p50); `search_p50_ms` (with all Python), `hybrid_p50_ms`, `hybrid_p95_ms`, `hybrid_big_product_p95_ms`,
`filtered_p50_ms`; of 8 clients at once `clients_8_per_s` and `clients_8_p95_ms` (whole searches); and
`growth`: size, then the p50 in ms of ours, PGVector, PGVectorStore. A peer that is not installed is null:
langchain-postgres wants an older pgvector beside itself than we do, and works with ours: `pip install
--no-deps langchain-postgres && pip install 'psycopg[binary,pool]' asyncpg`.
"""

import importlib.util
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import psycopg2
import typer
from numpy.typing import NDArray
from psycopg2.extensions import connection as Connection
from rich.console import Console
from rich.table import Table

from benchmarks.vector_stores import SqlClock, pgvector, pgvectorstore
from config import EmbedderSettings
from database import Database
from database.server import EmbeddedServer
from retriever import Embedder, Retriever
from retriever.bulk import BIGINT, DOUBLE, INTEGER, TEXT, VECTOR, copy_rows
from retriever.embedder import Vectors
from retriever.identity import claim_database
from retriever.layout import tidy
from retriever.statements import Row

DIMENSION = 384
PER_PRODUCT = 200
BATCH = 2000
WORDS = 40  # per passage, of a vocabulary of 5,000 with Zipf's frequencies
BIG = 1
SMALLEST = 5000
console = Console()
Milliseconds = NDArray[np.float64]

PEERS = {
    "PGVector": (pgvector, "langchain_community"),
    "PGVectorStore": (pgvectorstore, "langchain_postgres"),
}


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


def main(
    passages: Annotated[int, typer.Option(min=10_000)] = 1_000_000,
    searches: Annotated[int, typer.Option(min=50)] = 1000,
    plot: Annotated[Path | None, typer.Option(help="Draw how the time grows into this file.")] = None,
    seed: int = 0,
) -> None:
    """Fill, search, print."""
    growth: list[list[float | None]] = []
    result: dict[str, object] = {}
    folder = Path(tempfile.mkdtemp(prefix="reviewduel-speed-"))
    server = EmbeddedServer(folder / "postgres")
    try:
        for size in [n for n in (passages // 100, passages // 10) if n >= SMALLEST] + [passages]:
            dsn = _database(server, f"size_{size}")
            with Database(dsn, "the benchmark's database") as database:
                filled = fill(database, size, np.random.default_rng(seed))
                result = measure(filled, searches)
                peers = {name: _peer(name, dsn, filled) for name in PEERS}
            growth.append([size, float(result["p50_ms"]), *peers.values()])  # type: ignore[arg-type]
            console.print(f"{size} passages: {growth[-1][1:]} ms (ours, {', '.join(PEERS)})")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    ours = growth[-1][1]
    for name, p50 in zip(PEERS, growth[-1][2:], strict=True):
        result[f"speedup_vs_{name.lower()}"] = None if p50 is None or ours is None else round(p50 / ours, 1)
    table = Table("", "", title=f"{passages} passages", box=None)
    for key, value in result.items():
        table.add_row(key, str(value))
    console.print(table)
    if plot:
        draw(growth, plot)
    print(json.dumps({"passages": passages, **result, "growth": growth}))


def unit_vectors(random: np.random.Generator, count: int) -> Vectors:
    """Random directions, shape (count, 384)."""
    vectors = random.standard_normal((count, DIMENSION), np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def fill(database: Database, size: int, random: np.random.Generator) -> Filled:
    """Write so many passages in random order, a transaction per batch, and tidy up as an ingest does."""
    embedder = Lookup(random)
    big = size // 10
    products = np.concatenate([np.full(big, BIG), 2 + np.arange(size - big) // PER_PRODUCT])
    random.shuffle(products)
    vectors = np.empty((size, DIMENSION), np.float32)
    started = time.perf_counter()
    with database.connection() as connection, connection.cursor() as cursor:
        claim_database(connection, embedder)
        names = [f"P{product}" for product in range(1, int(products.max()) + 1)]
        cursor.execute(
            "INSERT INTO product (product_id) SELECT unnest(%s);"
            " INSERT INTO product_alias SELECT product_id, id FROM product",
            (names,),
        )
    for first in range(0, size, BATCH):
        rows = range(first, min(first + BATCH, size))
        vectors[rows.start : rows.stop] = unit_vectors(random, len(rows))
        with database.connection() as connection:
            _write(connection, rows, products, vectors, random)
    tidy(database)
    console.print(f"{size} passages written in {time.perf_counter() - started:.0f} s")
    return Filled(Timed(database, embedder), embedder, products, vectors)


def _write(
    connection: Connection,
    rows: range,
    products: NDArray[np.int64],
    vectors: Vectors,
    random: np.random.Generator,
) -> None:
    texts = np.minimum(random.zipf(1.3, (len(rows), WORDS)), 5000)
    reviews = (
        (int(products[row]), str(row), " ".join(f"w{word}" for word in words), float(1 + row % 5), str(row))
        for row, words in zip(rows, texts, strict=True)
    )
    passages = (
        (int(products[row]), str(row), 0, " ".join(f"w{word}" for word in words), f"{row:064x}", vectors[row])
        for row, words in zip(rows, texts, strict=True)
    )
    with connection.cursor() as cursor:
        copy_rows(
            cursor, "review",
            {"product": BIGINT, "review_id": TEXT, "text": TEXT, "rating": DOUBLE, "content_hash": TEXT},
            reviews,
        )  # fmt: skip
        copy_rows(
            cursor, "passage",
            {"product": BIGINT, "review_id": TEXT, "number": INTEGER, "text": TEXT, "content_hash": TEXT,
             "embedding": VECTOR}, passages,
        )  # fmt: skip


def measure(filled: Filled, searches: int) -> dict[str, object]:
    """All figures of ours."""
    random = np.random.default_rng(1)
    small = [int(product) for product in random.integers(2, filled.products.max(), searches)]
    dense, whole = timed(filled, lambda n: filled.search(small[n], n), searches)
    hybrid, _ = timed(filled, lambda n: filled.search(small[n], n, "hybrid"), searches)
    filtered, _ = timed(filled, lambda n: filled.search(small[n], n, min_rating=4), searches)
    few = max(20, searches // 20)
    big, _ = timed(filled, lambda n: filled.search(BIG, n), few)
    big_hybrid, _ = timed(filled, lambda n: filled.search(BIG, n, "hybrid"), few)
    checked = min(200, searches)
    per_s, at_once = together(filled, small)
    return {
        "p50_ms": _percentile(dense, 50),
        "p95_ms": _percentile(dense, 95),
        "recall": _recall(filled, [(small[n], n) for n in range(checked)]),
        "big_product_p95_ms": _percentile(big, 95),
        "big_product_recall": _recall(filled, [(BIG, n) for n in range(20)]),
        "search_p50_ms": _percentile(whole, 50),
        "hybrid_p50_ms": _percentile(hybrid, 50),
        "hybrid_p95_ms": _percentile(hybrid, 95),
        "hybrid_big_product_p95_ms": _percentile(big_hybrid, 95),
        "filtered_p50_ms": _percentile(filtered, 50),
        "clients_8_per_s": round(per_s, 1),
        "clients_8_p95_ms": _percentile(at_once, 95),
    }


def timed(
    filled: Filled, search: Callable[[int], object], searches: int
) -> tuple[Milliseconds, Milliseconds]:
    """Milliseconds of SQL, and of all, of searches number 0, 1, …, after a few that do not count."""
    times = []
    for n in [*range(5), *range(searches)]:
        started = time.perf_counter()
        search(n)
        times.append(time.perf_counter() - started)
    return np.array(filled.retriever.sql[-searches:]) * 1000, np.array(times[5:]) * 1000


def together(
    filled: Filled, products: list[int], clients: int = 8, seconds: float = 5
) -> tuple[float, Milliseconds]:
    """Searches per second of so many threads at once, and the milliseconds of each search."""
    end = time.perf_counter() + seconds
    times: list[float] = []

    def work(client: int) -> None:
        n = client
        while (started := time.perf_counter()) < end:
            filled.search(products[n % len(products)], n % 4096)
            times.append(time.perf_counter() - started)
            n += clients

    threads = [threading.Thread(target=work, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(times) / seconds, np.array(times) * 1000


def _recall(filled: Filled, cases: list[tuple[int, int]]) -> float:
    return float(np.mean([len(filled.nearest(*case) & set(filled.search(*case))) / 5 for case in cases]))


def _percentile(times: Milliseconds, percent: int) -> float:
    return round(float(np.percentile(times, percent)), 3)


def _database(server: EmbeddedServer, name: str) -> str:
    connection = psycopg2.connect(server.dsn)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    connection.close()
    return psycopg2.extensions.make_dsn(server.dsn, dbname=name)


def _peer(name: str, dsn: str, filled: Filled, searches: int = 15) -> float | None:
    """The median milliseconds of a peer's SQL; None if it is not installed."""
    build, package = PEERS[name]
    if importlib.util.find_spec(package) is None:
        return None
    clock, times = SqlClock(), []
    connection = psycopg2.connect(dsn)
    try:
        with build(connection, dsn, DIMENSION) as search:
            for n in range(searches + 3):
                product = int(filled.products[n * 7])
                if product == BIG:
                    continue
                # A store's first use of a product looks around; only the second is counted.
                for _ in range(2):
                    before = clock.seconds
                    search(product, filled.embedder.questions[n], 5)
                times.append(clock.seconds - before)
    finally:
        connection.close()
    return round(float(np.median(times)) * 1000, 3)


def draw(growth: list[list[float | None]], file: Path) -> None:
    """The plot: milliseconds over passages, both logarithmic."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4))
    sizes = [row[0] for row in growth]
    for column, name in enumerate(("ReviewDuel", *PEERS), start=1):
        values = [row[column] if row[column] is not None else float("nan") for row in growth]
        axes.plot(sizes, values, marker="o", label=name)  # type: ignore[arg-type, unused-ignore]
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="passages in the table, 200 per product",
        ylabel="median search, ms",
    )
    axes.grid(True, which="both", alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(file)


if __name__ == "__main__":
    typer.run(main)
