"""Search: the nearest passages of one product, exactly, in a fixed order, through the index."""

import dataclasses
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies
from pgvector import Vector

from config import EmbedderSettings
from config.errors import EmbedderMismatch, UnknownProduct
from config.settings import SearchMode
from database import Database
from retriever import Embedder, Product, Retriever
from retriever.identity import claim_database
from retriever.products import Listing, recount_products, resolve_products
from retriever.statements import Filter, nearest, weighed
from retriever.store import tidy

MODES: tuple[SearchMode, ...] = ("dense", "lexical", "hybrid")


def fill(database: Database, embedder: Embedder, texts: dict[str, list[str]]) -> None:
    """Store a product for each key, its ids separated by commas, with a review for each text."""
    with database.connection() as connection, connection.cursor() as cursor:
        claim_database(connection, embedder)
        for ids, reviews in texts.items():
            (product,) = resolve_products(connection, [Listing(tuple(ids.split(",")), f"The {ids}")])
            vectors = embedder.embed_passages(reviews)
            for n, (text, vector) in enumerate(zip(reviews, vectors, strict=True)):
                cursor.execute(
                    "INSERT INTO body (product, content_hash, text) VALUES (%s, %s, %s) RETURNING id",
                    (product, f"h{n}", text),
                )
                (body,) = cursor.fetchone() or (None,)
                cursor.execute(
                    "INSERT INTO review (product, review_id, body, rating, written_on, reviewer)"
                    " VALUES (%s, %s, %s, %s, %s, 'Ann')",
                    (product, f"r{n}", body, 1.5 + n % 3, date(2024, 1, 1 + n % 28)),
                )
                cursor.execute(
                    "INSERT INTO passage (product, body, number, text, content_hash, embedding)"
                    " VALUES (%s, %s, 0, %s, %s, %s)",
                    (product, body, text, f"h{n}", Vector(vector).to_text()),
                )
            recount_products(cursor, [product])


def test_best_first_with_all_that_is_known(any_database: Database, fake_embedder: Embedder) -> None:
    fill(any_database, fake_embedder, {"A,B": ["the price", "battery, battery", "screen"], "C": ["battery"]})
    matches = Retriever(any_database, fake_embedder).search("A", "How is the battery?", 2, mode="dense")
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
    matches = Retriever(any_database, fake_embedder).search("A", "battery?", 3, mode="dense")
    assert [match.score for match in matches] == [4, 2, 1]


def test_every_id_finds_the_product_and_only_its_passages(
    database: Database, fake_embedder: Embedder
) -> None:
    fill(database, fake_embedder, {"A,B": ["screen"], "C": ["battery"] * 5})
    retriever = Retriever(database, fake_embedder)
    for mode in MODES:
        found = retriever.search("A", "battery", 50, mode=mode)
        assert found == retriever.search("B", "battery", 50, mode=mode)
        assert [match.passage.text for match in found] == ["screen"]
        assert len(retriever.search("C", "battery", 50, mode=mode)) == 5


def test_equally_near_ones_have_an_order(database: Database, fake_embedder: Embedder) -> None:
    fill(database, fake_embedder, {"A": ["battery"] * 30})
    for mode in MODES:
        found = Retriever(database, fake_embedder).search("A", "battery", 4, mode=mode)
        assert [match.passage.review_id for match in found] == ["r0", "r1", "r2", "r3"]


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
        found = Retriever(database, fake_embedder).search(f"P{n}", question, k, mode="dense")
        assert [match.score for match in found] == pytest.approx(sorted(cosines, reverse=True)[:k], abs=1e-6)
        assert {match.passage.text for match in found} <= set(reviews)


@pytest.mark.parametrize("dimension", [384, 1024])
def test_the_indexes_are_used(dimension: int, database: Database, fake_embedder: Embedder) -> None:
    fill(database, fake_embedder, {f"P{n}": ["battery"] * 50 for n in range(60)})
    vector = Vector(np.ones(dimension, np.float32)).to_text()
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE passage SET embedding = %s", (vector,))
    tidy(database)
    values: dict[str, object] = {"product": 7, "limit": 5, "vector": vector, "word_0": "'batteri'"}
    values |= {"similarity": 1, "overlap": 1, "lead": 1, "stance": 1, "min_rating": 2}
    values |= {"marked_bodies": [3], "marked_numbers": [0]}
    with database.connection() as connection, connection.cursor() as cursor:
        for statement in (
            nearest("cosine", Filter()),
            weighed("cosine", Filter(min_rating=2), True, 1),
            nearest("cosine", Filter(), marked=True),
            weighed("cosine", Filter(), False, 1, marked=True),
            weighed("cosine", Filter(min_rating=2), True, 1, marked=True),
        ):
            cursor.execute("EXPLAIN (FORMAT json) " + statement.as_string(connection), values)
            ((plan,),) = cursor.fetchall()
            nodes = scans(plan[0]["Plan"], "passage")
            alone = {node["Index Name"] for node in nodes if node["Node Type"] == "Index Only Scan"}
            assert "Seq Scan" not in {node["Node Type"] for node in nodes}
            assert "passage_near_vectors" in alone
            # Of whole rows only those that are shown are read.
            others = [node["Node Type"] for node in scans(plan[0]["Plan"], "review")]
            assert "Seq Scan" not in others and len(others) - others.count("Index Only Scan") <= 1
            assert "%(word_0)s" not in statement.as_string(connection) or "passage_near_lexemes" in alone


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
    days = date(2024, 1, 1), date(2024, 1, 2)
    first, second = (
        Product("Z", ("Z", "A"), "The Z,A", 2, 2.0, None, None, (0, 2, 0, 0, 0), *days, 2),
        Product("B", ("B",), "The B", 1, 1.5, None, None, (0, 1, 0, 0, 0), days[0], days[0], 1),
    )
    assert retriever.products() == [first, second]
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
        ("the", r"'the' names 2 products: B0BATTERY1 \(The B0BATTERY1\), KETTLE \(The KETTLE\)\. Use the id"),
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


def test_a_product_is_named_in_many_ways(database: Database, fake_embedder: Embedder) -> None:
    listings = [
        Listing(("7",), "Copper Kettle 2 l", source="shop"),
        Listing(("7",), "Steel pan", source="other"),
        Listing(("8", "K"), "Toaster 100%", source="shop"),
        Listing(("9",), "toaster 50%"),
        Listing(("10",), "Toaster 100%"),
        Listing(("11",), "pan"),
    ]
    with database.connection() as connection:
        resolve_products(connection, listings)
    retriever = Retriever(database, fake_embedder)
    ways = {
        "shop:7": "shop:7", "other:7": "other:7", "8": "shop:8", "K": "shop:8", "9": "9", "copper": "shop:7",
        " COPPER kettle 2 L": "shop:7", "50%": "9", "PAN": "11", "steel": "other:7",
    }  # fmt: skip
    assert {way: retriever.product(way).product_id for way in ways} == ways
    for ambiguous, said in {
        "7": r"'7' names 2 products: shop:7 \(Copper Kettle 2 l\), other:7 \(Steel pan\)\. Use the id",
        "toaster 100%": r"names 2 products: shop:8 \(Toaster 100%\), 10 \(Toaster 100%\)",
        "toaster": "names 3 products",
        "0%": "No product has the id '0%'",
        "t_aster": "No product has the id",
    }.items():
        with pytest.raises(UnknownProduct, match=said):
            retriever.product(ambiguous)


def test_languages(database: Database, fake_embedder: Embedder) -> None:
    fill(database, fake_embedder, {"A": ["battery one", "battery two"]})
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE review SET language = 'de' WHERE review_id = 'r1'")
    retriever = Retriever(database, fake_embedder)
    for mode in MODES:
        (match,) = retriever.search("A", "battery", 5, language="de", mode=mode)
        assert match.passage.review_id == "r1"
        assert retriever.search("A", "battery", 5, language="fr", mode=mode) == []
    assert len(retriever.retrieve("A", "battery", 5, language="de").matches) == 1


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
    for mode in MODES:
        (match,) = Retriever(database, fake_embedder).search(product.product_id, hostile, 5, mode=mode)
        assert match.passage.text == hostile
    assert dataclasses.replace(product, reviews=1) == product
