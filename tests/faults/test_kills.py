"""Whatever is killed, nothing is lost or doubled, and nobody is needed (`benchmarks.faults`).

The ingest's is in tests/ingest, for it is killed more often.
"""

from random import Random

import pytest

from benchmarks.faults.batch import kill_batch
from benchmarks.faults.ingest import kill_first_ingest
from benchmarks.faults.outcome import Fault
from benchmarks.faults.page import kill_page
from benchmarks.faults.postgres import kill_under_ingest, kill_under_page, kill_under_run
from benchmarks.faults.worker import kill_worker

KILLS = [kill_first_ingest, kill_worker, kill_batch, kill_under_ingest, kill_under_run]
IN_A_BROWSER = [kill_under_page, kill_page]
TIMES = 3


@pytest.mark.slow
@pytest.mark.own_thread
@pytest.mark.parametrize("kill", KILLS)
def test_nothing_is_lost_and_nobody_is_needed(kill: Fault) -> None:
    for outcome in kill(TIMES, Random(7)):
        assert outcome.holds, outcome


@pytest.mark.slow
@pytest.mark.own_thread
@pytest.mark.browser
@pytest.mark.parametrize("kill", IN_A_BROWSER)
def test_nor_of_what_people_see(kill: Fault) -> None:
    for outcome in kill(TIMES, Random(7)):
        assert outcome.holds, outcome
