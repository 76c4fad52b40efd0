"""An ingest that is killed at any moment, and started again, ends as if nothing had happened."""

from random import Random

import pytest

from benchmarks.faults.ingest import kill_ingest


@pytest.mark.slow
def test_killed_at_random_moments() -> None:
    (outcome,) = kill_ingest(20, Random(0))
    assert outcome.holds, outcome
