"""One round on the real page, and both ends: nothing fails, nothing is left behind."""

import pytest

from benchmarks.installation import SAMPLE, installation
from benchmarks.soak import soak


@pytest.mark.slow
@pytest.mark.own_thread
def test_a_round_and_its_ends() -> None:
    with installation(SAMPLE) as own:
        found = soak(own, SAMPLE, minutes=0.1)
    assert found["errors"] == 0
    assert found["left_after_exit"] == found["left_after_crash"] == 0
    assert found["rounds"] == 1
