"""How often the 95 % intervals hold the true value, and how often noise is called a winner.

    python -m benchmarks.coverage [--runs 10000]

Simulated runs of two contestants whose true difference is known go through `compare.statistics`, as answers
of a real run do. Beside our cluster t stands what else could be done with the same answers: the studentised
and the percentile bootstrap over products, and a t interval that takes all questions for independent.

The last line is JSON: `coverage` by process and number of products, each method's share of intervals that
hold the truth; `width`, likewise, the median width in widths of ours; `median`, the coverage of one
contestant's median; `false_winners`, the share of runs without any difference where somebody is called better
in one of 12 figures, with Holm's adjustment and without.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.progress import track
from rich.table import Table

from compare.statistics import Measure, Observation, adjusted, cluster_median, compare
from compare.statistics.student import quantile
from config.command import console, error_console

app = typer.Typer(add_completion=False)

Floats = NDArray[np.float64]
Random = np.random.Generator
Interval = tuple[float, float]

PRODUCTS = (10, 40)
REPEATS = 3
RESAMPLES = 999
FIGURES = 12
# Standard deviations. What a product and a question are for all contestants alike, ...
COMMON = 0.7
# ... what they are for each of them besides, and what a repeat adds.
OWN = 0.5
ADVANTAGE = 0.3
# Of one value: product and question, common and own, and the repeat.
TOTAL = (2 * COMMON**2 + 3 * OWN**2) ** 0.5

SCORE = Measure("score", "score", "difference", "higher")
SPEED = Measure("speed", "speed", "ratio", "higher")


def gaussian(rng: Random, products: int, questions: int, advantage: float = ADVANTAGE) -> Floats:
    """Shape (contestants, products, questions, repeats); the first of the two is better by `advantage`.

    A sum of independent normal deviates: product, question, and both anew for each contestant; repeat.
    """
    values: Floats = rng.normal(0, OWN, (2, products, questions, REPEATS))
    for contestants, deviation in ((1, COMMON), (2, OWN)):
        values += rng.normal(0, deviation, (contestants, products, 1, 1))
        values += rng.normal(0, deviation, (contestants, products, questions, 1))
    values[0] += advantage
    return values


def binary(rng: Random, products: int, questions: int) -> Floats:
    """0 or 1, as of an abstention that is right or wrong: whether the Gaussian process is above 0."""
    return (gaussian(rng, products, questions) > 0).astype(np.float64)


def skewed(rng: Random, products: int, questions: int) -> Floats:
    """Log-normal: a few values are many times the others."""
    return np.exp(gaussian(rng, products, questions))


@dataclass(frozen=True, slots=True)
class Process:
    """How values come about, and what is true of them: the difference or ratio, and the first one's median.

    `questions`: a product has at least and at most so many.
    """

    name: str
    draw: Callable[[Random, int, int], Floats]
    measure: Measure
    truth: float
    median: float | None = None
    questions: tuple[int, int] = (2, 2)

    def clusters(self, rng: Random, products: int) -> list[Floats]:
        """One run: for each product an array of shape (contestants, its questions, repeats)."""
        low, high = self.questions
        values = self.draw(rng, products, high)
        counts = rng.integers(low, high, products, endpoint=True)
        return [values[:, product, :count] for product, count in enumerate(counts)]


PROCESSES = (
    Process("Gaussian", gaussian, SCORE, ADVANTAGE, ADVANTAGE),
    Process("Gaussian, 1 to 8 questions each", gaussian, SCORE, ADVANTAGE, questions=(1, 8)),
    Process("0 or 1", binary, SCORE, NormalDist().cdf(ADVANTAGE / TOTAL) - 0.5),
    Process("log-normal, ratio", skewed, SPEED, float(np.exp(ADVANTAGE)), float(np.exp(ADVANTAGE))),
    Process("log-normal, difference", skewed, SCORE, float(np.exp(TOTAL**2 / 2) * np.expm1(ADVANTAGE))),
)


def observed(clusters: list[Floats]) -> Iterator[Observation]:
    """The values as observations of the contestants "a" and "b"."""
    for product, values in enumerate(clusters):
        for (contestant, question, repeat), value in np.ndenumerate(values):
            yield Observation("ab"[contestant], f"p{product}", f"q{question}", repeat, float(value))


def cluster_t(clusters: list[Floats], measure: Measure) -> Interval:
    """Ours; without an interval, as where nothing varies, what was seen and nothing around it."""
    estimate = compare(list(observed(clusters)), measure, "a", "b").estimate
    if estimate.low is None or estimate.high is None:
        return estimate.value, estimate.value
    return estimate.low, estimate.high


def rivals(rng: Random, clusters: list[Floats], measure: Measure) -> dict[str, Interval]:
    """The others, by name, in the measure's unit."""
    scaled = [np.log(values) if measure.scale == "ratio" else values for values in clusters]
    differences = [(values[0] - values[1]).mean(axis=-1) for values in scaled]
    means = np.array([of_product.mean() for of_product in differences])
    intervals = {
        "studentised": _studentised(rng, means),
        "percentile": _percentile(rng, means),
        "independent": _student(np.concatenate(differences)),
    }
    return {name: (measure.unscaled(low), measure.unscaled(high)) for name, (low, high) in intervals.items()}


def _student(values: Floats) -> Interval:
    margin = quantile(len(values) - 1, 0.975) * _error(values)
    return float(values.mean() - margin), float(values.mean() + margin)


def _error(values: Floats) -> float:
    return float(values.std(ddof=1) / len(values) ** 0.5)


def _percentile(rng: Random, means: Floats) -> Interval:
    resampled = rng.choice(means, (RESAMPLES, len(means))).mean(axis=1)
    low, high = np.quantile(resampled, [0.025, 0.975])
    return float(low), float(high)


def _studentised(rng: Random, means: Floats) -> Interval:
    """The bootstrap's quantiles of t in place of Student's (Efron 1981)."""
    resampled = rng.choice(means, (RESAMPLES, len(means)))
    errors = resampled.std(axis=1, ddof=1) / len(means) ** 0.5
    varied = errors > 1e-12
    if not varied.any():
        return float(means.mean()), float(means.mean())
    t = (resampled.mean(axis=1)[varied] - means.mean()) / errors[varied]
    low, high = np.quantile(t, [0.025, 0.975])
    return float(means.mean() - high * _error(means)), float(means.mean() - low * _error(means))


def coverage(
    process: Process, products: int, runs: int, seed: int = 0
) -> tuple[dict[str, float], dict[str, float]]:
    """By method: the share of the intervals that hold the truth, and their median width in widths of ours."""
    rng = np.random.default_rng(seed)
    held: dict[str, list[bool]] = {}
    widths: dict[str, list[float]] = {}
    for _ in range(runs):
        clusters = process.clusters(rng, products)
        ours = cluster_t(clusters, process.measure)
        for name, (low, high) in {"cluster t": ours, **rivals(rng, clusters, process.measure)}.items():
            held.setdefault(name, []).append(low <= process.truth <= high)
            widths.setdefault(name, []).append(high - low)
    unit = float(np.median(widths["cluster t"]))
    return (
        {name: float(np.mean(of)) for name, of in held.items()},
        {name: float(np.median(of)) / unit for name, of in widths.items()},
    )


def median_coverage(process: Process, products: int, runs: int, seed: int = 0) -> float:
    """The share of intervals of the first contestant's median that hold it."""
    assert process.median is not None, f"the median of {process.name} is not known"
    rng = np.random.default_rng(seed)
    held = 0
    for _ in range(runs):
        estimate = cluster_median([values[0].ravel().tolist() for values in process.clusters(rng, products)])
        assert estimate.low is not None and estimate.high is not None
        held += estimate.low <= process.median <= estimate.high
    return held / runs


def false_winners(products: int, runs: int, seed: int = 0) -> tuple[float, float]:
    """The share of runs with a winner where there is none: by Holm's p-values, and by the single ones.

    Of the 12 figures each shares half of its variance with the others, as tokens/s and latency do.
    """
    rng = np.random.default_rng(seed)
    wrong = wrong_singly = 0
    for _ in range(runs):
        alike = gaussian(rng, products, 2, advantage=0)
        figures = [(alike + gaussian(rng, products, 2, advantage=0)) / 2**0.5 for _ in range(FIGURES)]
        made = [
            compare(list(observed(list(np.moveaxis(figure, 1, 0)))), SCORE, "a", "b") for figure in figures
        ]
        wrong += any(one.found for one in adjusted(made))
        wrong_singly += any(one.found for one in made)
    return wrong / runs, wrong_singly / runs


@app.command(help=__doc__)
def main(
    runs: Annotated[int, typer.Option(help="Simulated runs of each kind.", min=10)] = 10_000,
    seed: Annotated[int, typer.Option(help="The same gives the same runs.")] = 0,
) -> None:
    """Simulate and print."""
    results: dict[str, dict[str, dict[str, dict[str, float]]]] = {"coverage": {}, "width": {}}
    medians: dict[str, dict[str, float]] = {}
    for process in track(PROCESSES, console=error_console):
        for products in PRODUCTS:
            held, width = coverage(process, products, runs, seed)
            results["coverage"].setdefault(process.name, {})[str(products)] = _rounded(held)
            results["width"].setdefault(process.name, {})[str(products)] = _rounded(width)
            if process.median is not None:
                share = round(median_coverage(process, products, runs, seed), 4)
                medians.setdefault(process.name, {})[str(products)] = share
    winners = {
        str(products): dict(zip(("holm", "singly"), false_winners(products, runs // 10, seed), strict=True))
        for products in PRODUCTS
    }
    console.print(_table(results["coverage"]))
    print(json.dumps({"runs": runs, **results, "median": medians, "false_winners": winners}))


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


def _table(shares: dict[str, dict[str, dict[str, float]]]) -> Table:
    methods = next(iter(next(iter(shares.values())).values()))
    table = Table("values", "products", *methods, title="95 % intervals that hold the true value")
    for process, by_products in shares.items():
        for products, by_method in by_products.items():
            table.add_row(process, products, *(f"{share:.1%}" for share in by_method.values()))
    return table


if __name__ == "__main__":
    app()
