"""LangChain's two PostgreSQL vector stores over the rows of our table, and the seconds of their SQL.

`PGVector` as the published experiment uses it, a collection per product; `PGVectorStore`, its successor,
with the product as a column of its own and a filter. Both as they come: neither makes an index for it.
"""

import importlib.util
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import psycopg2
from langchain_core.embeddings import Embeddings
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import parse_dsn

from benchmarks.random_passages import BIG, DIMENSION, Filled
from retriever.embedder import Vectors

Search = Callable[[int, Vectors, int], None]


class SqlClock:
    """Adds up the seconds of SQLAlchemy's statements, rows received, of every engine in this process."""

    def __init__(self) -> None:
        from sqlalchemy import Engine, event

        self.seconds = 0.0
        self._started = 0.0
        event.listen(Engine, "before_cursor_execute", self._before)
        event.listen(Engine, "after_cursor_execute", self._after)

    def _before(self, *_: Any) -> None:
        self._started = time.perf_counter()

    def _after(self, *_: Any) -> None:
        self.seconds += time.perf_counter() - self._started


@contextmanager
def pgvector(connection: Connection, dsn: str, dimension: int) -> Iterator[Search]:
    """LangChain's PGVector (langchain-community), filled from our passages in the order of their arrival."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from langchain_community.vectorstores.pgvector import PGVector

        def store(product: int) -> PGVector:
            # Before the first call its tables do not exist; later calls find them.
            return PGVector(
                _url(dsn, "psycopg2"), NoEmbeddings(), collection_name=str(product), use_jsonb=True
            )

        store(0)
        with connection, connection.cursor() as cursor:
            cursor.execute("TRUNCATE langchain_pg_collection CASCADE")
            cursor.execute(
                "INSERT INTO langchain_pg_collection (uuid, name)"
                " SELECT gen_random_uuid(), product FROM (SELECT DISTINCT product FROM passage)"
            )
            cursor.execute(
                "INSERT INTO langchain_pg_embedding (uuid, collection_id, embedding, document, cmetadata)"
                " SELECT gen_random_uuid(), uuid, embedding, text, jsonb_build_object('review', body)"
                " FROM passage JOIN langchain_pg_collection ON name = product::text"
            )
            cursor.execute("ANALYZE langchain_pg_embedding")
        stores: dict[int, PGVector] = {}

        def search(product: int, vector: Vectors, k: int) -> None:
            if product not in stores:
                stores[product] = store(product)
            found = stores[product].similarity_search_with_score_by_vector(vector.tolist(), k)
            assert len(found) == k

        yield search
        with connection, connection.cursor() as cursor:
            cursor.execute("DROP TABLE langchain_pg_embedding, langchain_pg_collection")


@contextmanager
def pgvectorstore(connection: Connection, dsn: str, dimension: int) -> Iterator[Search]:
    """LangChain's PGVectorStore (langchain-postgres), filled like PGVector."""
    from langchain_postgres import Column, PGEngine, PGVectorStore

    engine = PGEngine.from_connection_string(_url(dsn, "psycopg"))
    engine.init_vectorstore_table("peer", dimension, metadata_columns=[Column("product", "BIGINT")])
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO peer (langchain_id, content, embedding, product, langchain_metadata)"
            " SELECT gen_random_uuid(), text, embedding, product, json_build_object('review', body)"
            " FROM passage"
        )
        cursor.execute("ANALYZE peer")
    store = PGVectorStore.create_sync(engine, NoEmbeddings(), "peer", metadata_columns=["product"])

    def search(product: int, vector: Vectors, k: int) -> None:
        found = store.similarity_search_with_score_by_vector(vector.tolist(), k, filter={"product": product})
        assert len(found) == k

    yield search
    with connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE peer")


class NoEmbeddings(Embeddings):
    """Stands where the stores want an embedder; nobody asks it, for vectors are handed in."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """No."""
        raise NotImplementedError

    def embed_query(self, text: str) -> list[float]:
        """No."""
        raise NotImplementedError


def _url(dsn: str, driver: str) -> str:
    parts = parse_dsn(dsn)
    return (
        f"postgresql+{driver}://{parts['user']}@/{parts['dbname']}?host={parts['host']}&port={parts['port']}"
    )


PEERS = {
    "PGVector": (pgvector, "langchain_community"),
    "PGVectorStore": (pgvectorstore, "langchain_postgres"),
}


def median_ms(name: str, dsn: str, filled: Filled, searches: int = 15) -> float | None:
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
