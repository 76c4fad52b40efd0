"""All answers of a run before the judge: each by itself, and each pair to the same question.

Knows the answer log's columns; knows no files and no reports.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from compare.judge.bias import Bias, judge_bias
from compare.judge.judge import Judge, Rating
from compare.judge.pairs import Verdict
from generator.answer_log import Row


@dataclass(frozen=True, slots=True)
class Judgements:
    """What a judge said of a run, and how far it went by place and length."""

    judge: str
    ratings: tuple[Rating, ...]
    verdicts: tuple[Verdict, ...]
    bias: Bias


def judge_answers(
    judge: Judge, rows: Sequence[Row], on_judged: Callable[[], object] = lambda: None
) -> Judgements:
    """Rate every answer, and compare every pair; `on_judged` is called after each of them.

    Raises ModelUnavailable, GenerationFailed.
    """
    ratings, verdicts = [], []
    for row in rows:
        ratings.append(judge.rate(row))
        on_judged()
    for first, second in answer_pairs(rows):
        verdicts.append(judge.compare(first, second))
        on_judged()
    return Judgements(judge.spec.name, tuple(ratings), tuple(verdicts), judge_bias(verdicts))


def answer_pairs(rows: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    """The answers of each two contestants to the same question in the same repeat."""
    asked: dict[Hashable, list[Row]] = {}
    for row in rows:
        asked.setdefault((row["product_id"], row["question"], row["repeat"]), []).append(row)
    for answers in asked.values():
        yield from combinations(sorted(answers, key=lambda row: str(row["contestant"])), 2)
