"""How much a contestant's answers to the same question differ, beside how much its questions do.

Knows no intervals: it describes what repeats can add.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from compare.statistics.estimate import Floats, is_constant
from compare.statistics.measure import Measure, Observation, observations
from generator.log.answer_log import Row


@dataclass(frozen=True, slots=True)
class Stability:
    """Standard deviations of one contestant's figure, on the measure's scale: of 0.05 a ratio is 5 %, about.

    `within`: among repeats of one question, pooled over questions. `between`: among the questions' true
    values, what repeats bring in taken off; 0 if that explains all. None where only one question was asked.
    `questions`: how many were answered at least twice, the others do not count; `answers` to these.
    """

    measure: Measure
    contestant: str
    questions: int
    answers: int
    within: float
    between: float | None


def stabilities(rows: Sequence[Row], measures: Sequence[Measure]) -> list[Stability]:
    """By measure in the order given, then by name; contestants that answered nothing twice are left out."""
    return [
        stability
        for measure in measures
        for found in [observations(rows, measure)]
        for contestant in sorted({one.contestant for one in found})
        if (stability := _stability(found, measure, contestant))
    ]


def _stability(found: Sequence[Observation], measure: Measure, contestant: str) -> Stability | None:
    groups: dict[tuple[str, str], list[float]] = {}
    for one in found:
        if one.contestant == contestant and (scaled := measure.scaled(one.value)) is not None:
            groups.setdefault((one.product, one.question), []).append(scaled)
    repeated = [np.array(group) for group in groups.values() if len(group) > 1]
    if not repeated:
        return None
    if is_constant(np.concatenate(repeated)):
        repeated = [np.zeros(len(group)) for group in repeated]
    within, between = _variances(repeated)
    deviation = None if between is None else between**0.5
    answers = sum(map(len, repeated))
    return Stability(measure, contestant, len(repeated), answers, within**0.5, deviation)


def _variances(groups: Sequence[Floats]) -> tuple[float, float | None]:
    """Within and between by the one-way analysis of variance with unequal groups (Searle 1971)."""
    sizes = np.array([len(group) for group in groups])
    n, k = int(sizes.sum()), len(groups)
    within = float(sum(((group - group.mean()) ** 2).sum() for group in groups)) / (n - k)
    if k == 1:
        return within, None
    means = np.array([group.mean() for group in groups])
    between = float((sizes * (means - (sizes * means).sum() / n) ** 2).sum()) / (k - 1)
    typical_size = (n - (sizes**2).sum() / n) / (k - 1)
    return within, max(0.0, (between - within) / typical_size)
