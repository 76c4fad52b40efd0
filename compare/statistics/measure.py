"""What is compared: a figure or a score, on which scale, and which direction is better.

Knows the answer log's columns; knows nothing of intervals.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from compare.plan.contestant import contestant_of
from generator.events import BROKEN_OFF
from generator.figures import figure
from generator.log.answer_log import Row


@dataclass(frozen=True, slots=True)
class Measure:
    """A column of the rows, and how its values are compared.

    `scale`: "ratio" compares logarithms (times, speeds, memory: positive numbers without an upper end),
    "difference" the values themselves (scores 0 to 1, counts). `better`: None where neither is.
    `negligible`: a smaller difference does not matter: a share for ratios (0.02: within 2 %), the value's own
    unit for differences. `timed`: answers marked `shared` do not count. `same_form`: means the same only for
    contestants that answer in the same way, free or verbatim.
    `claim`: what the better, or higher, one does, with places for {size} and {other}.
    """

    key: str
    label: str
    scale: Literal["ratio", "difference"]
    better: Literal["higher", "lower"] | None
    negligible: float = 0.02
    timed: bool = False
    same_form: bool = False
    claim: str = ""

    def __post_init__(self) -> None:
        if not self.claim:
            object.__setattr__(self, "claim", self._usual_claim())

    def _usual_claim(self) -> str:
        if self.scale == "ratio":
            return f"has {{size}} x the {self.label} of {{other}}"
        return f"is {{size}} {self.better or 'higher'} than {{other}} in '{self.label}'"

    def scaled(self, value: float | None) -> float | None:
        """The value as it is averaged: its logarithm or itself; None if it cannot be compared.

        NaN and infinity are no values, and 0 and less have no ratio.
        """
        if value is None or not math.isfinite(value) or (self.scale == "ratio" and value <= 0):
            return None
        return math.log(value) if self.scale == "ratio" else float(value)

    def matters(self, value: float) -> bool:
        """Whether a ratio or difference is more than negligible, in either direction."""
        limit = math.log1p(self.negligible) if self.scale == "ratio" else self.negligible
        return abs(self.scaled(value) or 0.0) > limit

    def unscaled(self, value: float) -> float:
        """The inverse: a ratio from a difference of logarithms, a typical value from their mean."""
        return math.exp(value) if self.scale == "ratio" else value


def score_measure(
    key: str, label: str, better: Literal["higher", "lower"] | None = "higher", negligible: float = 0.02
) -> Measure:
    """A score that stands under `key` in the rows; what is `negligible` is that of scores from 0 to 1."""
    return Measure(key, label, "difference", better, negligible)


def _ratio(key: str, better: Literal["higher", "lower"] | None, claim: str, timed: bool = True) -> Measure:
    return Measure(key, figure(key).label, "ratio", better, timed=timed, same_form=True, claim=claim)


def _count(key: str, claim: str) -> Measure:
    return Measure(key, figure(key).label, "difference", None, negligible=1, same_form=True, claim=claim)


# The answer log's own, by key. Scores are made with `score_measure`.
MEASURES = {
    measure.key: measure
    for measure in (
        _ratio("decode_tok_s", "higher", "writes {size} x as fast as {other}"),
        _ratio("prefill_tok_s", "higher", "reads prompts {size} x as fast as {other}"),
        _ratio("e2e_tok_s", "higher", "answers with {size} x the tokens per second of {other}"),
        _ratio("words_per_s", "higher", "answers with {size} x the words per second of {other}"),
        _ratio("ttft_s", "lower", "needs {size} x the time of {other} to the first word"),
        _ratio("ttfo_s", "lower", "needs {size} x the time of {other} to the first word after reasoning"),
        _ratio("tpot_s", "lower", "needs {size} x the time of {other} for a token"),
        _ratio("e2e_s", "lower", "needs {size} x the time of {other} for an answer"),
        _ratio("peak_rss_bytes", "lower", "takes {size} x the memory of {other}", timed=False),
        _count("words", "writes {size} words more than {other}"),
        _count("n_out", "writes {size} tokens more than {other}"),
        _count("n_reasoning", "reasons {size} tokens more than {other}"),
        _count("sentences", "quotes {size} sentences more than {other}"),
        Measure(
            "abstained",
            "abstained",
            "difference",
            None,
            claim="says {size} more often than {other} that the reviews do not tell",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Observation:
    """One value of one answer; None: the answer lacks it. `repeat` counts from 0."""

    contestant: str
    product: str
    question: str
    repeat: int
    value: float | None


def observations(rows: Iterable[Row], measure: Measure) -> list[Observation]:
    """One per row, in their order; repeats are counted as they come. A row without the column has None."""
    seen: dict[tuple[str, str, str], int] = {}
    found = []
    for row in rows:
        key = (contestant_of(row), row["product_id"], row["question"])
        seen[key] = seen.get(key, -1) + 1
        found.append(Observation(*key, seen[key], _value(row, measure)))
    return found


def _value(row: Row, measure: Measure) -> float | None:
    if row["stop_reason"] in BROKEN_OFF or (measure.timed and row["shared"]):
        return None
    value = len(row["quotes"]) if measure.key == "sentences" else row.get(measure.key)
    return None if value is None else float(value)


def pairs_of(rows: Sequence[Row], measure: Measure) -> Iterator[tuple[str, str]]:
    """Each two contestants that this measure may compare, in alphabetical order."""
    forms = dict(sorted({contestant_of(row): row["answers"] for row in rows}.items()))
    names = list(forms)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            if not measure.same_form or forms[first] == forms[second]:
                yield first, second
