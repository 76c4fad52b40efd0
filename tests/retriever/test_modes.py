"""Filters, and what the ways of searching find: words, meaning, beginnings, praise and complaint."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies
from pgvector import Vector
from pydantic import SecretStr

from config import EmbedderSettings, Settings
from config.settings import RetrievalSettings, SearchMode
from database import Database
from retriever import Embedder, Match, Retriever
from retriever.embedder import Vectors
from retriever.identity import claim_database
from tests.conftest import Cluster

MODES: tuple[SearchMode, ...] = ("dense", "lexical", "hybrid")
Row = tuple[str, int, str, float | None, date | None]  # review, number, text, stars, day


def store(database: Database, embedder: Embedder, rows: Sequence[Row], product: str = "A") -> None:
    """A product with these passages."""
    vectors = embedder.embed_passages([text for _, _, text, _, _ in rows])
    with database.connection() as connection, connection.cursor() as cursor:
        claim_database(connection, embedder)
        cursor.execute("INSERT INTO product (product_id) VALUES (%s) RETURNING id", (product,))
        (key,) = cursor.fetchone() or (None,)
        cursor.execute("INSERT INTO product_alias VALUES (%s, %s, %s)", (product, key, product))
        for (review, number, text, stars, day), vector in zip(rows, vectors, strict=True):
            cursor.execute(
                "WITH new AS (INSERT INTO body (product, content_hash, text)"
                " VALUES (%(key)s, %(id)s, %(text)s) ON CONFLICT DO NOTHING RETURNING id)"
                " INSERT INTO review (product, review_id, body, rating, written_on)"
                " SELECT %(key)s, %(id)s, id, %(stars)s, %(day)s FROM new",
                {"key": key, "id": review, "text": text, "stars": stars, "day": day},
            )
            cursor.execute(
                "INSERT INTO passage (product, body, number, text, content_hash, embedding)"
                " SELECT product, id, %s, %s, '', %s FROM body WHERE (product, content_hash) = (%s, %s)",
                (number, text, Vector(vector).to_text(), key, review),
            )


def texts(matches: list[Match]) -> list[str]:
    return [match.passage.text for match in matches]


rows = strategies.lists(
    strategies.tuples(
        strategies.sampled_from(["battery", "a screen", "the price", "battery price"]),
        strategies.none() | strategies.sampled_from([1.0, 2.5, 4.0, 5.0]),
        strategies.none() | strategies.dates(date(2024, 1, 1), date(2024, 1, 9)),
    ),
    min_size=1,
    max_size=8,
)
stars = strategies.none() | strategies.sampled_from([1.0, 2.0, 2.5, 4.5])
days = strategies.none() | strategies.dates(date(2024, 1, 1), date(2024, 1, 9))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    found=rows, k=strategies.integers(1, 9), limits=strategies.tuples(stars, stars, days, days),
    mode=strategies.sampled_from(MODES),
)  # fmt: skip
def test_exactly_k_where_k_pass(
    found: list[tuple[str, float | None, date | None]],
    k: int,
    limits: tuple[float | None, float | None, date | None, date | None],
    mode: SearchMode,
    database: Database,
    fake_embedder: Embedder,
) -> None:
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("TRUNCATE product CASCADE")
    store(database, fake_embedder, [(f"r{n}", 0, *row) for n, row in enumerate(found)])
    low, high, since, until = limits

    def passes(stars: float | None, day: date | None) -> bool:
        return (
            (low is None or (stars is not None and stars >= low))
            and (high is None or (stars is not None and stars <= high))
            and (since is None or (day is not None and day >= since))
            and (until is None or (day is not None and day <= until))
        )

    matches = Retriever(database, fake_embedder).search(
        "A", "a battery?", k, min_rating=low, max_rating=high, since=since, until=until, mode=mode
    )
    passing = {f"r{n}" for n, (_, stars, day) in enumerate(found) if passes(stars, day)}
    ids = [match.passage.review_id for match in matches]
    assert len(ids) == len(set(ids)) == min(k, len(passing))
    assert set(ids) <= passing


def test_words_and_meaning(database: Database, fake_embedder: Embedder) -> None:
    store(
        database,
        fake_embedder,
        [
            ("r1", 0, "The zippers' pulls are fine.", None, None),
            ("r2", 0, "Screen, screen!", None, None),
            ("r3", 0, "Nothing about it.", None, None),
            ("r4", 0, "Zipping along.", None, None),
        ],
    )
    retriever = Retriever(database, fake_embedder)
    # Any form of a rare word; "how is the" are none.
    assert texts(retriever.search("A", "How is the zipper?", 1, mode="lexical")) == [
        "The zippers' pulls are fine."
    ]
    assert texts(retriever.search("A", "How is the screen?", 1, mode="dense")) == ["Screen, screen!"]
    # Both, where each alone knows one.
    assert set(texts(retriever.search("A", "zippers, or screen?", 2))) == {
        "The zippers' pulls are fine.",
        "Screen, screen!",
    }


@pytest.mark.parametrize(
    "question", ["", "the of and", "'; DROP TABLE passage; --", "\\", "a:* & b | !c", "\0"]
)
def test_questions_without_words_and_hostile_ones(
    question: str, database: Database, fake_embedder: Embedder
) -> None:
    store(database, fake_embedder, [(f"r{n}", 0, "It's a \\ 'battery'", 3, None) for n in range(3)])
    for mode in MODES:
        assert len(Retriever(database, fake_embedder).search("A", question, 3, mode=mode)) == 3


def test_passages_without_words(database: Database, fake_embedder: Embedder) -> None:
    for product, wordless in (("A", ["It is what it is."]), ("B", ["!!!", "👍", "So it is."]), ("C", ["👍"])):
        rows = [(f"r{n}", 0, text, 5.0, None) for n, text in enumerate(wordless)]
        store(database, fake_embedder, rows, product)
        for mode in MODES:
            found = Retriever(database, fake_embedder).search(product, "How is the battery?", 9, mode=mode)
            assert sorted(texts(found)) == sorted(wordless)


def test_every_lexeme_finds_itself(database: Database, fake_embedder: Embedder) -> None:
    odd = ["C:\\temp\\x", "o'clock's", "e-mail@example.org/a?b='c'", "naïve ₤5 日本語", "a&b|!c:*"]
    store(database, fake_embedder, [(f"r{n}", 0, text, None, None) for n, text in enumerate(odd)])
    for text in odd:
        assert texts(Retriever(database, fake_embedder).search("A", text, 1, mode="lexical")) == [text]


def test_beginnings_come_first(database: Database, fake_embedder: Embedder) -> None:
    store(database, fake_embedder, [("r1", n, "battery", None, None) for n in range(4)])
    found = Retriever(database, fake_embedder).search("A", "battery", 4)
    assert [match.passage.number for match in found] == [0, 1, 2, 3]


def test_no_repetition_and_who_agrees(database: Database, fake_embedder: Embedder) -> None:
    same = [(f"r{n}", 0, "battery battery battery", 5.0, None) for n in range(6)]
    store(database, fake_embedder, [*same, ("s", 0, "battery, and the price", 5.0, None)])
    different = RetrievalSettings(variety=20.0)
    first, second = Retriever(database, fake_embedder, different).search("A", "battery", 2)
    assert (first.passage.review_id, first.agreeing) == ("r0", 6)
    assert second.passage.review_id == "s"
    alike = Retriever(database, fake_embedder, RetrievalSettings(variety=0)).search("A", "battery", 2)
    assert [match.passage.review_id for match in alike] == ["r0", "r1"]


def test_vectors_too_wide_for_the_index(embedded_cluster: Cluster, settings: Settings) -> None:
    """Found all the same, among others that are in it, and in their order."""

    class Wide(Embedder):
        dimension = 1024

        def embed_passages(self, texts: list[str]) -> Vectors:
            return np.random.default_rng(1).standard_normal((len(texts), 1024), np.float32)

        def embed_question(self, text: str) -> Vectors:
            return np.asarray(self.embed_passages([text] * 8)[7])

    url = SecretStr(embedded_cluster.create_migrated())
    embedder = Wide(EmbedderSettings(name="wide"))
    with Database.open(settings.model_copy(update={"database_url": url})) as database:
        rows: list[Row] = [(f"r{n}", 0, "word " * n, 3, None) for n in range(7)]
        store(database, embedder, [*rows, ("long", 0, "y" * 500, 3, None)])
        for mode in MODES:
            found = Retriever(database, embedder).search("A", "y" * 500, 8, mode=mode)
            assert len(found) == 8
            assert found[0].passage.review_id == "long"


@pytest.fixture(scope="module")
def minilm() -> Embedder:
    return Embedder(EmbedderSettings())


QUESTIONS: dict[str, Any] = {
    "What do people dislike?": lambda stars: stars <= 3,
    "What do people like?": lambda stars: stars >= 4,
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_praise_and_complaint(question: str, database: Database, minilm: Embedder) -> None:
    store(
        database,
        minilm,
        [
            ("r1", 0, "People like it, and what people dislike I do not know.", 5, None),
            ("r2", 0, "It broke within a week, and nobody answered.", 1, None),
            ("r3", 0, "The hinge squeaks terribly.", 2, None),
            ("r4", 0, "It works wonderfully, and looks the part.", 5, None),
            ("r5", 0, "I could not be happier with the hinge.", 4, None),
            ("r6", 0, "Overpriced rubbish.", 1, None),
        ],
    )
    found = Retriever(database, minilm).search("A", question, 2)
    assert all(QUESTIONS[question](match.passage.rating) for match in found)
