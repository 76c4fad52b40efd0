"""The database out of reach and back: what can wait waits, and goes on by itself."""

from random import Random

import pytest

from benchmarks.faults.away import lose_under_ingest, lose_under_page, lose_under_run

SECONDS = 4.0


@pytest.mark.slow
@pytest.mark.own_thread
def test_an_ingest_goes_on() -> None:
    for outcome in lose_under_ingest(1, Random(7), SECONDS):
        assert outcome.holds, outcome


@pytest.mark.slow
@pytest.mark.own_thread
def test_a_batch_run_goes_on() -> None:
    for outcome in lose_under_run(1, Random(7), SECONDS):
        assert outcome.holds, outcome


@pytest.mark.slow
@pytest.mark.own_thread
@pytest.mark.browser
def test_the_page_says_so_and_logs_what_was_answered() -> None:
    for outcome in lose_under_page(1, Random(7), SECONDS):
        assert outcome.holds, outcome
