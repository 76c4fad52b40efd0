"""A run has one process at most, which is told by more than its id, and is found by whoever looks."""

import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest
from psycopg2.extras import Json

from compare.run import run_process
from compare.run.run_list import RunList
from compare.run.run_process import RunProcess, output_of, require_idle, start_run, stop_run, working_on
from config.errors import RunError
from database import Database
from generator import AnswerLog

OWN = RunProcess.of(psutil.Process())


@pytest.fixture
def night(database: Database) -> Database:
    """A database with a run called night."""
    AnswerLog(database).begin_run("night", {})
    return database


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"], stdout=-1
    )
    assert process.stdout
    with process:
        process.stdout.read(1)
        yield process
        process.kill()


def noted(database: Database) -> RunProcess | None:
    return RunList(database).latest(1)[0].process


def note(database: Database, process: RunProcess) -> None:
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE run SET process = %s", (Json(asdict(process)),))


def test_who_works_on_a_run_is_noted_while_it_does(night: Database) -> None:
    with working_on(night, "night"):
        assert noted(night) == OWN
        assert RunList(night).latest(1)[0].state == "running"
    assert noted(night) is None


def test_it_is_no_longer_noted_after_an_error(night: Database) -> None:
    with pytest.raises(KeyboardInterrupt), working_on(night, "night"):
        raise KeyboardInterrupt
    assert noted(night) is None


def test_two_do_not_work_on_the_same_run(
    night: Database, sleeper: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    note(night, RunProcess.of(psutil.Process(sleeper.pid)))
    with pytest.raises(RunError, match=f"Process {sleeper.pid} works"), working_on(night, "night"):
        pass
    with pytest.raises(RunError, match="already"):
        start_run(night, "night", tmp_path)
    with pytest.raises(RunError, match="already"):
        require_idle(night, "night")
    require_idle(night, "another")
    assert noted(night) == RunProcess.of(psutil.Process(sleeper.pid))


def test_a_recycled_id_is_another_process(night: Database) -> None:
    assert OWN.uptime is not None
    recycled = replace(OWN, uptime=OWN.uptime - 3600)
    assert recycled.find() is None
    assert not stop_run(recycled)
    note(night, recycled)
    with working_on(night, "night"):
        assert noted(night) == OWN


def test_a_clock_that_is_set_makes_nobody_another() -> None:
    assert replace(OWN, started=OWN.started - 3600).find() == psutil.Process()
    assert replace(OWN, boot="another start of the machine").find() is None


def test_what_an_older_program_noted_is_told_by_the_clock() -> None:
    older = RunProcess(OWN.host, OWN.pid, OWN.started)
    assert older.find() == psutil.Process()
    assert replace(older, started=OWN.started - 3600).find() is None


def test_a_process_that_has_ended_is_none(sleeper: subprocess.Popen[bytes]) -> None:
    process = RunProcess.of(psutil.Process(sleeper.pid))
    assert process.find()
    sleeper.kill()
    wait_until(lambda: process.find() is None)  # while nobody has asked yet how it ended
    sleeper.wait()
    assert process.find() is None


def test_processes_of_other_machines_are_left_alone(night: Database) -> None:
    elsewhere = replace(OWN, host="not " + platform.node())
    assert elsewhere.find() is None and not stop_run(elsewhere)
    note(night, elsewhere)
    assert RunList(night).latest(1)[0].state == "elsewhere"
    with working_on(night, "night"):
        assert noted(night) == OWN


def test_a_run_that_is_not_there(database: Database, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run 'night'"):
        start_run(database, "night", tmp_path)


def test_a_started_process_has_a_session_of_its_own(
    night: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_process.command("-x")[-1] == "--resume=-x"
    code = "import os; print(os.getsid(0) == os.getpid())"
    monkeypatch.setattr(run_process, "command", lambda _: [sys.executable, "-c", code])
    start_run(night, "night", tmp_path / "runs" / "night")
    process = noted(night)
    assert process and process.pid != os.getpid()
    wait_until(lambda: process.find() is None)
    assert output_of(tmp_path / "runs" / "night") == ["True"]
    assert RunList(night).latest(1)[0].state != "running"


def test_stopping_interrupts_even_what_ignores_ctrl_c(
    tmp_path: Path, night: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As the command does: what is started in a shell's background inherits that SIGINT is ignored.
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.default_int_handler)\n"
        "print('ready', flush=True)\n"
        "try: time.sleep(60)\n"
        "except KeyboardInterrupt: print('interrupted')"
    )
    monkeypatch.setattr(run_process, "command", lambda _: [sys.executable, "-c", code])
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        start_run(night, "night", tmp_path)
    finally:
        signal.signal(signal.SIGINT, previous)
    process = noted(night)
    assert process
    wait_until(lambda: output_of(tmp_path) == ["ready"])
    assert stop_run(process)
    wait_until(lambda: process.find() is None)
    assert output_of(tmp_path) == ["ready", "interrupted"]
    assert not stop_run(process)


def test_the_last_lines_of_a_long_output(tmp_path: Path) -> None:
    assert output_of(tmp_path) == []
    lines = [f"line {number}" for number in range(10_000)]
    (tmp_path / run_process.OUTPUT).write_text("\n".join(lines))
    assert output_of(tmp_path, 3) == lines[-3:]


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")
