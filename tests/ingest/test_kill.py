"""An ingest that is killed at any moment, and started again, ends as if nothing had happened."""

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from config import Settings
from tests.conftest import Cluster

KILLS = 20
ROW_COUNT = 1200
ROWS = "asins,name,reviews.id,reviews.title,reviews.text,reviews.rating\n" + "".join(
    f'"B0KILL{number % 7:04},B0ALSO{number % 7:04}",Thing {number % 7},'
    f"{number if number % 3 else ''},Title {text},"
    f"The battery of sample {text} lasted {text} hours. Its screen did not.,{number % 5 + 1}\n"
    for number, text in ((number, number % 910) for number in range(ROW_COUNT))
)


def contents(url: str) -> str:
    """A digest of all that was stored, but for the vectors' last bits: batches differ after a kill."""
    statement = """
        SELECT product_id, review_id, number, passage.text, rating, vector_dims(embedding), unnamed, copies,
               reviews
        FROM passage JOIN review USING (product, review_id) JOIN product ON product.id = product
        ORDER BY product_id, review_id, number
    """
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        digest = hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()
        cursor.execute(
            "SELECT count(*) FROM review WHERE NOT EXISTS (SELECT FROM passage WHERE"
            " (passage.product, passage.review_id) = (review.product, review.review_id))"
        )
        assert cursor.fetchone() == (0,), "a review without its passages is visible"
    connection.close()
    return digest


@pytest.mark.slow
def test_killed_at_random_moments(embedded_cluster: Cluster, settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "reviews.csv"
    file.write_text(ROWS)
    command = [sys.executable, "-m", "ingest", str(file)]
    undisturbed = embedded_cluster.create_migrated()
    environment = os.environ | {"REVIEWDUEL_HOME": str(tmp_path)}
    done = subprocess.run(
        command, env=environment | {"REVIEWDUEL_DATABASE_URL": undisturbed}, capture_output=True, text=True
    )
    assert done.stdout == f"read {ROW_COUNT}, new 910, updated 0, unchanged 290, rejected 0\n"

    chance = random.Random(0)
    disturbed = embedded_cluster.create_migrated()
    environment["REVIEWDUEL_DATABASE_URL"] = disturbed
    for _ in range(KILLS):
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            # Starting takes some 5 seconds, embedding all a few more: both phases are hit.
            process.wait(timeout=chance.uniform(3, 16))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        contents(disturbed)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"read {ROW_COUNT}, new ")
    assert contents(disturbed) == contents(undisturbed)
