"""The intervals hold what they promise, where the truth is known. The long run: benchmarks/coverage.py."""

import numpy as np
import pytest

from benchmarks.coverage import PROCESSES, coverage, false_winners, gaussian, median_coverage

GAUSSIAN, UNEQUAL = PROCESSES[:2]


@pytest.mark.parametrize(("products", "runs"), [(10, 1200), (40, 500)])
def test_95_of_100_intervals_hold_the_true_difference(products: int, runs: int) -> None:
    held, width = coverage(GAUSSIAN, products, runs)
    assert 0.93 <= held["cluster t"] <= 0.97
    # Products are alike inside, which who takes questions for independent does not see.
    assert held["independent"] < 0.93
    assert width["independent"] < width["percentile"] < 1


def test_products_with_few_and_many_questions() -> None:
    held, _ = coverage(UNEQUAL, 10, 500)
    assert held["cluster t"] >= 0.93


def test_medians() -> None:
    assert 0.92 <= median_coverage(GAUSSIAN, 10, 1500) <= 0.98


def test_among_twelve_figures_noise_names_few_winners() -> None:
    by_holm, singly = false_winners(10, 100)
    assert by_holm <= 0.1
    assert singly >= 0.2


def test_the_process_is_what_it_says() -> None:
    values = gaussian(np.random.default_rng(1), 20_000, 2)
    assert values.shape == (2, 20_000, 2, 3)
    assert values[0].mean() - values[1].mean() == pytest.approx(0.3, abs=0.02)
    differences = (values[0] - values[1]).mean(axis=(1, 2))
    # Of a product's difference: its own, those of two questions, and of six repeats, of both contestants.
    assert differences.var() == pytest.approx(2 * 0.25 * (1 + 1 / 2 + 1 / 6), rel=0.05)
