"""The engine `ray` stores what the local one stores, to the byte, vectors but for noise."""

import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pgvector import Vector

from config import PassageSettings, Settings
from config.errors import ClusterError
from database import Database, Patience
from ingest import IngestCounts, Review, ReviewFile, ingest
from ingest.notes import Notes
from ingest.ray_engine import RayEmbedder, ahead, parsed
from ingest.review import Row, sha256
from ingest.splitter import Splitter
from retriever import Embedder, store
from retriever.passage import prose
from tests.conftest import Cluster

pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own

SAMPLE = Path(__file__).parents[2] / "data" / "reviews.csv"
TABLES = {
    "product": "id",
    "product_alias": "alias",
    "review": "product, review_id",
    "body": "product, id",
    "passage": "product, body, number",
}
# Dirty, repeated and connected rows, some of them useless, over several partitions.
HEADER = "asins,name,reviews.id,reviews.title,reviews.text,reviews.rating\n"
ROWS = [
    f'"P{n % 9},Q{n % 9 + n // 600}",Thing,{n if n % 3 else ""},T{n % 10}&amp;,'
    f"Sample {n % 270} <b>lasted</b> caf\udce9 hours.<br>Its screen did not.,{n % 7}\n"
    for n in range(700)
]


@dataclass
class Outcome:
    """All that an ingest stores and says, vectors apart."""

    counts: list[IngestCounts]
    notes: list[Notes]
    tables: dict[str, list[tuple[Any, ...]]]
    vectors: np.ndarray[Any, Any]


@pytest.fixture
def two_nodes() -> Iterator[str]:
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster as RayCluster

    cluster = RayCluster()
    for _ in range(2):
        cluster.add_node(num_cpus=1, object_store_memory=100 << 20)
    yield cluster.address
    ray.shutdown()
    cluster.shutdown()  # type: ignore[no-untyped-call, unused-ignore]


def outcome(files: list[Path], embedder: Embedder, database: Database) -> Outcome:
    """The files read twice, the first of them a third time as the whole truth, without its end."""
    truth = files[0].with_name("truth.csv")
    truth.write_bytes(b"".join(files[0].read_bytes().splitlines(keepends=True)[:300]))
    counts, notes = [], []
    for path, replace in [*((path, False) for path in files * 2), (truth, True)]:
        with ReviewFile(path) as file:
            rows: Iterable[Row] = file
            if isinstance(embedder, RayEmbedder):
                rows = embedder.read(file, database, PassageSettings())
            counts.append(ingest(rows, database, embedder, PassageSettings(), replace=replace))
            notes.append(file.notes)
    tables = {}
    with database.connection() as connection, connection.cursor() as cursor:
        for table, order in TABLES.items():
            cursor.execute(f"SELECT to_jsonb({table}) - 'embedding' FROM {table} ORDER BY {order}")
            tables[table] = cursor.fetchall()
        cursor.execute(f"SELECT vector_send(embedding) FROM passage ORDER BY {TABLES['passage']}")
        vectors = np.array([Vector.from_binary(vector).to_numpy() for (vector,) in cursor])
    return Outcome(counts, notes, tables, vectors)


@pytest.mark.slow
def test_the_same_rows_as_the_local_engine(
    two_nodes: str, embedded_cluster: Cluster, settings: Settings, tmp_path: Path
) -> None:
    dirty = tmp_path / "dirty.csv"
    dirty.write_bytes((HEADER + "".join(ROWS)).encode("utf-8", "surrogateescape"))
    spread = RayEmbedder(settings.embedder, two_nodes)
    assert spread.cluster.embedders == 2
    found = []
    for embedder in (Embedder(settings.embedder), spread):
        own = Settings(home=tmp_path, database_url=embedded_cluster.create_migrated())  # type: ignore[arg-type]
        with Database.open(own) as database:
            found.append(outcome([dirty, SAMPLE], embedder, database))
    spread.close()
    local, ours = found
    assert ours.counts == local.counts
    assert local.counts[0].rejected and local.counts[0].new and local.counts[0].embedded
    assert local.counts[2].unchanged and local.counts[2].embedded == 0
    assert local.counts[4].removed or local.counts[4].kept
    assert ours.notes == local.notes and local.notes[0].kinds
    assert ours.tables == local.tables and all(local.tables.values())
    lengths = np.linalg.norm(ours.vectors, axis=1) * np.linalg.norm(local.vectors, axis=1)
    assert ((ours.vectors * local.vectors).sum(1) / lengths).min() >= 0.9999


def test_a_partition_is_what_reading_gives(tmp_path: Path) -> None:
    dirty = tmp_path / "dirty.csv"
    dirty.write_bytes((HEADER + "".join(ROWS[:20])).encode("utf-8", "surrogateescape"))
    with ReviewFile(dirty) as file, ReviewFile(dirty) as other:
        sent = pickle.loads(pickle.dumps((other.parser, PassageSettings(size=50), list(other.rows()))))
        partition = pickle.loads(pickle.dumps(parsed(*sent)))
        assert partition.rows == list(file)
        assert partition.notes == file.notes and file.notes.kinds
    splitter = Splitter(PassageSettings(size=50))
    reviews = [row for row in partition.rows if isinstance(row, Review)]
    texts = {text for row in reviews for text in splitter.split(prose(row.title, row.text or ""))}
    assert set(partition.pieces.values()) == texts
    assert all(sha256(text) == content_hash for content_hash, text in partition.pieces.items())


class Here:
    """A cluster that is this process, and keeps its promises at once."""

    embedders = 1

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def run(self, function: Callable[..., object], *arguments: object) -> object:
        return function(*arguments)

    def embed(self, texts: list[str]) -> object:
        return self._embedder.embed_passages(texts)

    def get(self, promise: object) -> object:
        return promise

    def close(self) -> None:
        pass


def test_a_database_that_is_away_is_waited_for_and_told(
    database: Database, fake_embedder: Embedder, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, left, told = store.known_texts, 1, list[str]()

    def away_once(connection: Any, hashes: Iterable[str]) -> set[str]:
        nonlocal left
        left -= 1
        if left >= 0:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return known(connection, hashes)

    monkeypatch.setattr(store, "known_texts", away_once)
    monkeypatch.setattr("ingest.ray_engine.Cluster", lambda settings, address: Here(fake_embedder))
    with closing(RayEmbedder(settings.embedder)) as spread, ReviewFile(SAMPLE) as file:
        rows = list(spread.read(file, database, PassageSettings(), Patience(told.append)))
    with ReviewFile(SAMPLE) as file:
        assert rows == list(file)
    assert "It is tried again" in told[0] and "is back" in told[1]


def test_drawn_ahead_in_order_and_no_further() -> None:
    drawn: list[int] = []

    def numbers() -> Iterator[int]:
        for n in range(7):
            drawn.append(n)
            yield n

    given = ahead(numbers(), 2)
    assert next(given) == 0 and drawn == [0, 1, 2]
    assert next(given) == 1 and drawn == [0, 1, 2, 3]
    assert list(given) == [2, 3, 4, 5, 6]
    assert list(ahead(iter([]), 2)) == []


def test_no_cluster_is_said(settings: Settings) -> None:
    pytest.importorskip("ray")
    with pytest.raises(ClusterError, match="No Ray cluster at"):
        RayEmbedder(settings.embedder, "127.0.0.1:1")


@pytest.mark.slow
def test_a_cluster_without_processors_is_left_again(settings: Settings) -> None:
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster as RayCluster

    cluster = RayCluster()
    cluster.add_node(num_cpus=0, object_store_memory=100 << 20)
    try:
        with pytest.raises(ClusterError, match="has no processors"):
            RayEmbedder(settings.embedder, cluster.address)
        assert not ray.is_initialized()
    finally:
        cluster.shutdown()  # type: ignore[no-untyped-call, unused-ignore]
