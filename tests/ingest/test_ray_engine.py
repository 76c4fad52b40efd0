"""The engine `ray` stores what the local one stores, to the byte, vectors but for noise."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from config import PassageSettings, Settings
from config.errors import ConfigError
from database import Database
from ingest import ReviewFile, ingest
from retriever import Embedder
from tests.conftest import Cluster

ray = pytest.importorskip("ray")
SAMPLE = Path(__file__).parents[2] / "data" / "reviews.csv"
ROWS = """
    SELECT product_id, review.*, number, passage.text, passage.content_hash, embedding
    FROM product JOIN review ON product = id JOIN passage USING (product, review_id)
    ORDER BY product_id, review_id, number
"""


@pytest.fixture
def two_nodes() -> Iterator[str]:
    from ray.cluster_utils import Cluster as RayCluster

    cluster = RayCluster()
    for _ in range(2):
        cluster.add_node(num_cpus=1, object_store_memory=100 << 20)
    yield cluster.address
    ray.shutdown()
    cluster.shutdown()  # type: ignore[no-untyped-call, unused-ignore]


def contents(cluster: Cluster, embedder: Embedder, tmp_path: Path) -> list[tuple[Any, ...]]:
    settings = Settings(home=tmp_path, database_url=cluster.create_migrated())  # type: ignore[arg-type]
    with Database.open(settings) as database:
        with ReviewFile(SAMPLE) as file:
            counts = ingest(file, database, embedder, PassageSettings(), batch_rows=200 * embedder.workers)
        assert counts.new > 300
        with database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(ROWS)
            return cursor.fetchall()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_the_same_rows_as_the_local_engine(
    two_nodes: str, embedded_cluster: Cluster, settings: Settings, tmp_path: Path
) -> None:
    from ingest.ray_engine import RayEmbedder

    local = contents(embedded_cluster, Embedder(settings.embedder), tmp_path)
    embedder = RayEmbedder(settings.embedder, two_nodes)
    assert embedder.workers == 2
    spread = contents(embedded_cluster, embedder, tmp_path)
    embedder.close()
    assert [row[:-1] for row in spread] == [row[:-1] for row in local]
    ours, theirs = (np.array([row[-1].to_numpy() for row in rows]) for rows in (local, spread))
    cosines = (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
    assert cosines.min() >= 0.9999


@pytest.mark.filterwarnings("ignore")
def test_no_cluster_is_said(settings: Settings) -> None:
    from ingest.ray_engine import RayEmbedder

    with pytest.raises(ConfigError, match="No Ray cluster at"):
        RayEmbedder(settings.embedder, "127.0.0.1:1")
