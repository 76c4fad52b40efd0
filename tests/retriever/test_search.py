"""Search: the nearest passages of one product, exactly, in a fixed order, through the index."""

import dataclasses
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies

from config import EmbedderSettings
from config.errors import EmbedderMismatch, UnknownProduct
from database import Database
from retriever import Embedder, Product, Retriever
from retriever.identity import claim_database
from retriever.products import Listing, resolve_products
from retriever.search import NEAREST, OPERATORS, SCORES
from retriever.store import StoredPassage, StoredReview, replace_passages, write_reviews


def fill(database: Database, embedder: Embedder, texts: dict[str, list[str]]) -> None:
    """Store a product for each key, its ids separated by commas, with a review for each text."""
    with database.connection() as connection:
        claim_database(connection, embedder)
        for ids, reviews in texts.items():
            (product,) = resolve_products(connection, [Listing(tuple(ids.split(",")), f"The {ids}")])
            rows = [
                StoredReview(
                    product, f"r{n}", None, text, 1.5 + n % 3, date(2024, 1, 1 + n % 28), "Ann", f"h{n}"
                )
                for n, text in enumerate(reviews)
            ]
            pieces = [StoredPassage(product, row.review_id, 0, row.text, row.content_hash) for row in rows]
            write_reviews(connection, rows)
            replace_passages(connection, rows, pieces, embedder.embed_passages(reviews))


def test_best_first_with_all_that_is_known(any_database: Database, fake_embedder: Embedder) -> None:
    fill(any_database, fake_embedder, {"A,B": ["the price", "battery, battery", "screen"], "C": ["battery"]})
    matches = Retriever(any_database, fake_embedder).search("A", "How is the battery?", 2)
    assert [match.passage.text for match in matches] == ["battery, battery", "the price"]
    first = matches[0].passage
    assert (first.product_id, first.review_id, first.number) == ("A", "r1", 0)
    assert (first.rating, first.written_on, first.reviewer) == (2.5, date(2024, 1, 2), "Ann")
    # (1,0,0,1)·(2,0,0,1) / √2√5 and (1,0,0,1)·(0,0,1,1) / √2√2
    assert matches[0].score == pytest.approx(3 / 10**0.5)
    assert matches[1].score == pytest.approx(0.5)


def test_the_dot_product(any_database: Database, fake_embedder: Embedder) -> None:
    fake_embedder.metric = "dot"
    fill(any_database, fake_embedder, {"A": ["battery", "battery battery battery", "none"]})
    matches = Retriever(any_database, fake_embedder).search("A", "battery?", 3)
    assert [match.score for match in matches] == [4, 2, 1]


def test_every_id_finds_the_product_and_only_its_passages(
    database: Database, fake_embedder: Embedder
) -> None:
    fill(database, fake_embedder, {"A,B": ["screen"], "C": ["battery"] * 5})
    retriever = Retriever(database, fake_embedder)
    assert retriever.search("A", "battery", 50) == retriever.search("B", "battery", 50)
    assert [match.passage.text for match in retriever.search("B", "battery", 50)] == ["screen"]
    assert len(retriever.search("C", "battery", 50)) == 5


def test_equally_near_ones_have_an_order(database: Database, fake_embedder: Embedder) -> None:
    fill(database, fake_embedder, {"A": ["battery"] * 30})
    ids = [match.passage.review_id for match in Retriever(database, fake_embedder).search("A", "battery", 4)]
    assert ids == ["r0", "r1", "r10", "r11"]


texts = strategies.lists(strategies.sampled_from(["battery", "screen", "price"]), max_size=4).map(" ".join)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    products=strategies.lists(strategies.lists(texts, min_size=1, max_size=6), min_size=1, max_size=4),
    question=texts,
    k=strategies.integers(1, 8),
)
def test_it_is_exact_and_isolated(
    products: list[list[str]], question: str, k: int, database: Database, fake_embedder: Embedder
) -> None:
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE product CASCADE")
    fill(database, fake_embedder, {f"P{n}": reviews for n, reviews in enumerate(products)})
    asked = fake_embedder.embed_question(question)
    for n, reviews in enumerate(products):
        vectors = fake_embedder.embed_passages(reviews)
        cosines = vectors @ asked / np.linalg.norm(vectors, axis=1) / np.linalg.norm(asked)
        found = Retriever(database, fake_embedder).search(f"P{n}", question, k)
        assert [match.score for match in found] == pytest.approx(sorted(cosines, reverse=True)[:k], abs=1e-6)
        assert {match.passage.text for match in found} <= set(reviews)


def test_the_index_is_used(database: Database, fake_embedder: Embedder) -> None:
    fill(database, fake_embedder, {f"P{n}": ["battery"] * 50 for n in range(60)})
    statement = NEAREST.format(operator=OPERATORS["cosine"], score=SCORES["cosine"])
    values = {"id": "P7", "k": 5, "vector": fake_embedder.embed_question("screen")}
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("EXPLAIN (FORMAT json) " + statement.as_string(connection), values)
        ((plan,),) = cursor.fetchall()
    assert [scan["Node Type"] for scan in scans(plan[0]["Plan"], "passage")] in (
        ["Index Scan"],
        ["Bitmap Heap Scan"],
    )


def scans(node: dict[str, Any], table: str) -> list[dict[str, Any]]:
    """The nodes of a plan that read a table."""
    below = [scan for child in node.get("Plans", []) for scan in scans(child, table)]
    return [node, *below] if node.get("Relation Name") == table else below


@pytest.mark.parametrize("k", [0, -1])
def test_k_below_one(k: int, database: Database, fake_embedder: Embedder) -> None:
    with pytest.raises(ValueError, match=f"k is {k}, expected at least 1"):
        Retriever(database, fake_embedder).search("A", "battery", k)


def test_products_in_order_of_appearance(any_database: Database, fake_embedder: Embedder) -> None:
    fill(any_database, fake_embedder, {"Z,A": ["battery", "screen"], "B": ["price"]})
    retriever = Retriever(any_database, fake_embedder)
    first = Product("Z", ("Z", "A"), "The Z,A", reviews=2, mean_rating=2.0)
    assert retriever.products() == [first, Product("B", ("B",), "The B", reviews=1, mean_rating=1.5)]
    assert retriever.products(limit=1) == [first]
    assert retriever.product("A") == first


def test_an_unnamed_product_bears_its_id(database: Database, fake_embedder: Embedder) -> None:
    with database.connection() as connection:
        resolve_products(connection, [Listing(("A",))])
    product = Retriever(database, fake_embedder).product("A")
    assert (product.name, product.reviews, product.mean_rating) == ("A", 0, None)


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ("B0BATTER1", r"Did you mean B0BATTERY1 \(The B0BATTERY1\)\?"),
        ("b0battery1", r"Did you mean B0BATTERY1 "),
        ("the k", r"Did you mean KETTLE \(The KETTLE\)\?"),
        ("????", "None is close; there are 2 ids, such as B0BATTERY1"),
        ("", "Did you mean"),
        ("KETTL\0", "Did you mean KETTLE"),
        ("KETTL\udcff", "Did you mean KETTLE"),
    ],
)
def test_an_unknown_product(wrong: str, advice: str, database: Database, fake_embedder: Embedder) -> None:
    fill(database, fake_embedder, {"B0BATTERY1": ["battery"], "KETTLE": ["price"]})
    retriever = Retriever(database, fake_embedder)
    with pytest.raises(UnknownProduct, match=advice):
        retriever.product(wrong)
    with pytest.raises(UnknownProduct, match=advice):
        retriever.search(wrong, "battery", 1)


def test_no_reviews_yet(database: Database, fake_embedder: Embedder) -> None:
    retriever = Retriever(database, fake_embedder)
    assert retriever.products() == []
    with pytest.raises(UnknownProduct, match="python -m ingest FILE"):
        retriever.search("A", "battery", 5)


@pytest.mark.parametrize("change", [{"name": "other"}, {"metric": "dot"}, {"normalize": True}])
def test_another_embedder_is_refused(
    change: dict[str, object], database: Database, fake_embedder: Embedder
) -> None:
    fill(database, fake_embedder, {"A": ["battery"]})
    same = EmbedderSettings(name="word-counter", metric="cosine", normalize=False)
    other = Embedder(same.model_copy(update=change))
    with pytest.raises(EmbedderMismatch, match=r"filled by 'word-counter' \(metric cosine, not normalized\)"):
        Retriever(database, other).search("A", "battery", 5)
    with database.connection() as connection, pytest.raises(EmbedderMismatch, match="Set the embedder back"):
        claim_database(connection, other)


def test_hostile_text_is_only_text(database: Database, fake_embedder: Embedder) -> None:
    hostile = "'); DROP TABLE review; --\t\\N\n\\.\n%s {} \\"
    fill(database, fake_embedder, {hostile.strip().replace(",", ""): [hostile]})
    product = Retriever(database, fake_embedder).products()[0]
    (match,) = Retriever(database, fake_embedder).search(product.product_id, hostile, 5)
    assert match.passage.text == hostile
    assert dataclasses.replace(product, reviews=1) == product
