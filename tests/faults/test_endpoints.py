"""Servers of models that are slow, stall, die or talk nonsense."""

from random import Random

import pytest

from benchmarks.faults.endpoints import break_endpoints


@pytest.mark.slow
@pytest.mark.own_thread
def test_who_is_slow_is_waited_for_and_half_an_answer_is_none() -> None:
    outcomes = list(break_endpoints(1, Random(7), pause_s=0.5, headers_s=2, stall_s=1))
    assert len(outcomes) == 4
    for outcome in outcomes:
        assert outcome.holds, outcome
