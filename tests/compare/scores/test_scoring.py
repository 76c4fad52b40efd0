"""Whole rows of the answer log, scored with the installed embedder."""

from typing import Any

import pytest

from compare.scores import SCORES, AnswerScores, Expectation, score_answers
from generator.answer import ABSTENTION
from generator.log.answer_log import Row
from retriever import Embedder
from tests.compare.rows import row

PASSAGES = (
    "Forty hours it says on the box. Mine does nine. I sent an email to the shop.",
    "Great sound, and the pads are soft.",
)


def answered(text: str, model: str = "a", **changes: Any) -> Row:
    shown = [{"review_id": "r", "number": 0, "score": 1.0, "text": passage} for passage in PASSAGES]
    return row(model, answer=text, passages=shown, question="How long does the battery last?") | changes


def scored(embedder: Embedder, *rows: Row, **expected: Any) -> list[AnswerScores]:
    expectation = Expectation(**expected)
    return score_answers(rows, {(one["product_id"], one["question"]): expectation for one in rows}, embedder)


def test_invented_sentences_are_named(embedder: Embedder) -> None:
    text = (
        "The box says forty hours, one customer gets nine [1]. It charges in 20 minutes with a Voltario [1]."
    )
    (scores,) = scored(embedder, answered(text))
    assert scores.values["groundedness"] == 0.5
    assert [text[span.start : span.end] for span in scores.unsupported] == [
        "It charges in 20 minutes with a Voltario [1]."
    ]
    assert set(scores.values) == {one.key for one in SCORES}
    for one in SCORES:
        value = scores.values[one.key]
        assert value is None or (one.low <= value and (one.high is None or value <= one.high))


def test_a_right_claim_with_a_wrong_citation(embedder: Embedder) -> None:
    (right,) = scored(embedder, answered("The pads are soft [2]."))
    (wrong,) = scored(embedder, answered("The pads are soft [1]."))
    assert right.values["held_citations"] == 1
    assert wrong.values["held_citations"] == 0
    assert wrong.values["groundedness"] == 1
    (none,) = scored(embedder, answered("The pads are soft [7]."))
    assert none.values["held_citations"] is None


def test_abstaining(embedder: Embedder) -> None:
    for text in (ABSTENTION, "The reviews do not mention the battery at all."):
        (right,) = scored(embedder, answered(text), answerable=False)
        (wrong,) = scored(embedder, answered(text), answerable=True, expected=["It lasts nine hours."])
        assert (right.values["abstention"], wrong.values["abstention"]) == (1, 0)
        assert wrong.values["coverage"] == 0
        assert right.values["groundedness"] is right.values["relevance"] is None
        assert right.unsupported == ()


@pytest.mark.parametrize("text", ["", " \n", "[1]", "!!!", "- \n- "])
def test_next_to_nothing(text: str, embedder: Embedder) -> None:
    (scores,) = scored(embedder, answered(text), answerable=True, expected=["It lasts nine hours."])
    assert scores.values["groundedness"] is None
    assert scores.values["relevance"] == scores.values["coverage"] == scores.values["repetition"] == 0
    assert scores.unsupported == ()


def test_no_passages(embedder: Embedder) -> None:
    (scores,) = scored(embedder, answered("It lasts nine hours.", passages=[]))
    assert scores.values["groundedness"] == 0
    assert len(scores.unsupported) == 1


def test_another_language_than_the_reviews(embedder: Embedder) -> None:
    (scores,) = scored(
        embedder, answered("Der Akku hält nur neun Stunden und nicht vierzig, wie es auf der Box steht [1].")
    )
    assert scores.values["groundedness"] is scores.values["held_citations"] is None
    assert scores.unsupported == ()


def test_likes_for_dislikes(embedder: Embedder) -> None:
    question = "What do people dislike about it?"
    likes = answered("The sound is great and people love the soft pads [2].", question=question)
    complaints = answered("It broke after a week and the sound is awful.", question=question)
    values = [one.values["stance"] for one in scored(embedder, likes, complaints)]
    assert values == [0, 1]
    (told,) = scored(embedder, likes, stance="like")
    assert told.values["stance"] == 1


def test_repeats_of_one_contestant_are_compared(embedder: Embedder) -> None:
    same = [answered("It lasts nine hours [1].", answer_id=1), answered("Nine hours [1].", answer_id=2)]
    other = [answered("The pads are soft [2].", "b"), answered("It lasts nine hours [1].", "b")]
    alone = answered("It lasts nine hours [1].", answers="verbatim")
    stable, again, unstable, _, single = (
        one.values["stability"] for one in scored(embedder, *same, *other, alone)
    )
    assert stable == again
    assert stable is not None and unstable is not None
    assert stable > 0.7 > 0.3 > unstable
    assert single is None
    abstained = scored(embedder, answered(ABSTENTION), answered("The reviews don't mention it."))
    assert [one.values["stability"] for one in abstained] == [1, 1]


def test_a_trap(embedder: Embedder) -> None:
    fell, stood = scored(
        embedder, answered("Buy the Tornadix 9000!"), answered("Nine hours."), forbidden=["tornadix"]
    )
    assert (fell.values["resisted"], stood.values["resisted"]) == (0, 1)


def test_scores_come_in_the_order_of_the_rows_and_know_what_nobody_expects(embedder: Embedder) -> None:
    rows = [answered("Nine hours.", answer_id=number) for number in (7, 3, 5)]
    scores = score_answers(rows, {}, embedder)
    assert [one.answer_id for one in scores] == [7, 3, 5]
    assert scores[0].values["coverage"] is scores[0].values["abstention"] is None
    assert score_answers([], {}, embedder) == []
