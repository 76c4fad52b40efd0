"""What counts as lost, and as told in words; and the command's own wrong use."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from benchmarks.faults.__main__ import app
from benchmarks.faults.outcome import Outcome, total, worded

FINE = Outcome("ingest", "killed", slowest_recovery_s=2.0, notes=("again",))


def test_moments_add_up() -> None:
    slow = replace(FINE, lost=1, slowest_recovery_s=3.0, notes=("again", "late"))
    summed = total([FINE, slow, FINE])
    assert summed == Outcome(
        "ingest", "killed", times=3, lost=1, slowest_recovery_s=3.0, notes=("again", "late")
    )
    with pytest.raises(ValueError, match="not the same fault"):
        FINE + replace(FINE, fault="page")


@pytest.mark.parametrize(
    "broken",
    [
        replace(FINE, lost=1),
        replace(FINE, doubled=1),
        replace(FINE, wordless=1),
        replace(FINE, unrecovered=1),
    ],
)
def test_each_count_breaks_what_must_hold(broken: Outcome) -> None:
    assert FINE.holds and (FINE + FINE).holds
    assert not broken.holds and not (FINE + broken).holds


def test_what_was_not_broken_shows_nothing() -> None:
    assert not replace(FINE, times=0).holds


def test_a_traceback_is_no_sentence() -> None:
    assert worded("error: The disk is full: make room there.")
    assert not worded("")
    assert not worded("error: 'id'")
    assert not worded("Traceback (most recent call last):\n  File ...\nKeyError: 'id' is not in the dict")


def test_a_fault_that_there_is_not() -> None:
    refused = CliRunner().invoke(app, ["--only", "worker,wrker"])
    assert refused.exit_code == 2
    assert "no fault wrker" in refused.stderr and "first-ingest" in refused.stderr
