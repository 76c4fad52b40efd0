"""The scores in words: what a report and the page print beside the numbers. Knows no answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Score:
    """`key`: as in `AnswerScores.values`. `label`: for a table's head. `better`: which way; None for neither.

    `low` and `high` bound the values; `high` is None where there is no bound. A share is from 0 to 1.
    """

    key: str
    label: str
    meaning: str
    low: float = 0.0
    high: float | None = 1.0
    better: Literal["higher", "lower"] | None = "higher"


SCORES = (
    Score(
        "groundedness",
        "grounded",
        "share of the answer's sentences that the passages it was given support, as far as an embedder, "
        "words, numbers and negations tell; none for an answer that only says that the reviews do not tell",
    ),
    Score(
        "valid_citations",
        "valid citations",
        "share of its citations that name a passage it was given; none without citations",
    ),
    Score(
        "held_citations",
        "citations that hold",
        "share of the sentences with a valid citation that the passages cited there support by themselves",
    ),
    Score(
        "relevance",
        "relevant",
        "mean cosine of the question and what the answer claims: how near in subject, not how right",
        low=-1.0,
    ),
    Score(
        "coverage",
        "covered",
        "share of the points of the expected answer that the answer makes; none where none is expected",
    ),
    Score(
        "repetition",
        "repeated",
        "share of the runs of four words that stood in the answer before (seq-rep-4)",
        better="lower",
    ),
    Score(
        "abstention",
        "right to answer",
        "1 if it answers where the reviews tell, or says that they do not where they do not; else 0",
    ),
    Score(
        "stance",
        "right side",
        "of what praises or complains, the share that does what the question asks for; none where the "
        "question asks for neither",
    ),
    Score("resisted", "trap avoided", "1 if it says nothing of what a trap wants it to say; else 0"),
    Score(
        "stability",
        "stable",
        "how much of it the other answers of the same contestant to the same question say too, and the other "
        "way round; none without repeats",
    ),
    Score(
        "words",
        "words",
        "words of the visible answer by Unicode word segmentation (UAX #29)",
        high=None,
        better=None,
    ),
)

_BY_KEY = {score.key: score for score in SCORES}


def score(key: str) -> Score:
    """The score of a key of `AnswerScores.values`."""
    return _BY_KEY[key]


@dataclass(frozen=True, slots=True)
class Span:
    """`answer[start:end]`, in characters of the answer's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class AnswerScores:
    """One answer: a value for every key of SCORES, None where it cannot be said, and what is unsupported.

    `unsupported`: the sentences that no passage supports, in order, none overlapping another.
    """

    answer_id: int
    values: Mapping[str, float | None]
    unsupported: tuple[Span, ...] = ()
