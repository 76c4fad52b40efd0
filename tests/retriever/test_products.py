"""Products: lists of ids that overlap name one, in whatever order and portions they come."""

from dataclasses import fields
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies

from database import Database
from retriever import Embedder, Retriever
from retriever.products import Listing, resolve_products
from retriever.store import insert_copies, insert_passages, insert_reviews, similar_reviews
from retriever.stored import StoredCopy, StoredPassage, StoredReview


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
    reviews = [
        stored(first, "same id", "kept", "1"),
        stored(first, "a", "battery", "2", rating=5.0, written_on=date(2024, 1, 1), reviewer="Ann"),
        stored(second, "same id", "gone", "3"),
        stored(second, "same content", "battery", "2"),
        stored(second, "b", "screen", "4", title="Title", rating=1.0, reviewer="Bob"),
    ]
    copy = StoredCopy(second, "a copy", "same content", 2.0, None, None)
    pieces = [StoredPassage(row.product, row.review_id, 0, row.text, row.content_hash) for row in reviews]
    with any_database.connection() as connection:
        insert_reviews(connection, reviews)
        insert_copies(connection, [copy])
        insert_passages(connection, pieces, fake_embedder.embed_passages([piece.text for piece in pieces]))
    assert resolve(any_database, Listing(("C", "B", "A"))) == [first]
    retriever = Retriever(any_database, fake_embedder)
    (product,) = retriever.products()
    assert (product.product_id, product.ids, product.name) == ("A", ("A", "B", "C"), "Kettle")
    found = [match.passage.text for match in retriever.search("C", "battery", 9)]
    assert found == ["battery", "screen", "kept"] or sorted(found) == ["battery", "kept", "screen"]
    assert (product.reviews, product.ratings, product.last_on) == (3, (1, 0, 0, 0, 1), date(2024, 1, 1))
    with any_database.connection() as connection:
        assert similar_reviews(connection, [second] * 4, list("1234"), list("1234")) == ([], [])
        (kept,), copies = similar_reviews(connection, [first], ["a copy"], [""])
    assert (kept.review_id, kept.copies) == ("a", 3)
    assert {copy.copy_id: copy.rating for copy in copies} == {"same content": None, "a copy": 2.0}


def stored(product: int, review_id: str, text: str, content: str, **others: Any) -> StoredReview:
    values: dict[str, Any] = dict.fromkeys(field.name for field in fields(StoredReview))
    values |= {"unnamed": 0, "copies": 1}
    values |= {"product": product, "review_id": review_id, "text": text, "content_hash": content}
    return StoredReview(**(values | others))
