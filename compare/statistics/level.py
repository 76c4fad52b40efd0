"""What each contestant reaches in a figure by itself, with intervals by product. Knows no pairs."""

from collections.abc import Sequence
from dataclasses import dataclass

from compare.statistics.estimate import Estimate, cluster_mean, cluster_median
from compare.statistics.measure import Measure, Observation, observations
from generator.log.answer_log import Row


@dataclass(frozen=True, slots=True)
class Level:
    """One contestant in one figure, in the figure's own unit; `n` of the estimates are answers.

    `median`: over all answers, as `Spread` has it. `mean`: geometric for ratios, arithmetic for differences;
    each product counts alike. Use the median for what has a long tail, the mean for scores that are mostly
    0 or 1. `missing`: so many answers lack the figure.
    """

    measure: Measure
    contestant: str
    median: Estimate
    mean: Estimate
    missing: int


def levels(rows: Sequence[Row], measures: Sequence[Measure]) -> list[Level]:
    """By measure in the order given, then by name; contestants without a value are left out."""
    return [
        level
        for measure in measures
        for found in [observations(rows, measure)]
        for contestant in sorted({one.contestant for one in found})
        if (level := _level(found, measure, contestant))
    ]


def _level(found: Sequence[Observation], measure: Measure, contestant: str) -> Level | None:
    answers = [one for one in found if one.contestant == contestant]
    values: dict[str, list[float]] = {}
    for one in answers:
        if one.value is not None and measure.scaled(one.value) is not None:
            values.setdefault(one.product, []).append(one.value)
    if not values:
        return None
    median = cluster_median(list(values.values()))
    scaled = [[measure.scaled(value) or 0.0 for value in product] for product in values.values()]
    mean = cluster_mean(scaled).mapped(measure.unscaled)
    return Level(measure, contestant, median, mean, len(answers) - mean.n)
