"""The same text under one product is stored once, and counted; nothing is embedded twice."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from config import PassageSettings
from database import Database
from ingest import IngestCounts, Review, ingest
from retriever import Embedder, Retriever
from retriever.embedder import Vectors
from retriever.products import Listing

SIZE = PassageSettings(size=50)


def review(text: str, review_id: str | None = None, ids: str = "A", **others: Any) -> Review:
    values = {"title": None, "rating": None, "written_on": None, "reviewer": None, **others}
    return Review(line=2, listing=Listing(tuple(ids.split(","))), text=text, review_id=review_id, **values)


def run(
    database: Database, embedder: Embedder, *rows: Review, size: PassageSettings = SIZE, replace: bool = False
) -> IngestCounts:
    return ingest(rows, database, embedder, size, replace=replace)


def query(database: Database, statement: str) -> list[tuple[Any, ...]]:
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def stored(database: Database) -> list[tuple[Any, ...]]:
    return query(database, "SELECT text, review_id, copies FROM review ORDER BY text, product")


def known_as(database: Database) -> list[tuple[Any, ...]]:
    """Every stored text with its product, the number of its rows, and all ids that stand for it."""
    return query(
        database,
        "SELECT product_id, text, copies, unnamed,"
        " (SELECT array_agg(id ORDER BY id) FROM (SELECT review.review_id"
        " WHERE review.review_id <> content_hash UNION SELECT copy_id FROM review_copy AS copy"
        " WHERE (copy.product, copy.review_id) = (review.product, review.review_id)) AS _ (id)),"
        " (SELECT array_agg(passage.text ORDER BY number) FROM passage"
        "  WHERE (passage.product, passage.review_id) = (review.product, review.review_id)),"
        " reviews FROM review JOIN product ON product = id ORDER BY 1, 2",
    )


class Spy:
    """Notes the texts that are embedded."""

    def __init__(self, embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: list[str] = []
        embed = embedder.embed_passages

        def noted(texts: list[str]) -> Vectors:
            self.texts += texts
            return embed(texts)

        monkeypatch.setattr(embedder, "embed_passages", noted)

    def take(self) -> Sequence[str]:
        taken, self.texts = self.texts, []
        return taken


def test_copies_are_counted_once_each(database: Database, fake_embedder: Embedder) -> None:
    rows = [review("Same.", "r1"), review("Same.", "r2", rating=2.0), review("Same."), review("Same.")]
    for _ in range(2):
        run(database, fake_embedder, *rows)
        assert stored(database) == [("Same.", "r1", 4)]
    changed = review("Same.", "r2", rating=3.0)
    assert run(database, fake_embedder, changed) == IngestCounts(read=1, updated=1)
    assert query(database, "SELECT copy_id, rating FROM review_copy") == [("r2", 3.0)]


def test_a_reworded_review_leaves_its_text_to_its_copies(
    database: Database, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [review("Same.", "r1", rating=5.0), review("Same.", "r2", rating=2.0), review("Same.", "r3")]
    run(database, fake_embedder, *rows)
    spy = Spy(fake_embedder, monkeypatch)
    assert run(database, fake_embedder, review("Other.", "r1")) == IngestCounts(read=1, updated=1, embedded=1)
    assert spy.take() == ["Other."]
    assert stored(database) == [("Other.", "r1", 1), ("Same.", "r2", 2)]
    run(database, fake_embedder, review("Other.", "r2"), review("Other.", "r3"))
    assert stored(database) == [("Other.", "r1", 3)]
    assert spy.take() == []


def test_the_same_words_are_embedded_once_whatever_the_product(
    database: Database, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = Spy(fake_embedder, monkeypatch)
    counts = run(database, fake_embedder, *(review("Good.", ids=name) for name in "ABC"))
    assert (counts.new, counts.embedded, spy.take()) == (3, 1, ["Good."])
    counts = run(database, fake_embedder, review("Good.", "r1", ids="D"), review("Bad.", "r2", ids="D"))
    assert (counts.new, counts.embedded, spy.take()) == (2, 1, ["Bad."])
    assert len(Retriever(database, fake_embedder).search("D", "battery", 9)) == 2


def test_another_size_of_passages_splits_anew(
    database: Database, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [review("The battery lasts. " * 6, "r1"), review("Short.", "r2")]
    run(database, fake_embedder, *rows)
    spy = Spy(fake_embedder, monkeypatch)
    wide = PassageSettings(size=500)
    assert run(database, fake_embedder, *rows, size=wide) == IngestCounts(read=2, updated=2, embedded=1)
    assert len(spy.take()) == 1
    assert [row[5] for row in known_as(database)] == [["Short."], [("The battery lasts. " * 6).strip()]]
    assert run(database, fake_embedder, *rows, size=wide) == IngestCounts(read=2, unchanged=2)


def test_the_original_is_kept(database: Database, fake_embedder: Embedder) -> None:
    run(database, fake_embedder, review("Good & cheap.", original_text="Good &amp; cheap."))
    assert query(database, "SELECT text, original_text FROM review") == [
        ("Good & cheap.", "Good &amp; cheap.")
    ]


def test_what_a_product_shows(database: Database, fake_embedder: Embedder) -> None:
    rows = [
        review("One.", rating=5.0, written_on=date(2020, 5, 1)),
        review("Two.", rating=4.4, written_on=date(2019, 5, 1)),
        review("Three.", rating=1.0),
        review("Four."),
    ]
    run(database, fake_embedder, *rows)
    product = Retriever(database, fake_embedder).product("A")
    assert (product.reviews, product.ratings) == (4, (1, 0, 0, 1, 1))
    assert (product.first_on, product.last_on) == (date(2019, 5, 1), date(2020, 5, 1))
    run(database, fake_embedder, review("Three.", rating=2.0))
    assert Retriever(database, fake_embedder).product("A").ratings == (0, 1, 0, 1, 1)


def test_the_file_is_the_whole_truth(database: Database, fake_embedder: Embedder) -> None:
    run(
        database,
        fake_embedder,
        review("One.", "r1"),
        review("Two.", "r2"),
        review("Two.", "r3"),
        review("Three."),
    )
    run(database, fake_embedder, review("Else.", "r9", ids="B"))
    counts = run(database, fake_embedder, review("Two.", "r3"), review("Four.", "r4"), replace=True)
    assert counts == IngestCounts(read=2, new=1, unchanged=1, removed=2, embedded=1)
    assert stored(database) == [("Else.", "r9", 1), ("Four.", "r4", 1), ("Two.", "r3", 1)]
    assert Retriever(database, fake_embedder).product("A").reviews == 2


def test_a_replacement_that_fails_changes_nothing(database: Database, fake_embedder: Embedder) -> None:
    run(database, fake_embedder, review("One."))
    before = known_as(database)

    def broken() -> Any:
        yield from (review(f"Review {n}.") for n in range(600))
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        ingest(broken(), database, fake_embedder, SIZE, replace=True)
    assert known_as(database) == before


rows = strategies.lists(
    strategies.builds(
        review,
        text=strategies.sampled_from(["One.", "Two.", "The price! " * 9]),
        review_id=strategies.sampled_from([None, "r1", "r2", "r3"]),
        ids=strategies.sampled_from(["A", "B", "C", "A,B"]),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=rows, new=rows)
def test_replacing_is_as_good_as_a_fresh_start(
    old: list[Review], new: list[Review], database: Database, fake_embedder: Embedder
) -> None:
    def clear() -> None:
        with database.connection() as connection, connection.cursor() as cursor:
            cursor.execute("TRUNCATE product CASCADE")

    # A and B are one product from the start: else the old rows would make them so in one case only.
    one = review("A and B are one.", "r0", ids="A,B")
    clear()
    run(database, fake_embedder, one, *new)
    fresh = known_as(database)
    clear()
    run(database, fake_embedder, one, *old)
    run(database, fake_embedder, one, *new, replace=True)
    touched = {row[0] for row in fresh}
    assert [row for row in known_as(database) if row[0] in touched] == fresh
