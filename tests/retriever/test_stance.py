"""Which way questions and sentences lean, in words that stand in no example."""

import pytest

from retriever import Embedder
from retriever.stance import Stance, unit


@pytest.fixture(scope="module")
def stance(embedder: Embedder) -> Stance:
    return Stance(embedder)


@pytest.mark.parametrize(
    ("question", "side"),
    [
        ("What do customers love about this lamp?", 1),
        ("reasons to buy this scarf", 1),
        ("any problems with it?", -1),
        ("What are the drawbacks of this blender?", -1),
        ("Is the motor loud?", 0),
        ("Does it smell bad?", 0),
        ("does anyone complain about the noise?", 0),
        ("battery", 0),
    ],
)
def test_what_a_question_asks_for(stance: Stance, embedder: Embedder, question: str, side: int) -> None:
    leaning = stance.of_question(unit(embedder.embed_question(question)))
    assert round(leaning / 0.7) == side


def test_what_sentences_tell(stance: Stance, embedder: Embedder) -> None:
    texts = [
        "Absolutely delighted with this lamp.",
        "The lamp is a disaster.",
        "The lamp stands in my office.",
    ]
    praise, complaint, neither = stance.of_sentences(unit(embedder.embed_passages(texts)))
    assert praise > 0.5 and complaint < -0.4
    assert abs(neither) < 0.5
