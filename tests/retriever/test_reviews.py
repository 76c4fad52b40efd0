"""Whole reviews in place of their passages."""

import pytest
from pgvector import Vector

from config.settings import RetrievalSettings
from database import Database
from retriever import Embedder, Retriever
from retriever.reviews import retrieve_reviews
from tests.retriever.test_search import fill


def split(database: Database, embedder: Embedder, review_id: str, pieces: list[str]) -> None:
    """Give a review of product A a title, and these passages in place of its one."""
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT product, body FROM review WHERE review_id = %s", (review_id,))
        key = cursor.fetchone()
        assert key is not None
        cursor.execute("DELETE FROM passage WHERE (product, body) = (%s, %s)", key)
        cursor.execute(
            "UPDATE body SET title = 'Title', text = %s WHERE (product, id) = (%s, %s)",
            (" ".join(pieces), *key),
        )
        for number, (text, vector) in enumerate(zip(pieces, embedder.embed_passages(pieces), strict=True)):
            cursor.execute(
                "INSERT INTO passage (product, body, number, text, content_hash, embedding)"
                " VALUES (%s, %s, %s, %s, 'h', %s)",
                (*key, number, text, Vector(vector).to_text()),
            )


def test_each_review_once_and_whole_as_good_as_its_best_passage(
    database: Database, fake_embedder: Embedder
) -> None:
    fill(database, fake_embedder, {"A": ["The screen.", "The battery.", "The price."], "B": ["battery"]})
    # Twelve passages of one review would fill any short list.
    split(database, fake_embedder, "r0", [f"The battery, part {n}." for n in range(12)])
    retriever = Retriever(database, fake_embedder, RetrievalSettings(mode="dense"))
    found = retrieve_reviews(retriever, "A", "How is the battery?", 2)
    assert [match.passage.review_id for match in found.matches] == ["r0", "r1"]
    first, second = (match.passage for match in found.matches)
    assert first.text.startswith("Title. The battery, part 0.") and first.text.endswith("part 11.")
    assert (first.number, first.content_hash, second.text) == (0, "h0", "The battery.")
    assert found.matches[0].score == found.matches[1].score == pytest.approx(1)
    assert found.retrieval_s > 0


def test_fewer_reviews_than_asked_for_are_all_there_are(database: Database, fake_embedder: Embedder) -> None:
    fill(database, fake_embedder, {"A": ["The screen.", "The battery."]})
    assert len(retrieve_reviews(Retriever(database, fake_embedder), "A", "Good?", 9).matches) == 2
