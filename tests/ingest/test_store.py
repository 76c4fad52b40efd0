"""Storing: every row is there, a text once; once is as good as twice, and two at once do not collide."""

import threading
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from config import PassageSettings
from config.errors import DatabaseAway, EmbedderMismatch
from database import Database, Patience
from ingest.review import LeftOut, Rejection, Review, Row
from ingest.store import BATCH_ROWS, IngestCounts, Occurrences, Writer, ingest
from retriever import Embedder, Retriever
from retriever.embedder import Vectors
from retriever.products import Listing
from tests.database.test_patience import lose_the_first_reply

SIZE = PassageSettings(size=50)
CONTENTS = """
    SELECT product_id, review_id, body.title, body.text, rating, rating_given, rating_scale, written_on,
        reviewer, language, number, passage.text, embedding::text, passage.xmin::text, reviews, ratings
    FROM product JOIN review ON review.product = product.id
    LEFT JOIN body ON (body.product, body.id) = (review.product, review.body)
    LEFT JOIN passage ON (passage.product, passage.body) = (body.product, body.id)
    ORDER BY 1, 2, number
"""
# Nothing without a row that it belongs to, and every text with its passages.
ASTRAY = """
    SELECT text FROM body WHERE NOT EXISTS (
        SELECT FROM review WHERE (review.product, review.body) = (body.product, body.id))
    OR NOT EXISTS (SELECT FROM passage WHERE (passage.product, passage.body) = (body.product, body.id))
"""


def review(
    text: str | None = "The battery lasts.", review_id: str | None = None, ids: str = "A", **others: Any
) -> Review:
    values = {"title": None, "rating": None, "written_on": None, "reviewer": None, **others}
    listing = Listing(tuple(ids.split(",")), values.pop("name", None), source=values.pop("source", None))
    return Review(line=2, listing=listing, text=text, review_id=review_id, **values)


def run(
    database: Database, embedder: Embedder, *rows: Row, size: PassageSettings = SIZE, **options: Any
) -> IngestCounts:
    counts = ingest(rows, database, embedder, size, **options)
    parts = counts.new + counts.updated + counts.unchanged + counts.rejected + counts.left_out
    assert counts.read == len(rows) == parts
    assert query(database, ASTRAY) == []
    return replace(counts, embedded=0)


def query(database: Database, statement: str) -> list[tuple[Any, ...]]:
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def contents(database: Database) -> list[tuple[Any, ...]]:
    """All that is stored; xmin tells which transaction wrote a passage, so rewriting would show."""
    return query(database, CONTENTS)


def clear(database: Database) -> None:
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE product CASCADE")


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


def test_counts_and_what_is_stored(any_database: Database, fake_embedder: Embedder) -> None:
    long = "Battery. " * 20
    rows: list[Row] = [
        review(title="Good", rating=4.3, written_on=date(2024, 2, 29), reviewer="Ann", review_id="r1"),
        review(long),
        Rejection("f", 3, "a", "b"),
        LeftOut(4, "hidden"),
        review(long, rating=1.0, reviewer="copied it"),
        review(long, ids="B"),
    ]
    first = IngestCounts(read=6, new=4, rejected=1, left_out=1)
    assert run(any_database, fake_embedder, *rows) == first
    assert run(any_database, fake_embedder, *rows) == replace(first, new=0, unchanged=4)
    matches = Retriever(any_database, fake_embedder).search("A", "battery", 50)
    assert [match.passage.number for match in matches if match.passage.review_id != "r1"] == [0, 1, 2, 3]
    (best,) = (match.passage for match in matches if match.passage.review_id == "r1")
    assert best.text == "Good. The battery lasts."
    assert (best.rating, best.written_on, best.reviewer) == (4.3, date(2024, 2, 29), "Ann")


def test_equal_texts_count_every_time_and_are_found_once(database: Database, fake_embedder: Embedder) -> None:
    rows = [review("Same.", f"r{stars}", rating=float(stars)) for stars in (1, 4, 4)]
    rows = [replace(row, review_id=f"r{n}", written_on=date(2024, 1, n + 1)) for n, row in enumerate(rows)]
    rows.append(review("Other, of the battery.", "s", rating=5.0))
    run(database, fake_embedder, *rows)
    retriever = Retriever(database, fake_embedder)
    product = retriever.product("A")
    assert (product.reviews, product.with_text, product.ratings) == (4, 4, (1, 0, 0, 2, 1))
    assert product.mean_rating == pytest.approx(3.5)
    for mode in ("dense", "lexical", "hybrid"):
        found = retriever.search("A", "battery", 9, mode=mode)
        assert Counter(match.passage.text for match in found) == {"Same.": 1, "Other, of the battery.": 1}
        # The latest of the rows that pass speaks for the text.
        (same,) = (match for match in found if match.passage.text == "Same.")
        assert same.passage.review_id == "r2"
        if mode != "dense":
            assert same.agreeing >= 2
        (low,) = retriever.search("A", "battery", 9, mode=mode, max_rating=2)
        assert (low.passage.review_id, low.passage.rating) == ("r0", 1.0)


def test_stars_alone_count(database: Database, fake_embedder: Embedder) -> None:
    rows = [review(None, f"r{n}", rating=1.0, rating_given="1", rating_scale="1-5") for n in range(2)]
    rows += [review(None, rating=1.0, rating_given="1"), review("Good.", rating=5.0, language="de")]
    assert run(database, fake_embedder, *rows) == IngestCounts(read=4, new=4)
    retriever = Retriever(database, fake_embedder)
    product = retriever.product("A")
    assert (product.mean_rating, product.reviews, product.with_text) == (2.0, 4, 1)
    assert product.languages == ("de",)
    assert len(retriever.search("A", "battery", 9)) == 1
    # A text comes and goes.
    assert run(database, fake_embedder, review("Bad.", "r0", rating=1.0)).updated == 1
    assert retriever.product("A").with_text == 2
    assert run(database, fake_embedder, rows[0]).updated == 1
    assert len(retriever.search("A", "battery", 9)) == 1


def test_a_changed_text_replaces_the_old_one(database: Database, fake_embedder: Embedder) -> None:
    run(database, fake_embedder, review("Battery. " * 20, "r1"), review(review_id="r2"))
    changed = review("A dim screen.", "r1")
    assert run(database, fake_embedder, changed) == IngestCounts(read=1, updated=1)
    assert run(database, fake_embedder, changed) == IngestCounts(read=1, unchanged=1)
    passages = [match.passage for match in Retriever(database, fake_embedder).search("A", "screen", 9)]
    assert [passage.text for passage in passages] == ["A dim screen.", "The battery lasts."]


def test_a_reworded_review_leaves_its_text_to_the_others(
    database: Database, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(database, fake_embedder, review("Same.", "r1"), review("Same.", "r2"))
    spy = Spy(fake_embedder, monkeypatch)
    run(database, fake_embedder, review("Other.", "r1"))
    assert spy.take() == ["Other."]
    assert query(database, "SELECT text FROM body ORDER BY text") == [("Other.",), ("Same.",)]
    run(database, fake_embedder, review("Other.", "r2"))
    assert query(database, "SELECT text FROM body") == [("Other.",)]
    assert spy.take() == []


def test_other_changes_need_no_embedding(
    database: Database, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(database, fake_embedder, review(review_id="r1", rating=1.0))
    before = query(database, "SELECT embedding::text, xmin::text FROM passage")
    spy = Spy(fake_embedder, monkeypatch)
    changed = review(review_id="r1", rating=5.0, reviewer="Ann", written_on=date(2024, 1, 1))
    assert run(database, fake_embedder, changed) == IngestCounts(read=1, updated=1)
    assert spy.take() == []
    assert query(database, "SELECT embedding::text, xmin::text FROM passage") == before
    assert query(database, "SELECT rating, reviewer FROM review") == [(5.0, "Ann")]


def test_the_same_words_are_embedded_once_whatever_the_product(
    database: Database, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = Spy(fake_embedder, monkeypatch)
    counts = ingest([review("Good.", ids=name) for name in "ABC"], database, fake_embedder, SIZE)
    assert (counts.new, counts.embedded, spy.take()) == (3, 1, ["Good."])
    run(database, fake_embedder, review("Good.", "r1", ids="D"), review("Bad.", "r2", ids="D"))
    assert spy.take() == ["Bad."]
    assert len(Retriever(database, fake_embedder).search("D", "battery", 9)) == 2


def test_another_size_of_passages_splits_anew(
    database: Database, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [review("The battery lasts. " * 6, "r1"), review("Short.", "r2")]
    run(database, fake_embedder, *rows)
    spy = Spy(fake_embedder, monkeypatch)
    wide = PassageSettings(size=500)
    assert run(database, fake_embedder, *rows, size=wide) == IngestCounts(read=2, updated=2)
    assert len(spy.take()) == 1
    assert query(database, "SELECT text FROM passage ORDER BY text") == [
        ("Short.",), (("The battery lasts. " * 6).strip(),),
    ]  # fmt: skip
    assert run(database, fake_embedder, *rows, size=wide) == IngestCounts(read=2, unchanged=2)


def test_of_rows_with_one_id_the_last_stays(database: Database, fake_embedder: Embedder) -> None:
    rows = [review("One.", "r1"), review("Two.", "r1"), review("Two.", "r1"), review("One.", "r1", "B")]
    expected = IngestCounts(read=4, new=2, updated=1, unchanged=1, repeated=2)
    assert run(database, fake_embedder, *rows) == expected
    assert query(database, "SELECT text FROM body ORDER BY text") == [("One.",), ("Two.",)]


def test_rows_without_an_id_that_say_the_same_are_all_there(
    database: Database, fake_embedder: Embedder
) -> None:
    rows = [review("Same."), review("Same.", rating=3.0), review("Same."), review("Same.", reviewer="Ann")]
    assert run(database, fake_embedder, *rows) == IngestCounts(read=4, new=4)
    before = contents(database)
    assert run(database, fake_embedder, *rows) == IngestCounts(read=4, unchanged=4)
    assert contents(database) == before
    assert Retriever(database, fake_embedder).product("A").reviews == 4


TEXTS = ["The battery lasts.", "A dim screen.", "The price! " * 9, None]
rows = strategies.builds(
    review,
    ids=strategies.lists(strategies.sampled_from("ABCDE"), min_size=1, max_size=2, unique=True).map(",".join),
    text=strategies.sampled_from(TEXTS),
    rating=strategies.sampled_from([None, 1.0, 4.5]),
)
# A source's id names one review: the same id, the same row.
rows_with_ids = strategies.lists(rows, max_size=12).map(
    lambda found: [
        replace(row, review_id=f"r{TEXTS.index(row.text)}{row.rating}") if n % 2 else row
        for n, row in enumerate(found)
    ]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_with_ids)
def test_twice_is_once_and_no_row_is_lost(
    rows: list[Review], database: Database, fake_embedder: Embedder
) -> None:
    clear(database)
    run(database, fake_embedder, *rows)
    once = contents(database)
    assert run(database, fake_embedder, *rows).new == 0
    assert contents(database) == once
    products = {alias: key for alias, key in query(database, "SELECT alias, product FROM product_alias")}
    named = {(products[row.listing.ids[0]], row.review_id) for row in rows if row.review_id is not None}
    unnamed = sum(row.review_id is None for row in rows)
    assert query(database, "SELECT count(*) FROM review") == [(len(named) + unnamed,)]
    assert query(database, "SELECT coalesce(sum(reviews), 0) FROM product") == [(len(named) + unnamed,)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_with_ids, size=strategies.integers(1, 6))
def test_files_of_some_rows_each_lose_none_with_an_id(
    rows: list[Review], size: int, database: Database, fake_embedder: Embedder
) -> None:
    clear(database)
    files = [rows[start : start + size] for start in range(0, len(rows), size)]
    for file in files:
        run(database, fake_embedder, *file)
    assert all(run(database, fake_embedder, *file).new == 0 for file in files)
    products = {alias: key for alias, key in query(database, "SELECT alias, product FROM product_alias")}
    named = {(products[row.listing.ids[0]], row.review_id) for row in rows if row.review_id is not None}
    stored = set(query(database, "SELECT product, review_id FROM review"))
    assert named <= stored


def test_overlapping_lists_across_files(database: Database, fake_embedder: Embedder) -> None:
    run(database, fake_embedder, review("One.", ids="A"), review("Two.", ids="C"), review("Three.", ids="A"))
    run(database, fake_embedder, review(None, "stars", ids="C", rating=2.0), review("One.", "x", ids="C"))
    assert run(database, fake_embedder, review(ids="A,B"), review("Two.", ids="B,C")).new == 2
    (product,) = Retriever(database, fake_embedder).products()
    assert (product.product_id, product.ids) == ("A", ("A", "B", "C"))
    assert (product.reviews, product.with_text) == (7, 6)
    assert query(database, "SELECT count(*) FROM body") == [(4,)]


def test_what_a_product_shows(database: Database, fake_embedder: Embedder) -> None:
    rows = [
        review("One.", "r1", rating=5.0, written_on=date(2020, 5, 1), language="en"),
        review("Two.", "r2", rating=4.4, written_on=date(2019, 5, 1), language="de"),
        review("Three.", "r3", rating=1.0, language="de"),
        review("Four.", "r4"),
    ]
    run(database, fake_embedder, *rows)
    product = Retriever(database, fake_embedder).product("A")
    assert (product.reviews, product.ratings) == (4, (1, 0, 0, 1, 1))
    assert (product.first_on, product.last_on) == (date(2019, 5, 1), date(2020, 5, 1))
    assert product.languages == ("de", "en")
    run(database, fake_embedder, review("Three.", "r3", rating=2.0))
    assert Retriever(database, fake_embedder).product("A").ratings == (0, 1, 0, 1, 1)


def test_what_replaces_the_rest(database: Database, fake_embedder: Embedder) -> None:
    old = [review("One.", "r1"), review("Two.", "r2"), review("Two.", "r3"), review("Three.")]
    run(database, fake_embedder, *old, review(None, "r5", rating=1.0), review("Else.", "r9", ids="B"))
    counts = run(
        database, fake_embedder, review("Two.", "r3"), review("Four.", "r4"), LeftOut(3, "-"), replace=True
    )
    assert counts == IngestCounts(read=3, new=1, unchanged=1, left_out=1, removed=4)
    stored = query(
        database, "SELECT review_id, text FROM review JOIN body ON body.id = review.body ORDER BY review_id"
    )
    assert stored == [("r3", "Two."), ("r4", "Four."), ("r9", "Else.")]
    product = Retriever(database, fake_embedder).product("A")
    assert (product.reviews, product.ratings) == (2, (0, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("products", "removed"), [(("A",), 1), (("A2",), 1), ((), 0), (("X",), 2), (("B", "A"), 0)]
)
def test_nothing_that_a_row_which_cannot_be_read_may_be_is_removed(
    products: tuple[str, ...], removed: int, database: Database, fake_embedder: Embedder
) -> None:
    run(database, fake_embedder, *(review("One.", f"r{n}", ids) for n in range(2) for ids in ("A,A2", "B")))
    wrong = Rejection("f", 3, "a", "b", products=products)
    now: list[Row] = [review("One.", "r0", "A"), review("One.", "r0", "B"), wrong]
    counts = run(database, fake_embedder, *now, replace=True)
    assert (counts.removed, counts.kept) == (removed, 2 - removed)
    assert query(database, "SELECT count(*) FROM review") == [(4 - removed,)]


def test_a_replacement_that_fails_changes_nothing(database: Database, fake_embedder: Embedder) -> None:
    run(database, fake_embedder, review("One."))
    before = contents(database)

    def broken() -> Any:
        yield from (review(f"Review {n}.") for n in range(600))
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        ingest(broken(), database, fake_embedder, SIZE, replace=True)
    assert contents(database) == before


some = strategies.lists(
    strategies.builds(
        review,
        text=strategies.sampled_from(["One.", "Two.", "The price! " * 9, None]),
        review_id=strategies.sampled_from([None, "r1", "r2", "r3"]),
        ids=strategies.sampled_from(["A", "B", "C", "A,B"]),
        rating=strategies.sampled_from([1.0, 5.0]),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=some, new=some)
def test_replacing_is_as_good_as_a_fresh_start(
    old: list[Review], new: list[Review], database: Database, fake_embedder: Embedder
) -> None:
    def known() -> list[tuple[Any, ...]]:
        return [row[:12] + row[14:] for row in contents(database)]

    # A and B are one product from the start: else the old rows would make them so in one case only.
    one = review("A and B are one.", "r0", ids="A,B")
    clear(database)
    run(database, fake_embedder, one, *new)
    fresh = known()
    clear(database)
    run(database, fake_embedder, one, *old)
    run(database, fake_embedder, one, *new, replace=True)
    touched = {row[0] for row in fresh}
    assert [row for row in known() if row[0] in touched] == fresh


def test_equal_ids_of_two_sources_are_two_products(database: Database, fake_embedder: Embedder) -> None:
    run(
        database, fake_embedder,
        review("One.", "r1", "7", source="shop", name="Kettle"),
        review("Two.", "r1", "7", source="other", name="Lamp"),
        review("Three.", "r1", "7", name="Bag"),
    )  # fmt: skip
    products = Retriever(database, fake_embedder).products()
    assert [(one.product_id, one.ids, one.source, one.name) for one in products] == [
        ("shop:7", ("shop:7",), "shop", "Kettle"), ("other:7", ("other:7",), "other", "Lamp"),
        ("7", ("7",), None, "Bag"),
    ]  # fmt: skip
    assert [one.reviews for one in products] == [1, 1, 1]


def test_a_number_is_not_enough_to_be_another_shops_product(
    database: Database, fake_embedder: Embedder
) -> None:
    run(database, fake_embedder, review("One.", "r1", "7", name="Copper kettle"))
    told: list[Rejection] = []
    rows = [
        review("Two.", "r2", "7", name="Desk lamp"),
        review("Three.", "r3", "8", name="Desk lamp"),
        review("Four.", "r4", "7"),
        review("Five.", "r5", "7", name="A KETTLE of 2 l"),
        # Once it was said that the product is meant, its other names are the file's own matter.
        review("Six.", "r6", "7", name="Wasserkocher"),
    ]
    counts = run(
        database, fake_embedder, *rows, on_batch=lambda _, rejections: told.extend(rejections), name="b.csv"
    )
    assert (counts.new, counts.rejected) == (4, 1)
    assert str(told[0]) == (
        "b.csv, line 2: found product id '7', which is 'Copper kettle' in the database and 'Desk lamp' here, "
        "expected the same product, or --source NAME for the ids of another shop."
    )
    assert (told[0].field, told[0].products) == ("product", ("7",))
    # Other ids tell more, and a file may be read again whatever its names.
    rows = [review("One.", "r1", "B07", name="Kettle"), review("Two.", "r2", "B07", name="Lamp")]
    assert run(database, fake_embedder, *rows).new == 2
    rows = [
        review("One.", "r1", "9", name="Kettle"),
        *(review(f"{n}.", ids="9", name="Lamp") for n in range(300)),
    ]
    assert run(database, fake_embedder, *rows).new == 301
    assert run(database, fake_embedder, *rows).unchanged == 301


def test_a_failure_keeps_the_batches_before_it(database: Database, fake_embedder: Embedder) -> None:
    def broken() -> Any:
        yield from (review(f"Review {n}.") for n in range(BATCH_ROWS + 1))
        raise OSError("the disk is gone")

    seen: list[IngestCounts] = []
    with pytest.raises(OSError, match="the disk is gone"):
        ingest(broken(), database, fake_embedder, PassageSettings(), lambda counts, _: seen.append(counts))
    assert seen == [IngestCounts(read=BATCH_ROWS, new=BATCH_ROWS, embedded=BATCH_ROWS)]
    assert Retriever(database, fake_embedder).product("A").reviews == BATCH_ROWS


def test_two_at_once(any_database: Database, fake_embedder: Embedder) -> None:
    rows = [review(f"Review {n}.", f"r{n}", f"P{n % 7},P{(n + n // 40) % 7}") for n in range(4 * BATCH_ROWS)]
    counts: list[IngestCounts] = []
    threads = [
        threading.Thread(
            target=lambda part=part: counts.append(ingest(part, any_database, fake_embedder, SIZE))
        )
        for part in (rows, rows[::-1])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(count.new for count in counts) >= len(rows)
    assert query(any_database, ASTRAY) == []
    assert query(any_database, "SELECT count(*), count(DISTINCT review_id) FROM review") == [(1024, 1024)]


def test_another_embedder_is_refused_and_nothing_is_stored(
    database: Database, fake_embedder: Embedder
) -> None:
    run(database, fake_embedder, review())
    fake_embedder.name = "other"
    with pytest.raises(EmbedderMismatch, match="another database"):
        run(database, fake_embedder, review(ids="B"))
    fake_embedder.name = "word-counter"
    assert [found.product_id for found in Retriever(database, fake_embedder).products()] == ["A"]


def test_counts_add_up_and_read_as_a_line() -> None:
    total = IngestCounts(read=320, new=300, unchanged=20) + IngestCounts(read=3, updated=1, rejected=2)
    assert str(total) == "read 323, new 300, updated 1, unchanged 20, rejected 2"
    assert str(IngestCounts(read=1, left_out=1)) == (
        "read 1, new 0, updated 0, unchanged 0, rejected 0, left out 1"
    )


@given(keys=strategies.lists(strategies.binary(max_size=1)))
def test_occurrences(keys: list[bytes]) -> None:
    counts, seen = Occurrences(), Counter[bytes]()
    counts.SMALLEST = 3
    for key in keys:
        seen[key] += 1
        assert counts.count(key) == seen[key]


def test_occurrences_take_little_memory() -> None:
    counts = Occurrences()
    tracemalloc.start()
    for number in range(400_000):
        counts.count(b"%d" % number)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The buffer is a dict of its own, and as large however many there are.
    assert held < 8 * 400_000 + 12_000_000
    assert counts.count(b"7") == 2


def lose_the_connection(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """At the end of the first batches, before they are committed."""
    write, left = Writer.write, times

    def losing(self: Writer, connection: Any, *arguments: Any, **named: Any) -> Any:
        nonlocal left
        outcome = write(self, connection, *arguments, **named)
        left -= 1
        if left >= 0:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return outcome

    monkeypatch.setattr(Writer, "write", losing)


def test_a_batch_that_is_tried_again_is_counted_once(
    any_database: Database, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    lose_the_connection(monkeypatch, times=1)
    counts = ingest(
        [review(), review(), review(ids="B")], any_database, fake_embedder, PassageSettings(),
        patience=Patience(told.append),
    )  # fmt: skip
    assert (counts.read, counts.new) == (3, 3)
    assert len(contents(any_database)) == 3
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
