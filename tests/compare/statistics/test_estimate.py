"""Means and medians with intervals by product."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from compare.statistics import cluster_mean, cluster_median
from compare.statistics.estimate import NO_SPREAD, ONE_PRODUCT, TOO_FEW, cluster_p

values = st.floats(-100, 100).map(lambda value: round(value, 3))
clusterings = st.lists(st.lists(values, min_size=1, max_size=4), min_size=2, max_size=12)


@settings(max_examples=40)
@given(clusterings)
def test_the_mean_is_a_t_test_of_the_clusters_means(clusters: list[list[float]]) -> None:
    estimate = cluster_mean(clusters)
    means = [np.mean(cluster) for cluster in clusters]
    assert estimate.value == pytest.approx(np.mean(means))
    assert (estimate.n, estimate.n_clusters) == (sum(map(len, clusters)), len(clusters))
    if estimate.low is None:
        assert np.ptp(means) < 1e-9
    else:
        test = stats.ttest_1samp(means, 0)
        assert (estimate.low, estimate.high) == pytest.approx(tuple(test.confidence_interval(0.95)), abs=1e-9)
        assert cluster_p(clusters, discrete=True) == pytest.approx(test.pvalue)


def test_by_hand() -> None:
    # Means 1, 2 and 3: a standard error of 1 / sqrt(3), and t of two degrees of freedom is 4.303.
    estimate = cluster_mean([[0.0, 2.0], [2.0], [3.0, 3.0, 3.0]])
    assert estimate.value == 2
    assert estimate.high == pytest.approx(2 + 4.302653 / 3**0.5)


def test_twenty_questions_of_one_product_are_no_twenty_products() -> None:
    estimate = cluster_mean([[float(number) for number in range(20)]])
    assert (estimate.value, estimate.low, estimate.note) == (9.5, None, ONE_PRODUCT)
    assert cluster_p([[1.0, 2.0]], discrete=True) is None


def test_without_spread_there_is_a_sign_and_no_interval() -> None:
    estimate = cluster_mean([[0.1 + 0.2], [0.3], [0.3]])
    assert (estimate.low, estimate.high, estimate.note) == (None, None, NO_SPREAD)
    assert cluster_p([[0.1 + 0.2], [0.3], [0.3]], discrete=True) == 0.25
    assert cluster_p([[0.1 + 0.2], [0.3], [0.3]], discrete=False) == 0
    assert cluster_p([[1.0, -1.0], [-1.0, 1.0]], discrete=True) == 1
    assert cluster_p([[0.0], [0.0], [0.0]], discrete=True) is None


@pytest.mark.parametrize("clusters", [[], [[]], [[1.0], []]])
def test_nothing_has_no_mean(clusters: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="must hold a value"):
        cluster_mean(clusters)
    with pytest.raises(ValueError, match="must hold a value"):
        cluster_median(clusters)


@settings(max_examples=40)
@given(st.lists(st.lists(values, min_size=1, max_size=4), min_size=6, max_size=12))
def test_the_medians_interval_holds_it_and_moves_with_the_scale(clusters: list[list[float]]) -> None:
    estimate = cluster_median(clusters)
    flat = [value for cluster in clusters for value in cluster]
    assert estimate.value == pytest.approx(np.median(flat))
    assert estimate.n == len(flat)
    if estimate.low is not None and estimate.high is not None:
        assert min(flat) <= estimate.low <= estimate.value <= estimate.high <= max(flat)
        shifted = cluster_median([[10 + 2 * value for value in cluster] for cluster in clusters])
        assert shifted.low == pytest.approx(10 + 2 * estimate.low)


def test_the_medians_interval_of_independent_values_is_that_of_their_ranks() -> None:
    # Exact by the binomial distribution: the 40th and the 61st of 100 values hold the median with 95 %.
    estimate = cluster_median([[float(rank)] for rank in range(1, 101)])
    assert (estimate.low, estimate.high) == pytest.approx((40, 61), abs=1)


def test_values_that_are_alike_in_a_product_tell_less_about_the_median() -> None:
    apart = cluster_median([[float(value)] for value in range(60)])
    alike = cluster_median([[float(value), value + 0.1, value + 0.2] for value in range(0, 60, 3)])
    assert apart.low is not None and alike.low is not None
    assert alike.low < apart.low


def test_products_that_happen_to_be_alike_make_no_certainty() -> None:
    # Each has as many values below the median as above it.
    estimate = cluster_median([[float(n), 20.0 - n] for n in range(10)])
    assert estimate.low is not None and estimate.high is not None
    assert estimate.low < 6 and estimate.high > 14


def test_five_products_cannot_bound_a_median() -> None:
    assert cluster_median([[float(value)] for value in range(5)]).note == TOO_FEW
    assert cluster_median([[float(value)] for value in range(10)]).low is not None
    assert cluster_median([[1.0, 2.0]]).note == ONE_PRODUCT
    assert cluster_median([[1.0], [1.0]]).note == NO_SPREAD
