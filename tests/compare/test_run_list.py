"""The list of runs: how far they are and what state they are in, told by answers, failures and processes."""

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from compare.judge import JudgementLog, Preference, Rating, case_key, cases
from compare.run.run_list import ListedRun, Pace, RunList, _pace
from compare.run.run_process import RunProcess, working_on
from compare.run.runner import Failure
from database import Database
from generator import AnswerLog
from tests.compare.logged import log_answer
from tests.compare.plans import make_contestant, make_plan, make_task

PLAN = make_plan(
    make_contestant("a"),
    make_contestant("b"),
    tasks=(make_task("B01", repeats=3), make_task("B02", repeats=1)),
)


@pytest.fixture
def log(database: Database) -> AnswerLog:
    return AnswerLog(database)


def begin(log: AnswerLog, run_id: str) -> None:
    log.begin_run(run_id, PLAN.to_row(), PLAN.task_rows())


def listed(database: Database, run_id: str) -> ListedRun:
    return next(run for run in RunList(database).latest(100) if run.run_id == run_id)


def test_how_far_a_run_is(database: Database, log: AnswerLog) -> None:
    begin(log, "night")
    run = listed(database, "night")
    assert (run.planned, run.answered, run.state) == (8, 0, "stopped")
    assert run.contestants == ("a", "b")
    for repeat in range(8):
        log_answer(database, run="night", contestant="a", repeat=repeat)
        assert listed(database, "night").answered == repeat + 1
    assert listed(database, "night").state == "finished"


def test_who_could_not_answer_is_not_waited_for(database: Database, log: AnswerLog) -> None:
    begin(log, "night")
    log_answer(database, run="night", contestant="a")
    log.note_failures("night", [asdict(Failure("b", "It is broken."))])
    run = listed(database, "night")
    assert run.state == "finished" and run.failures == (Failure("b", "It is broken."),)
    with working_on(database, "night"):
        assert listed(database, "night").state == "running"
    # It was taken up again, and interrupted: its failures were those of the attempt before.
    assert listed(database, "night").state == "stopped"


def test_stopped_while_its_judge_worked(database: Database, log: AnswerLog) -> None:
    plan = replace(PLAN, judge=make_contestant("j").spec, tasks=(make_task("B01", repeats=2),))
    log.begin_run("night", plan.to_row(), plan.task_rows())
    for contestant in ("a", "b"):
        for repeat in range(2):
            log_answer(database, run="night", contestant=contestant, repeat=repeat)
    all_cases = cases(log.answers("night"))
    run = listed(database, "night")
    # Four answers, and two pairs.
    assert (run.judged, run.judgements, run.state) == (0, len(all_cases), "unjudged")
    assert run.judgements == 6
    for number, (first, second) in enumerate(map(case_key, all_cases), start=1):
        said = Rating(first, None) if second is None else Preference(first, second, 1, 1, (1, 1))
        JudgementLog(database).record("j", None, said)
        assert listed(database, "night").judged == number
    assert listed(database, "night").state == "finished"
    # What another judge would say is still to come.
    log.change_plan("night", replace(plan, judge=make_contestant("k").spec).to_row())
    assert listed(database, "night").state == "unjudged"


def test_the_latest_come_first(database: Database, log: AnswerLog) -> None:
    for name in ("first", "second", "third"):
        begin(log, name)
    assert [run.run_id for run in RunList(database).latest(2)] == ["third", "second"]


def test_a_run_of_an_older_program(database: Database, log: AnswerLog) -> None:
    log.begin_run("old", {"models": ["a"], "k": 5})
    assert (listed(database, "old").planned, listed(database, "old").state) == (0, "finished")


def test_pace_is_that_of_the_answers_since_the_process_began(database: Database, log: AnswerLog) -> None:
    begin(log, "night")
    runs = RunList(database)
    log_answer(database, run="night", contestant="a")
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE answer SET answered_at = now() - interval '1 day'")
    assert runs.pace(listed(database, "night")) == Pace(None, None)
    with working_on(database, "night"):
        # This process is older than the answers that follow, and younger than yesterday's.
        assert psutil.Process().create_time() > (datetime.now(UTC) - timedelta(days=1)).timestamp()
        assert runs.pace(listed(database, "night")) == Pace(None, None)
        log_answer(database, run="night", contestant="b")
        assert runs.pace(listed(database, "night")) == Pace("b", None)
        log_answer(database, run="night", contestant="b", repeat=1)
        pace = runs.pace(listed(database, "night"))
        assert pace.contestant == "b" and pace.seconds_left is not None and 0 < pace.seconds_left < 60


def test_the_rest_takes_as_long_as_what_was_seen() -> None:
    start = datetime(2026, 1, 2, tzinfo=UTC)
    given = [("a", start + timedelta(seconds=seconds)) for seconds in (100, 104, 110)]
    assert _pace(given, 6) == Pace("a", 30.0)
    assert _pace(given, -1) == Pace("a", 0.0)


def test_a_process_is_read_as_it_was_noted(database: Database, log: AnswerLog) -> None:
    begin(log, "night")
    with working_on(database, "night"):
        assert listed(database, "night").process == RunProcess.of(psutil.Process())


@pytest.mark.parametrize("hours", [1, -1])
def test_a_clock_that_is_set_makes_no_run_take_hours(hours: int) -> None:
    start = datetime(2026, 1, 2, tzinfo=UTC)
    given = [("a", start + timedelta(seconds=seconds)) for seconds in (0, 10, 20, 30)]
    given += [("a", when + timedelta(hours=hours, seconds=40)) for _, when in given]
    assert _pace(given, 6) == Pace("a", 60.0)
