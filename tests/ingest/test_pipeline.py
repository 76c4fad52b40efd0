"""Ingesting: once is as good as twice, only what changed is done again, and two at once do not collide."""

import threading
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from config import PassageSettings
from config.errors import DatabaseAway, EmbedderMismatch
from database import Database, Patience
from ingest import IngestCounts, Rejection, Review, ingest
from ingest.pipeline import BATCH_ROWS
from ingest.writer import Writer
from retriever import Embedder, Retriever
from retriever.embedder import Vectors
from retriever.products import Listing
from tests.database.test_patience import lose_the_first_reply


def review(
    ids: str = "A", text: str = "The battery lasts.", review_id: str | None = None, **others: Any
) -> Review:
    values = {"title": None, "rating": None, "written_on": None, "reviewer": None, **others}
    return Review(line=2, listing=Listing(tuple(ids.split(","))), text=text, review_id=review_id, **values)


def run(database: Database, embedder: Embedder, *rows: Review | Rejection) -> IngestCounts:
    counts = ingest(rows, database, embedder, PassageSettings(size=50))
    assert counts.read == len(rows) == counts.new + counts.updated + counts.unchanged + counts.rejected
    return replace(counts, embedded=0)


def contents(database: Database) -> list[tuple[object, ...]]:
    """All that is stored; xmin tells which transaction wrote a passage, so rewriting would show."""
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT product_id, review_id, review.title, review.text, review.rating, written_on, reviewer,"
            " number, passage.text, embedding::text, passage.xmin::text, unnamed, copies, reviews, ratings"
            " FROM product JOIN review ON product = id LEFT JOIN passage USING (product, review_id)"
            " ORDER BY 1, 2, number"
        )
        return cursor.fetchall()


def test_counts_and_what_is_stored(any_database: Database, fake_embedder: Embedder) -> None:
    long = "Battery. " * 20
    rows: list[Review | Rejection] = [
        review(title="Good", rating=4.3, written_on=date(2024, 2, 29), reviewer="Ann", review_id="r1"),
        review(text=long),
        Rejection("f", 3, "a", "b"),
        review(text=long, rating=1.0, reviewer="copied it"),
        review("B", text=long),
    ]
    assert run(any_database, fake_embedder, *rows) == IngestCounts(read=5, new=3, unchanged=1, rejected=1)
    assert run(any_database, fake_embedder, *rows) == IngestCounts(read=5, unchanged=4, rejected=1)
    matches = Retriever(any_database, fake_embedder).search("A", "battery", 50)
    assert [match.passage.number for match in matches if match.passage.review_id != "r1"] == [0, 1, 2, 3]
    (first,) = (match.passage for match in matches if match.passage.review_id == "r1")
    assert first.text == "Good. The battery lasts."
    assert (first.rating, first.written_on, first.reviewer) == (4.3, date(2024, 2, 29), "Ann")


def test_a_changed_text_replaces_the_old_one(database: Database, fake_embedder: Embedder) -> None:
    run(database, fake_embedder, review(review_id="r1", text="Battery. " * 20), review(review_id="r2"))
    changed = review(review_id="r1", text="A dim screen.")
    assert run(database, fake_embedder, changed) == IngestCounts(read=1, updated=1)
    assert run(database, fake_embedder, changed) == IngestCounts(read=1, unchanged=1)
    passages = [match.passage for match in Retriever(database, fake_embedder).search("A", "screen", 9)]
    assert [passage.text for passage in passages] == ["A dim screen.", "The battery lasts."]


def test_other_changes_need_no_embedding(
    database: Database, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(database, fake_embedder, review(review_id="r1", rating=1.0))
    before = contents(database)[0][9:11]

    def embed(texts: list[str]) -> Vectors:
        assert texts == []
        return type(fake_embedder).embed_passages(fake_embedder, texts)

    monkeypatch.setattr(fake_embedder, "embed_passages", embed)
    changed = review(review_id="r1", rating=5.0, reviewer="Ann", written_on=date(2024, 1, 1))
    assert run(database, fake_embedder, changed) == IngestCounts(read=1, updated=1)
    assert contents(database)[0][9:11] == before
    assert contents(database)[0][4:7] == (5.0, date(2024, 1, 1), "Ann")


def test_the_same_content_under_another_id_is_stored_once(
    database: Database, fake_embedder: Embedder
) -> None:
    rows = [review(review_id="r1"), review(review_id="r2"), review()]
    assert run(database, fake_embedder, *rows) == IngestCounts(read=3, new=1, unchanged=2)
    assert run(database, fake_embedder, *reversed(rows)) == IngestCounts(read=3, unchanged=3)


TEXTS = ["The battery lasts.", "A dim screen.", "The price! " * 9]
rows = strategies.builds(
    review,
    ids=strategies.lists(strategies.sampled_from("ABCDE"), min_size=1, max_size=2, unique=True).map(",".join),
    text=strategies.sampled_from(TEXTS),
    rating=strategies.sampled_from([None, 1.0, 4.5]),
)
# A source's id names one review: the same id, the same row.
rows_with_ids = strategies.lists(rows, max_size=12).map(
    lambda found: [
        review(
            ",".join(row.listing.ids), row.text, f"r{TEXTS.index(row.text)}{row.rating}", rating=row.rating
        )
        if n % 2
        else row
        for n, row in enumerate(found)
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_with_ids, size=strategies.integers(1, 12))
def test_twice_is_once(rows: list[Review], size: int, database: Database, fake_embedder: Embedder) -> None:
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE product CASCADE")
    for start in range(0, len(rows), size):
        run(database, fake_embedder, *rows[start : start + size])
    once = contents(database)
    for start in range(0, len(rows), size):
        assert run(database, fake_embedder, *rows[start : start + size]).new == 0
    assert contents(database) == once


def test_overlapping_lists_across_files(database: Database, fake_embedder: Embedder) -> None:
    run(database, fake_embedder, review("A", "One."), review("C", "Two."), review("A", "Three."))
    assert run(database, fake_embedder, review("A,B"), review("B,C", "Two.")).new == 1
    (product,) = Retriever(database, fake_embedder).products()
    assert (product.product_id, product.ids, product.reviews) == ("A", ("A", "B", "C"), 4)


def test_a_failure_keeps_the_batches_before_it(database: Database, fake_embedder: Embedder) -> None:
    def broken() -> Any:
        yield from (review(text=f"Review {n}.") for n in range(BATCH_ROWS + 1))
        raise OSError("the disk is gone")

    seen: list[IngestCounts] = []
    with pytest.raises(OSError, match="the disk is gone"):
        ingest(broken(), database, fake_embedder, PassageSettings(), lambda counts, _: seen.append(counts))
    assert seen == [IngestCounts(read=BATCH_ROWS, new=BATCH_ROWS, embedded=BATCH_ROWS)]
    assert Retriever(database, fake_embedder).product("A").reviews == BATCH_ROWS


def test_two_at_once(any_database: Database, fake_embedder: Embedder) -> None:
    rows = [review(f"P{n % 7},P{(n + n // 40) % 7}", f"Review {n}.") for n in range(4 * BATCH_ROWS)]
    counts: list[IngestCounts] = []
    threads = [
        threading.Thread(target=lambda part=part: counts.append(run(any_database, fake_embedder, *part)))
        for part in (rows, rows[::-1])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(count.new for count in counts) >= len(rows)
    texts = [row[3] for row in contents(any_database)]
    assert len(texts) == len(set(texts)) == len(rows)


def test_another_embedder_is_refused_and_nothing_is_stored(
    database: Database, fake_embedder: Embedder
) -> None:
    run(database, fake_embedder, review())
    fake_embedder.name = "other"
    with pytest.raises(EmbedderMismatch, match="another database"):
        run(database, fake_embedder, review("B"))
    fake_embedder.name = "word-counter"
    assert [found.product_id for found in Retriever(database, fake_embedder).products()] == ["A"]


def test_counts_add_up_and_read_as_a_line() -> None:
    total = IngestCounts(read=320, new=300, unchanged=20) + IngestCounts(read=3, updated=1, rejected=2)
    assert str(total) == "read 323, new 300, updated 1, unchanged 20, rejected 2"


def lose_the_connection(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """At the end of the first batches, before they are committed."""
    write, left = Writer.write, times

    def losing(self: Writer, connection: Any, *arguments: Any, **named: Any) -> IngestCounts:
        nonlocal left
        counts = write(self, connection, *arguments, **named)
        left -= 1
        if left >= 0:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return counts

    monkeypatch.setattr(Writer, "write", losing)


def test_a_batch_that_is_tried_again_is_counted_once(
    any_database: Database, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    lose_the_connection(monkeypatch, times=1)
    counts = ingest(
        [review(), review(), review("B")], any_database, fake_embedder, PassageSettings(),
        patience=Patience(told.append),
    )  # fmt: skip
    assert (counts.read, counts.new, counts.unchanged) == (3, 2, 1)
    unnamed = [row[-4] for row in contents(any_database)]
    assert unnamed == [2, 1]
    assert "It is tried again" in told[0] and "is back" in told[1]


@pytest.mark.parametrize("replace", [False, True])
def test_who_waits_in_vain_hears_what_became_of_the_rows(
    replace: bool, database: Database, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_the_connection(monkeypatch, times=99)
    kept = "Nothing was changed" if replace else "What was stored is kept"
    with pytest.raises(DatabaseAway, match=rf"{kept}\. Ingest the same again"):
        ingest(
            [review()], database, fake_embedder, PassageSettings(),
            replace=replace, patience=Patience(seconds=0),
        )  # fmt: skip
    assert contents(database) == []


@pytest.mark.parametrize("heard", [True, False], ids=["it was committed", "it was not"])
def test_what_came_of_a_replacement_whose_end_was_not_heard_is_asked(
    heard: bool, database: Database, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    lose_the_first_reply(database, monkeypatch, heard)

    def replace_all() -> IngestCounts:
        return ingest(
            [review()], database, fake_embedder, PassageSettings(),
            replace=True, patience=Patience(told.append),
        )  # fmt: skip

    if heard:
        assert replace_all().new == 1
    else:
        with pytest.raises(DatabaseAway, match=r"Nothing was changed\. Ingest the same again"):
            replace_all()
    assert len(contents(database)) == heard
    assert not told
