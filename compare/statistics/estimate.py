"""A number and how far it can be trusted, from values that come in clusters. Knows no contestants.

Clusters are products: questions about one product are answered from the same reviews and are therefore alike,
so that twenty of them tell less than twenty independent ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from compare.statistics import student

ALPHA = 0.05
ONE_PRODUCT = "one product: no interval"
# 2 in 2 ** 5 times five values all lie on one side of their median.
FEWEST = 6
TOO_FEW = "too few products for an interval"
NO_SPREAD = "the same for every product"

# What rounding leaves of a difference between equal numbers, in parts of the numbers (at least of 1).
ROUNDING = 1e-12

Floats = NDArray[np.float64]
Clusters = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Estimate:
    """`low` to `high` holds the true value in 95 of 100 such experiments; both None: `note` says why.

    `n` values of `n_clusters` products went in.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    n_clusters: int
    note: str = ""

    def mapped(self, function: Callable[[float], float]) -> "Estimate":
        """The same on another scale; `function` must rise, or fall."""
        if self.low is None or self.high is None:
            return replace(self, value=function(self.value))
        low, high = sorted((function(self.low), function(self.high)))
        return replace(self, value=function(self.value), low=low, high=high)


def cluster_mean(clusters: Clusters) -> Estimate:
    """The mean of the clusters' means, with the cluster t interval: G - 1 degrees of freedom.

    Each cluster counts alike, however many values it has. The interval is exact for Gaussian clusters of the
    same variance; of unlike variances, which unequal sizes bring, it holds the true value at least as often
    (Bakirov and Szekely 2005; Ibragimov and Mueller 2010). Raises ValueError without clusters, or with an
    empty one.
    """
    means = _cluster_means(clusters)
    value, n, count = float(means.mean()), sum(map(len, clusters)), len(clusters)
    if count == 1:
        return Estimate(value, None, None, n, count, ONE_PRODUCT)
    if is_constant(means):
        return Estimate(value, None, None, n, count, NO_SPREAD)
    margin = student.quantile(count - 1, 1 - ALPHA / 2) * _standard_error(means)
    return Estimate(value, value - margin, value + margin, n, count)


def cluster_p(clusters: Clusters, discrete: bool) -> float | None:
    """How often the clusters' mean would be at least so far from 0 by chance.

    None where there is nothing to test: one cluster, or all values 0.

    Two-sided, by the t test that belongs to `cluster_mean`. Without spread there is no t. Discrete values may
    be the same by chance; then by the sign test: that G clusters lie on one side happens 2 in 2 ** G times.
    Others, as memory, never are, so that there is no chance in them: 0.
    """
    means = _cluster_means(clusters)
    if len(means) == 1:
        return None
    if is_constant(means):
        if all(abs(value) <= ROUNDING for cluster in clusters for value in cluster):
            return None
        return 1.0 if abs(means[0]) <= ROUNDING else 0.5 ** (len(means) - 1) if discrete else 0.0
    return student.p_value(float(means.mean()) / _standard_error(means), len(means) - 1)


def cluster_median(clusters: Clusters) -> Estimate:
    """The median of all values, with Woodruff's interval (1952).

    The share of values below the median gets a cluster t interval around one half, not narrower than that of
    independent values; the quantiles at both its ends are the median's. Below six clusters not even the
    smallest and the largest of them would hold it with 95 %. Raises ValueError as `cluster_mean` does.
    """
    _cluster_means(clusters)
    values = np.concatenate([np.asarray(cluster, np.float64) for cluster in clusters])
    median, n, count = float(np.median(values)), len(values), len(clusters)
    if count == 1:
        return Estimate(median, None, None, n, count, ONE_PRODUCT)
    if is_constant(values):
        return Estimate(median, None, None, n, count, NO_SPREAD)
    below = [np.sum(np.less(c, median) + 0.5 * np.equal(c, median) - 0.5) / n for c in clusters]
    # Few clusters may by chance all have as many below as above.
    error = max(0.5 / n**0.5, float(np.sqrt(count / (count - 1) * np.sum(np.square(below)))))
    margin = student.quantile(count - 1, 1 - ALPHA / 2) * error
    if count < FEWEST or margin >= 0.5:
        return Estimate(median, None, None, n, count, TOO_FEW)
    low, high = np.quantile(values, [0.5 - margin, 0.5 + margin])
    return Estimate(median, float(low), float(high), n, count)


def _cluster_means(clusters: Clusters) -> Floats:
    """One mean per cluster."""
    if not clusters or not all(map(len, clusters)):
        raise ValueError("every cluster must hold a value, and there must be one")
    return np.array([np.mean(cluster) for cluster in clusters])


def _standard_error(means: Floats) -> float:
    """Of the mean of independent numbers."""
    return float(means.std(ddof=1) / np.sqrt(len(means)))


def is_constant(values: Floats) -> bool:
    """Whether these differ by no more than rounding."""
    return float(np.ptp(values)) <= ROUNDING * max(1.0, float(np.abs(values).max()))
