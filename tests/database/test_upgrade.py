"""A database of the first schema, with data, becomes one of the newest: from any version, killed or not.

`first_schema.sql` was written by the program as it was then; at its head stands how.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
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
from ingest import ReviewFile, ingest
from retriever import Embedder, Retriever
from retriever.embedder import Vectors
from retriever.products import list_products

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FIRST = 2  # the number of the first schema's last migration
ROWS = 13  # of the migration since which a text is stored once, and a review is a row
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
WHAT = """
    SELECT product_id, review_id, title, %s.text, rating, written_on, reviewer, number, passage.text,
        embedding::text
    FROM product JOIN review ON review.product = product.id
"""
FORMER = WHAT % "review" + "JOIN passage USING (product, review_id) ORDER BY 1, 2, number"
STORED = (
    WHAT % "body"
    + """
    JOIN body ON (body.product, body.id) = (review.product, review.body)
    JOIN passage ON (passage.product, passage.body) = (body.product, body.id) ORDER BY 1, 2, number
"""
)
# A review without passages, before and since `ROWS`.
INSERT_BETWEEN = """
    INSERT INTO review (product, review_id, text, content_hash)
    SELECT id, 'r', 'Good.', 'h' FROM product WHERE product_id = 'between'
"""
INSERT_BETWEEN_ROWS = """
    WITH new AS (
        INSERT INTO body (product, text, content_hash)
        SELECT id, 'Good.', 'h' FROM product WHERE product_id = 'between' RETURNING product, id
    )
    INSERT INTO review (product, review_id, body) SELECT product, 'r', id FROM new
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
    assert len(rows(first, FORMER)) > 3
    assert rows(first, "SELECT answer_id FROM answer WHERE run_id IS NULL")
    assert rows(first, "SELECT answer_id FROM answer WHERE run_id IS NOT NULL")


def test_all_of_it_is_there_and_of_use_afterwards(first: str) -> None:
    before = rows(first, FORMER)
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


def test_reading_the_file_once_more_in_place_of_what_is_stored(first: str) -> None:
    before = rows(first, FORMER)
    with Database(first, "here") as database:
        embedder = Embedder(EmbedderSettings())
        for again in (False, True):
            with ReviewFile(HERE / "first_reviews.csv") as file:
                counts = ingest(file, database, embedder, PassageSettings(), replace=True)
            assert counts.read == counts.new + counts.updated + counts.unchanged
            # Rows without an id have another key than then, but all texts have their vectors.
            assert counts.embedded == 0
            assert counts.removed == 0 if again else counts.removed
            assert counts.unchanged == counts.read if again else counts.new
    assert embedder._model is None
    texts = {row[3:4] + row[7:] for row in before}
    assert {row[3:4] + row[7:] for row in rows(first, STORED)} == texts


@pytest.mark.parametrize("number", range(FIRST, NEWEST))
def test_every_version_between_goes_on_to_the_newest(
    first: str, newest_layout: list[list[tuple[Any, ...]]], number: int
) -> None:
    at(first, number)
    rows(first, "INSERT INTO product (product_id, name) VALUES ('between', 'Between') RETURNING id")
    rows(first, INSERT_BETWEEN if number < ROWS else INSERT_BETWEEN_ROWS)
    before = rows(first, FORMER if number < ROWS else STORED)
    answers = rows(first, "SELECT count(*) FROM answer")
    Database(first, "here").close()
    assert version(first) == NEWEST
    assert rows(first, STORED) == before
    assert rows(first, "SELECT count(*) FROM answer") == answers
    assert rows(first, "SELECT text, review_id FROM body JOIN review ON body.id = body"
                       " WHERE content_hash = 'h'") == [("Good.", "r")]  # fmt: skip
    assert [rows(first, what) for what in (LAYOUT, INDEXES, RULES)] == newest_layout


def test_rows_that_were_counted_are_rows_again(first: str) -> None:
    at(first, 12)
    product = "(SELECT id FROM product WHERE product_id = 'P')"
    rows(first, "INSERT INTO product (product_id, reviews) VALUES ('P', 2)")
    rows(first, "INSERT INTO product_alias SELECT product_id, id FROM product WHERE product_id = 'P'")
    rows(first, "INSERT INTO review (product, review_id, text, content_hash, rating, unnamed) VALUES"
                f" ({product}, 'h', 'Good.', 'h', 5, 3), ({product}, 'r1', 'Bad.', 'i', 1, 2)")  # fmt: skip
    rows(first, f"INSERT INTO review_copy VALUES ({product}, 'r2', 'h', 2, '2024-05-01', 'Ann')")
    vector = "'[1, 2]'"
    rows(first, "INSERT INTO passage (product, review_id, number, text, content_hash, embedding) VALUES"
                f" ({product}, 'h', 0, 'Good.', 'x', {vector}),"
                f" ({product}, 'r1', 0, 'Bad.', 'y', {vector})")  # fmt: skip
    with Database(first, "here") as database:
        (found,) = (one for one in list_products(database) if one.product_id == "P")
    assert (found.reviews, found.with_text, found.ratings) == (7, 7, (3, 1, 0, 0, 3))
    assert found.mean_rating == pytest.approx(20 / 7) and found.last_on == date(2024, 5, 1)
    stored = rows(first, f"SELECT review_id, text, rating, reviewer FROM review JOIN body ON id = body"
                         f" WHERE review.product = {product} ORDER BY 1")  # fmt: skip
    assert stored == [
        ("h", "Good.", 5, None), ("h#2", "Good.", 5, None), ("h#3", "Good.", 5, None),
        ("i#2", "Bad.", 1, None), ("i#3", "Bad.", 1, None), ("r1", "Bad.", 1, None),
        ("r2", "Good.", 2, "Ann"),
    ]  # fmt: skip
    assert rows(first, f"SELECT text FROM passage WHERE product = {product} ORDER BY 1") == [
        ("Bad.",), ("Good.",),
    ]  # fmt: skip


def test_what_was_stored_before_is_found_by_words_without_a_space_between_them(first: str) -> None:
    at(first, ROWS)
    rows(
        first,
        """
        WITH new AS (
            INSERT INTO body (product, text, content_hash)
            SELECT id, 'It is great.Battery/charging too.', 'h' FROM product LIMIT 1
            RETURNING product, id, text
        )
        INSERT INTO passage (product, body, number, text, content_hash, embedding)
        SELECT product, id, 0, text, 'h', '[1, 2]' FROM new
    """,
    )
    found = "SELECT count(*) FROM passage WHERE content_hash = 'h' AND lexemes @@ 'batteri & charg & great'"
    assert rows(first, found) == [(0,)]
    Database(first, "here").close()
    assert rows(first, found) == [(1,)]


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
