"""Answers as a real contestant gives them and the log returns them."""

from collections.abc import Sequence

from compare.scores import score_answers
from config import ModelSpec, Settings
from database import Database
from generator import AnswerLog, open_answerer
from retriever import Embedder
from retriever.passage import Match, Passage


def matches() -> Sequence[Match]:
    texts = (
        "The battery lasts two days. It says forty hours on the box [1].",
        "Battery died after nine months! I am not pleased.",
    )
    return [
        Match(Passage("B01", f"r{number}", 0, text, 3, None, None, content_hash="00"), score=0.5)
        for number, text in enumerate(texts)
    ]


def test_quotations_are_grounded(database: Database, settings: Settings, embedder: Embedder) -> None:
    log = AnswerLog(database)
    spec = ModelSpec(name="extractive", kind="extractive", answers="verbatim")
    with open_answerer(spec, settings, embedder) as answerer:
        answer = answerer.answer("How long does the battery last?", matches())
    assert answer.quotes
    log.record(answer, spec, "B01", retrieval_s=0)
    (row,) = log.select()
    (scores,) = score_answers([row], {}, embedder)
    assert scores.answer_id == row["answer_id"]
    for key in ("groundedness", "valid_citations", "held_citations"):
        assert scores.values[key] == 1
    # The stars that stand beside each quotation are not the answer's words.
    assert len(answer.quotes) > 1 and scores.values["repetition"] == 0
    assert scores.unsupported == ()
    assert scores.values["words"] == answer.words
