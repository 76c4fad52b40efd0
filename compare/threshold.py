"""What a run fails for: `mistral.decode_tok_s < 8`. A gate for whoever runs comparisons unattended.

Knows contestants, figures and numbers; evaluates nothing else. Knows nothing of databases or models.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from compare.scores.score import SCORES
from compare.statistics import SUMMARISED, ModelSummary
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
SCORE_KEYS = tuple(score.key for score in SCORES if score.key not in SUMMARISED)
FIGURES = (*SUMMARISED, *_TOTALS, *SCORE_KEYS)


@dataclass(frozen=True, slots=True)
class Threshold:
    """The run fails if this comparison holds, or if it cannot be made because there is no such value.

    `figure`: the median over a contestant's answers, the summary's number, or the mean of a score.
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

    def holds(self, value: float | None) -> bool:
        """Whether the run fails with this value."""
        return value is None or _COMPARISONS[self.comparison](value, self.number)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A threshold, the value that was found, and whether the run fails for it."""

    threshold: str
    value: float | None
    failed: bool

    def __str__(self) -> str:
        value = "there is no such value" if self.value is None else f"it is {self.value:.4g}"
        return f"{self.threshold}: {value}"


def judge_thresholds(
    thresholds: Iterable[Threshold],
    summaries: Sequence[ModelSummary],
    scores: Mapping[tuple[str, str], float],
) -> list[Judgement]:
    """Each threshold with what was measured; `scores`: means, by contestant and key."""
    return [
        Judgement(one.text, value, one.holds(value))
        for one in thresholds
        for value in [_value(one, summaries, scores)]
    ]


def _value(
    threshold: Threshold, summaries: Sequence[ModelSummary], scores: Mapping[tuple[str, str], float]
) -> float | None:
    if threshold.figure in SCORE_KEYS:
        return scores.get((threshold.contestant, threshold.figure))
    for summary in summaries:
        if summary.name == threshold.contestant:
            if threshold.figure in SUMMARISED:
                return summary.figures[threshold.figure].median
            total: float | None = getattr(summary, threshold.figure)
            return total
    return None
