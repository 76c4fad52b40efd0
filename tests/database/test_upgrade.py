"""A database of the first schema, with data, becomes one of the newest: from any version, killed or not.

`first_schema.sql` was written by the program as it was then; at its head stands how.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from compare.run.run_list import RunList
from config import EmbedderSettings, PassageSettings
from config.errors import DatabaseError
from database import Database
from database.migrate import known_migrations, migrate
from generator import AnswerLog
from ingest import IngestCounts, ReviewFile, ingest
from retriever import Embedder, Retriever
from retriever.embedder import Vectors

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FIRST = 2  # the number of the first schema's last migration
NEWEST = known_migrations()[-1].number
OPEN = "import sys; from database import Database; Database(sys.argv[1], 'here').close()"

LAYOUT = """
    SELECT table_name, column_name, data_type, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, column_name
"""
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname"
RULES = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2
"""
STORED = """
    SELECT product_id, review_id, review.title, review.text, rating, written_on, reviewer, number,
        passage.text, embedding::text
    FROM product JOIN review ON product = id JOIN passage USING (product, review_id) ORDER BY 1, 2, number
"""
WAITING = """
    SELECT pid, wait_event FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


class Remembered(Embedder):
    """The embedder that filled the first database; it knows one question, and embeds nothing anew."""

    def __init__(self, vector: str) -> None:
        super().__init__(EmbedderSettings())
        self._vector = np.array(vector.strip("[]").split(","), np.float32)

    def embed_passages(self, texts: list[str]) -> Vectors:
        raise AssertionError(f"embedded again: {texts}")

    def embed_question(self, text: str) -> Vectors:
        return self._vector


def rows(dsn: str, statement: str) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def newest_layout(embedded_cluster: Any) -> list[list[tuple[Any, ...]]]:
    """Tables, indexes and rules of a database that was made by this program."""
    dsn = embedded_cluster.create_migrated()
    return [rows(dsn, what) for what in (LAYOUT, INDEXES, RULES)]


@pytest.fixture
def first(embedded_cluster: Any) -> str:
    """The connection string of a database as the first program left it."""
    dsn: str = embedded_cluster.create()
    lines = (HERE / "first_schema.sql").read_text(encoding="utf-8").splitlines()
    rows(dsn, "\n".join(line for line in lines if not line.startswith("\\")))  # psql's own commands
    return dsn


def at(dsn: str, number: int) -> None:
    """Bring the database up to this migration, as an earlier program did."""
    with closing(psycopg2.connect(dsn)) as connection:
        for migration in known_migrations()[FIRST:number]:
            with connection, connection.cursor() as cursor:
                cursor.execute(migration.sql)
                cursor.execute(
                    "INSERT INTO schema_migration (number, name) VALUES (%s, %s)",
                    (migration.number, migration.name),
                )


def version(dsn: str) -> int:
    return int(rows(dsn, "SELECT max(number) FROM schema_migration")[0][0])


def test_the_first_database_is_what_it_says(first: str) -> None:
    assert version(first) == FIRST
    assert len(rows(first, STORED)) > 3
    assert rows(first, "SELECT answer_id FROM answer WHERE run_id IS NULL")
    assert rows(first, "SELECT answer_id FROM answer WHERE run_id IS NOT NULL")


def test_all_of_it_is_there_and_of_use_afterwards(first: str) -> None:
    before = rows(first, STORED)
    answers = rows(first, "SELECT answer_id, run_id, model, answer, words FROM answer ORDER BY answer_id")
    with Database(first, "here") as database:
        assert version(first) == NEWEST
        assert rows(first, STORED) == before
        (product, *_), last = before[-1], before[-1]
        embedder = Remembered(last[-1])
        retriever = Retriever(database, embedder)
        (best, *_) = retriever.search(product, "anything", 3, mode="dense")
        assert best.passage.text == last[8]
        assert best.score == pytest.approx(1, abs=1e-4)
        word = max(last[8].split(), key=len).strip(".,")
        assert word in retriever.search(product, word, 1, mode="lexical")[0].passage.text
        assert retriever.product(product).reviews == len({row[1] for row in before if row[0] == product})
        log = AnswerLog(database)
        assert [(row["answer_id"], row["run_id"], row["model"], row["answer"], row["words"])
                for row in log.select()] == answers  # fmt: skip
        (run,) = RunList(database).latest(5)
        assert run.answered == len(log.answers(run.run_id)) > 0


def test_reading_the_same_file_again_changes_nothing(first: str) -> None:
    before = rows(first, STORED)
    with Database(first, "here") as database:
        embedder = Embedder(EmbedderSettings())
        for unchanged in (0, 1):  # the first time it is noted how the passages were made
            with ReviewFile(HERE / "first_reviews.csv") as file:
                counts = ingest(file, database, embedder, PassageSettings())
            assert counts.read == counts.unchanged + counts.updated
            assert counts.embedded == 0
            if unchanged:
                assert counts == IngestCounts(read=counts.read, unchanged=counts.read)
    assert embedder._model is None
    assert rows(first, STORED) == before


@pytest.mark.parametrize("number", range(FIRST, NEWEST + 1))
def test_every_version_between_goes_on_to_the_newest(
    first: str, newest_layout: list[list[tuple[Any, ...]]], number: int
) -> None:
    at(first, number)
    rows(first, "INSERT INTO product (product_id, name) VALUES ('between', 'Between') RETURNING id")
    rows(first, "INSERT INTO review (product, review_id, text, content_hash) SELECT id, 'r', 'Good.', 'h'"
                " FROM product WHERE product_id = 'between'")  # fmt: skip
    before = rows(first, STORED)
    answers = rows(first, "SELECT count(*) FROM answer")
    Database(first, "here").close()
    assert version(first) == NEWEST
    assert rows(first, STORED) == before
    assert rows(first, "SELECT count(*) FROM answer") == answers
    assert rows(first, "SELECT text, copies FROM review WHERE content_hash = 'h'") == [("Good.", 1)]
    assert [rows(first, what) for what in (LAYOUT, INDEXES, RULES)] == newest_layout


@contextmanager
def held(dsn: str, table: str) -> Iterator[Connection]:
    """While somebody reads this table in a transaction, no migration can change it."""
    with closing(psycopg2.connect(dsn)) as reader:
        with reader.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN ACCESS SHARE MODE")
        yield reader
        reader.rollback()


def wait_until(condition: Any) -> None:
    for _ in range(400):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def test_an_upgrade_killed_in_its_middle_leaves_a_version_and_goes_on(first: str) -> None:
    # The sixth changes `review`, makes a table, and then comes to `product`.
    with held(first, "product") as reader:
        process = subprocess.Popen([sys.executable, "-c", OPEN, first], cwd=ROOT)
        wait_until(lambda: rows(first, WAITING))
        process.kill()
        process.wait()
        reader.rollback()
        others = (
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        wait_until(lambda: len(rows(first, others)) == 1)  # that one reader
    assert version(first) == 5
    assert rows(first, "SELECT to_regclass('review_copy')") == [(None,)]
    assert not [row for row in rows(first, LAYOUT) if row[:2] == ("review", "split")]
    Database(first, "here").close()
    assert version(first) == NEWEST


def test_of_two_that_upgrade_at_once_one_waits(first: str) -> None:
    def upgrade() -> None:
        with closing(psycopg2.connect(first)) as connection:
            migrate(connection)

    threads = [threading.Thread(target=upgrade) for _ in range(2)]
    with held(first, "product"):
        for thread in threads:
            thread.start()
        # The one for who reads the table, the other for the one.
        wait_until(lambda: {event for _, event in rows(first, WAITING)} == {"relation", "advisory"})
    for thread in threads:
        thread.join(30)
    assert [
        number for (number,) in rows(first, "SELECT number FROM schema_migration ORDER BY number")
    ] == list(range(1, NEWEST + 1))


def test_the_program_of_then_would_be_refused_by_now(first: str) -> None:
    Database(first, "here").close()
    rows(
        first, f"INSERT INTO schema_migration (number, name) VALUES ({NEWEST + 1}, 'later') RETURNING number"
    )
    with pytest.raises(
        DatabaseError, match=rf"schema has number {NEWEST + 1}, this program knows up to {NEWEST}"
    ):
        Database(first, "here")
