"""What grows is told, what does not is not, and a process that stays behind is counted."""

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.growth import HOUR_S, Sample, growth, left_of, slope_per_h


def samples(warm_up: list[float], settled: list[float]) -> list[Sample]:
    """One a minute, with so much memory of the server."""
    return [Sample(60.0 * at, mib, 0, 0, 0, 0, 0) for at, mib in enumerate([*warm_up, *settled])]


@given(st.floats(0, 1e4), st.floats(-1e3, 1e3), st.integers(4, 30), st.floats(0, 1e5))
def test_a_line_has_its_slope_whatever_came_before(
    begin: float, per_h: float, minutes: int, before: float
) -> None:
    # A third of all is left out.
    line = [begin + per_h * 60 * at / HOUR_S for at in range(2 * minutes)]
    found = samples([before] * minutes, line)
    assert slope_per_h(found, lambda one: one.memory) == pytest.approx(per_h, rel=1e-6, abs=1e-4)
    assert growth(found, lambda one: one.server) == pytest.approx(line[-1] - line[0], abs=1e-6)


def test_too_few_looks_have_no_slope() -> None:
    assert slope_per_h(samples([], [1, 100]), lambda one: one.memory) == 0


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def test_a_process_that_runs_on_is_left_and_one_that_only_waits_for_its_parent_is_not(
    sleeper: "subprocess.Popen[bytes]",
) -> None:
    process = psutil.Process(sleeper.pid)
    assert left_of([process], within_s=0.1) == 1
    sleeper.kill()  # nobody asks how it ended
    assert left_of([process]) == 0
    sleeper.wait()
    assert left_of([process]) == 0
