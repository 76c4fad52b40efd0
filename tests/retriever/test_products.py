"""Products: lists of ids that overlap name one, in whatever order; and finding one by what is typed."""

from dataclasses import fields
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from database import Database
from retriever import Embedder, Retriever, store
from retriever.passage import StoredPassage
from retriever.products import Listing, find_products, resolve_products, share_words
from retriever.store import StoredBody, StoredReview


def resolve(database: Database, *listings: Listing) -> list[int]:
    with database.connection() as connection:
        return resolve_products(connection, listings)


def stored_groups(database: Database) -> set[frozenset[str]]:
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT array_agg(alias) FROM product_alias GROUP BY product")
        return {frozenset(aliases) for (aliases,) in cursor}


def expected_groups(lists: list[list[str]]) -> set[frozenset[str]]:
    """The plain definition: join overlapping sets until none overlap."""
    groups: set[frozenset[str]] = set()
    for ids in lists:
        touching = {group for group in groups if group & set(ids)}
        groups = (groups - touching) | {frozenset(ids).union(*touching)}
    return groups


id_lists = strategies.lists(
    strategies.lists(strategies.sampled_from("ABCDEFGH"), min_size=1, max_size=3, unique=True), max_size=8
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lists=id_lists, order=strategies.randoms(use_true_random=False), portion=strategies.integers(1, 8))
def test_neither_order_nor_portions_matter(
    lists: list[list[str]], order: object, portion: int, database: Database
) -> None:
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE product CASCADE")
    shuffled = [list(ids) for ids in lists]
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    for start in range(0, len(shuffled), portion):
        part = shuffled[start : start + portion]
        keys = resolve(database, *(Listing(tuple(ids)) for ids in part))
        assert len(keys) == len(part)
    assert stored_groups(database) == expected_groups(lists)


def test_keys_rise_in_order_of_appearance(database: Database) -> None:
    keys = resolve(database, *(Listing((name,)) for name in "ZAMZB"))
    assert keys[0] == keys[3]
    assert sorted(set(keys)) == [keys[0], keys[1], keys[2], keys[4]]


def test_the_first_description_stays(database: Database, fake_embedder: Embedder) -> None:
    resolve(database, Listing(("A",)))
    resolve(database, Listing(("A",), name="Kettle"), Listing(("A",), name="Teapot", brand="Acme"))
    resolve(database, Listing(("A",), name="Pan", brand="Other"))
    assert Retriever(database, fake_embedder).product("A").name == "Kettle"
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT brand FROM product")
        assert cursor.fetchall() == [("Acme",)]


def test_stored_products_that_turn_out_to_be_one(any_database: Database, fake_embedder: Embedder) -> None:
    first, second = resolve(any_database, Listing(("A",)), Listing(("B",), name="Kettle"))
    bodies = [
        body(first, 101, "kept"), body(first, 102, "battery"), body(second, 103, "gone"),
        body(second, 104, "battery"), body(second, 105, "screen"),
    ]  # fmt: skip
    reviews = [
        stored(first, "same id", 101),
        stored(first, "a", 102, rating=5.0, written_on=date(2024, 1, 1), reviewer="Ann"),
        stored(second, "same id", 103),
        stored(second, "same content", 104),
        stored(second, "b", 105, rating=1.0, reviewer="Bob"),
        stored(second, "stars alone", None, rating=3.0),
    ]
    pieces = [StoredPassage(row.product, row.id, 0, row.text, row.content_hash) for row in bodies]
    with any_database.connection() as connection:
        store.insert_bodies(connection, bodies)
        store.insert_reviews(connection, reviews)
        vectors = fake_embedder.embed_passages([piece.text for piece in pieces])
        store.insert_passages(connection, pieces, vectors)
    assert resolve(any_database, Listing(("C", "B", "A"))) == [first]
    retriever = Retriever(any_database, fake_embedder)
    (product,) = retriever.products()
    assert (product.product_id, product.ids, product.name) == ("A", ("A", "B", "C"), "Kettle")
    found = [match.passage.text for match in retriever.search("C", "battery", 9)]
    assert sorted(found) == ["battery", "kept", "screen"]
    assert (product.reviews, product.with_text, product.ratings) == (5, 4, (1, 0, 1, 0, 1))
    assert product.last_on == date(2024, 1, 1)
    with any_database.connection() as connection:
        rows = store.stored_reviews(connection, [(first, row.review_id) for row in reviews])
    assert {review_id: row.body for (_, review_id), row in rows.items()} == {
        "same id": 101, "a": 102, "same content": 102, "b": 105, "stars alone": None,
    }  # fmt: skip


def body(product: int, key: int, text: str) -> StoredBody:
    return StoredBody(product, key, text, None, text, None)


def stored(product: int, review_id: str, text: int | None, **others: Any) -> StoredReview:
    values: dict[str, Any] = dict.fromkeys(field.name for field in fields(StoredReview))
    return StoredReview(**(values | {"product": product, "review_id": review_id, "body": text} | others))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Copper kettle, 2 l", "KETTLE", True),
        ("Kettle", "Lamp", False),
        ("A 2 b", "a 2 c", False),
        ("Wärmflasche", "WÄRMFLASCHE rot", True),
        ("", "", False),
    ],
)
def test_names_that_share_a_word(one: str, other: str, alike: bool) -> None:
    assert share_words(one, other) == alike


FILLED = (
    Listing(("B0AA", "B0BB"), name="Copper Kettle", brand="Acme"),
    Listing(("B0AAX",), name="Kettle", brand="Acme"),
    Listing(("X1",), name="Steel pan, 100%_pure", brand="Pan & Co"),
    Listing(("kettle-7",), name="Toaster"),
    Listing(("X2",), brand="Éclair", source="shop"),
)
FOUND = {
    # Its name begins so; a word of its name does; its id does.
    "kettle": ["B0AAX", "B0AA", "kettle-7"],
    "acme KETTLE": ["B0AA", "B0AAX"],
    "Acme": ["B0AA", "B0AAX"],
    # The very id first, then those that begin so.
    "B0AA": ["B0AA", "B0AAX"],
    "b0bb": ["B0AA"],
    "b0": ["B0AA", "B0AAX"],
    "x2": ["shop:X2"],
    # What LIKE would take for a pattern means itself.
    "100%_p": ["X1"],
    "%": ["X1"],
    "_": ["X1"],
    "\\": [],
    "éclair": ["shop:X2"],
    "kettle toaster": [],
    "": [],
    " \0 ": [],
    "'; DROP TABLE product; --": [],
}


@pytest.fixture
def filled(database: Database) -> Database:
    with database.connection() as connection, connection.cursor() as cursor:
        resolve_products(connection, FILLED)
        cursor.execute("UPDATE product SET reviews = 7 WHERE product_id = 'B0AA'")
    return database


def test_what_is_typed_finds(filled: Database) -> None:
    found = {text: [product.product_id for product in find_products(filled, text)] for text in FOUND}
    assert found == FOUND


def test_what_is_found_is_whole_and_no_more_than_asked_for(filled: Database) -> None:
    (product,) = find_products(filled, "kettle copper")
    assert (product.name, product.brand, product.ids) == ("Copper Kettle", "Acme", ("B0AA", "B0BB"))
    assert len(find_products(filled, "b0", limit=1)) == 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=strategies.text(max_size=20))
def test_any_text_is_searched_for(filled: Database, text: str) -> None:
    find_products(filled, text)
