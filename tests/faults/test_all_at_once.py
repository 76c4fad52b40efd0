"""Two ingests, a batch run and the page on one database: everything ends, and is there once."""

from random import Random

import pytest

from benchmarks.faults.at_once import work_at_once


@pytest.mark.slow
@pytest.mark.own_thread
@pytest.mark.browser
def test_all_at_once_is_as_one_after_the_other() -> None:
    for outcome in work_at_once(1, Random(7)):
        assert outcome.holds, outcome
