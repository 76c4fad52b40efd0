"""P-values looked at together."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compare.statistics.holm import holm


def test_by_hand() -> None:
    # 0.005 x 4, 0.01 x 3, 0.03 x 2; 0.04 x 1 is raised to the one before it.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_what_was_not_tested_does_not_count() -> None:
    assert holm([0.02, None]) == [0.02, None]
    assert holm([]) == []


@settings(max_examples=40)
@given(st.lists(st.floats(0, 1), min_size=1))
def test_between_itself_and_bonferroni(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    for p, q in zip(p_values, adjusted, strict=True):
        assert q is not None
        assert p <= q <= min(1, p * len(p_values)) + 1e-12
    assert min(q for q in adjusted if q is not None) == min(1, min(p_values) * len(p_values))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[i] for i in order] == sorted(q for q in adjusted if q is not None)
