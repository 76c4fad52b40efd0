"""What a run fails for: `mistral.decode_tok_s < 8`. A gate for whoever runs comparisons unattended.

Knows contestants, figures and numbers; evaluates nothing else. Knows nothing of databases or models.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from compare.judge.marks import MARKS
from compare.scores.score import SCORES
from compare.statistics import SUMMARISED, TIMED, ModelSummary
from config.settings import did_you_mean

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
# A contestant's name may hold dots itself: llama-3.1-8b.decode_tok_s.
_FORM = re.compile(
    r"\s*(?P<contestant>\S+)\.(?P<figure>\w+)\s*(?P<comparison><=|>=|==|!=|<|>)\s*"
    r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*",
    re.IGNORECASE,
)
# Of a summary, besides the medians.
_TOTALS = (
    "answers",
    "load_s",
    "peak_rss_bytes",
    "predicted_bytes",
    "cited",
    "invalid_citations",
    "abstained",
)
# Of these it is the mean.
MEAN_KEYS = (*(score.key for score in SCORES if score.key not in SUMMARISED), *MARKS)
FIGURES = (*SUMMARISED, *_TOTALS, *MEAN_KEYS)


@dataclass(frozen=True, slots=True)
class Threshold:
    """The run fails if this comparison holds, or if it cannot be made because there is no such value.

    `figure`: the median over a contestant's answers, the summary's number, or the mean of a score or mark.
    """

    contestant: str
    figure: str
    comparison: str
    number: float
    text: str

    @classmethod
    def parse(cls, text: str) -> "Threshold":
        """From `contestant.figure < number`. Raises ValueError that says what is wrong."""
        found = _FORM.fullmatch(text)
        if not found:
            raise ValueError(f"'{text}' is no condition; expected one like 'mistral.decode_tok_s < 8'")
        if found["figure"] not in FIGURES:
            raise ValueError(
                f"'{text}': there is no figure '{found['figure']}'{did_you_mean(found['figure'], FIGURES)} "
                f"There are: {', '.join(FIGURES)}"
            )
        number = float(found["number"])
        return cls(found["contestant"], found["figure"], found["comparison"], number, " ".join(text.split()))

    @property
    def timed(self) -> bool:
        """Whether its figure is a time of one answer, or a speed."""
        return self.figure in TIMED

    @property
    def judged(self) -> bool:
        """Whether its figure is a judge's mark."""
        return self.figure in MARKS

    def holds(self, value: float | None) -> bool:
        """Whether the run fails with this value."""
        return value is None or _COMPARISONS[self.comparison](value, self.number)


@dataclass(frozen=True, slots=True)
class Check:
    """A threshold, the value that was found, and whether the run fails for it; `reason`: why none was."""

    threshold: str
    value: float | None
    failed: bool
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.threshold}: {self.reason if self.value is None else f'it is {self.value:.4g}'}"


def check_thresholds(
    thresholds: Iterable[Threshold],
    summaries: Sequence[ModelSummary],
    means: Mapping[tuple[str, str], float],
) -> list[Check]:
    """Each threshold with what was measured; `means`: of scores and marks, by contestant and key."""
    by_name = {summary.name: summary for summary in summaries}
    return [_check(one, by_name.get(one.contestant), means) for one in thresholds]


def _check(
    threshold: Threshold, summary: ModelSummary | None, means: Mapping[tuple[str, str], float]
) -> Check:
    value = _value(threshold, summary, means)
    reason = "" if value is not None else _reason(threshold, summary)
    return Check(threshold.text, value, threshold.holds(value), reason)


def _value(
    threshold: Threshold, summary: ModelSummary | None, means: Mapping[tuple[str, str], float]
) -> float | None:
    if threshold.figure in MEAN_KEYS:
        return means.get((threshold.contestant, threshold.figure))
    if summary is None:
        return None
    if threshold.figure in SUMMARISED:
        return summary.figures[threshold.figure].median
    total: float | None = getattr(summary, threshold.figure)
    return total


def _reason(threshold: Threshold, summary: ModelSummary | None) -> str:
    if summary is None:
        return f"there is no such value, as {threshold.contestant} answered nothing"
    if threshold.timed and summary.shared == summary.answers:
        return "there is no such value: answers that are written several at a time have no times of their own"
    if threshold.judged:
        return "there is no such value, as no judge marked its answers"
    return "there is no such value"
