"""What a judge is to look at, each answer by itself and each pair to the same question, and what it said.

Knows the answer log's columns; knows no files and no reports.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby

from compare.judge.bias import Bias, judge_bias
from compare.judge.judge import Judge, Judgement, Rating
from compare.judge.pairs import Preference
from compare.judge.trial import Trial
from generator.log.answer_log import Row

# One answer to be rated, or two to be compared.
Case = tuple[Row] | tuple[Row, Row]
# The ids of its answers; None: there is no second.
CaseKey = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class Judgements:
    """All that a judge said of a run. `file_sha256`: of its file, None behind a server.

    `trial`: what it said before, of pairs with an obvious answer; None: it was not asked.
    """

    judge: str
    file_sha256: str | None
    ratings: tuple[Rating, ...]
    preferences: tuple[Preference, ...]
    trial: Trial | None = None

    @property
    def bias(self) -> Bias:
        """How far it went by place and length."""
        return judge_bias(self.preferences)

    @property
    def keys(self) -> set[CaseKey]:
        """Of the cases that were judged."""
        rated: set[CaseKey] = {(one.answer_id, None) for one in self.ratings}
        return rated | {(one.first, one.second) for one in self.preferences}


def cases(rows: Sequence[Row]) -> list[Case]:
    """Every answer by itself, and those of each two contestants to the same question in the same repeat.

    All about one question follow each other, so that the judge reads its reviews once.
    """
    ordered = sorted(rows, key=lambda row: (*_question(row), row["repeat"], str(row["contestant"])))
    found: list[Case] = []
    for _, group in groupby(ordered, key=_question):
        answers = list(group)
        found += [(row,) for row in answers]
        for _, repeat in groupby(answers, key=lambda row: row["repeat"]):
            found += combinations(repeat, 2)
    return found


def case_key(case: Case) -> CaseKey:
    """What a judgement of this case is known by."""
    return case[0]["answer_id"], case[1]["answer_id"] if len(case) == 2 else None


def question_of(case: Case) -> tuple[str, str]:
    """Product id and question that it is about."""
    return _question(case[0])


def judge_cases(judge: Judge, left: Sequence[Case]) -> Iterator[Judgement]:
    """The judgements one by one. Raises ModelUnavailable, GenerationFailed."""
    for case in left:
        yield judge.compare(*case) if len(case) == 2 else judge.rate(*case)


def _question(row: Row) -> tuple[str, str]:
    return row["product_id"], row["question"]
