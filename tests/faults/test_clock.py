"""A clock that is set by an hour changes no duration, and loses nothing."""

from random import Random

import pytest

from benchmarks.faults.clock import set_clock


@pytest.mark.slow
@pytest.mark.own_thread
def test_nothing_depends_on_the_time_of_day() -> None:
    for outcome in set_clock(3, Random(7)):
        if not outcome.times:
            pytest.skip(f"NO CLOCK WAS SET: {outcome.done}")
        assert outcome.holds, outcome
