"""How many questions would do."""

import numpy as np
import pytest
from scipy import stats

from compare.statistics.power import Needed, needed
from compare.statistics.student import p_value, power, quantile


def test_a_textbooks_example() -> None:
    # Half a standard deviation, paired, 5 %, two-sided: 34 pairs have a power of 0.8, and 33 have not.
    assert power(0.5, 34, 0.05) == pytest.approx(0.808, abs=0.001)
    assert power(0.5, 33, 0.05) < 0.8
    assert needed(0.5, questions=10, products=10, alpha=0.05) == Needed(34, 34)


def test_power_is_how_often_it_is_found() -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(0.7, 1, (4000, 12))
    found = (stats.ttest_1samp(samples, 0, axis=1).pvalue <= 0.01).mean()
    assert power(0.7, 12, 0.01) == pytest.approx(found, abs=0.03)
    assert power(-0.7, 12, 0.01) == power(0.7, 12, 0.01)


def test_questions_per_product_stay_what_they_are() -> None:
    assert needed(0.5, questions=30, products=10, alpha=0.05) == Needed(102, 34)


def test_a_stricter_level_needs_more() -> None:
    usual, strict = (needed(0.5, 10, 10, alpha) for alpha in (0.05, 0.05 / 12))
    assert usual and strict and strict.questions > usual.questions


def test_no_difference_needs_more_than_anybody_asks() -> None:
    assert needed(0.0, 20, 10, 0.05) is None
    assert needed(0.001, 20, 10, 0.05) is None


@pytest.mark.parametrize("df", [1, 4, 39])
def test_students_t(df: int) -> None:
    assert quantile(df, 0.975) == pytest.approx(stats.t.ppf(0.975, df))
    assert p_value(-2.1, df) == pytest.approx(2 * stats.t.sf(2.1, df))
