"""Two contestants in one figure: paired differences on the same questions, with an interval by product.

Knows measures and observations; knows no sentences.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from compare.statistics import student
from compare.statistics.estimate import (
    ALPHA,
    ROUNDING,
    Estimate,
    cluster_mean,
    cluster_p,
    is_constant,
)
from compare.statistics.holm import holm
from compare.statistics.measure import Measure, Observation, observations, pairs_of
from compare.statistics.power import Needed, needed
from generator.log.answer_log import Row


@dataclass(frozen=True, slots=True)
class Comparison:
    """How `first` differs from `second` in one figure.

    `estimate`: the ratio first / second (of geometric means) or the difference first - second, as the
    measure's scale says; a mean over products of means over questions of means over repeats, of questions to
    which both have a value. Its `n` are questions; to `left_out` more somebody has a value, but not both.
    `effect`: the mean difference in standard deviations of the questions' differences (Cohen's d of pairs),
    on the measure's scale; None without spread. `share_better`: the share of questions where `first` is
    better, or higher where the measure knows no better; equal ones count half.
    `p`: two-sided; None where there is nothing to test: one product, or all equal. `p_holm`: adjusted for
    all that were tested together, of `looked_at` comparisons. `needed`: what would find this difference;
    None where it is found already, or nobody could ask so much.
    """

    measure: Measure
    first: str
    second: str
    estimate: Estimate
    left_out: int
    effect: float | None
    share_better: float
    p: float | None
    p_holm: float | None
    looked_at: int = 1
    needed: Needed | None = None

    @property
    def difference(self) -> float:
        """On the measure's scale, where 0 is equal and turning it round changes the sign."""
        return self.measure.scaled(self.estimate.value) or 0.0

    @property
    def found(self) -> bool:
        """Whether the two differ by more than chance would have it, of all that was looked at."""
        return self.p_holm is not None and self.p_holm <= ALPHA

    def turned(self) -> "Comparison":
        """The same with the other one first."""
        ratio = self.measure.scale == "ratio"
        return replace(
            self,
            first=self.second,
            second=self.first,
            estimate=self.estimate.mapped(lambda value: 1 / value if ratio else -value),
            effect=None if self.effect is None else -self.effect,
            share_better=1 - self.share_better,
        )


def compare_rows(rows: Sequence[Row], measures: Sequence[Measure]) -> list[Comparison]:
    """All pairs of contestants in all these measures, their p-values adjusted together.

    Measure by measure in the order given, contestants in alphabetical order. What cannot be compared at all
    is not among them: no question that both answered with a value, or unlike ways of answering where the
    measure says `same_form`.
    """
    made = []
    for measure in measures:
        found = observations(rows, measure)
        for first, second in pairs_of(rows, measure):
            differences, left_out = _paired(found, measure, first, second)
            if differences:
                made.append(_compared(differences, left_out, measure, first, second))
    return adjusted(made)


def compare(found: Sequence[Observation], measure: Measure, first: str, second: str) -> Comparison:
    """One comparison alone. Raises ValueError where there is no question that both answered with a value."""
    return adjusted([_compared(*_paired(found, measure, first, second), measure, first, second)])[0]


def adjusted(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The same, looked at together: `p_holm`, `looked_at` and `needed` are set."""
    count = len(comparisons)
    together = [
        replace(one, p_holm=p, looked_at=count)
        for one, p in zip(comparisons, holm([one.p for one in comparisons]), strict=True)
    ]
    still_open = sum(one.p is not None and not one.found for one in together)
    return [one if one.found else _with_needed(one, ALPHA / max(1, still_open)) for one in together]


def _with_needed(one: Comparison, alpha: float) -> Comparison:
    if one.p is None or one.estimate.low is None:
        return one
    n, products = one.estimate.n, one.estimate.n_clusters
    effect = student.quantile(products - 1, 1 - one.p / 2) / products**0.5
    return replace(one, needed=needed(effect, n, products, alpha))


def _paired(
    found: Sequence[Observation], measure: Measure, first: str, second: str
) -> tuple[list[list[float]], int]:
    """Differences on the measure's scale, a list for each product, and how many questions are no pair."""
    known = {(one.product, one.question) for one in found if measure.scaled(one.value) is not None}
    of_first, of_second = (_by_question(found, measure, name) for name in (first, second))
    products: dict[str, list[float]] = {}
    for key in sorted(of_first.keys() & of_second.keys()):
        difference = of_first[key] - of_second[key]
        rounding = ROUNDING * max(1.0, abs(of_first[key]))
        products.setdefault(key[0], []).append(difference if abs(difference) > rounding else 0.0)
    return list(products.values()), len(known) - sum(map(len, products.values()))


def _by_question(
    found: Sequence[Observation], measure: Measure, contestant: str
) -> dict[tuple[str, str], float]:
    """The mean over the repeats of each product and question, on the measure's scale."""
    values: dict[tuple[str, str], list[float]] = {}
    for one in found:
        if one.contestant == contestant and (scaled := measure.scaled(one.value)) is not None:
            values.setdefault((one.product, one.question), []).append(scaled)
    return {key: sum(repeats) / len(repeats) for key, repeats in values.items()}


def _compared(
    differences: list[list[float]], left_out: int, measure: Measure, first: str, second: str
) -> Comparison:
    mean, flat = cluster_mean(differences), np.concatenate(differences)
    better = flat < 0 if measure.better == "lower" else flat > 0
    return Comparison(
        measure,
        first,
        second,
        estimate=mean.mapped(measure.unscaled),
        left_out=left_out,
        effect=None if len(flat) < 2 or is_constant(flat) else mean.value / float(flat.std(ddof=1)),
        share_better=float(np.mean(better) + 0.5 * np.mean(flat == 0)),
        p=cluster_p(differences, discrete=measure.scale == "difference"),
        p_holm=None,
    )
