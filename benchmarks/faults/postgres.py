"""The embedded PostgreSQL, killed under whoever uses it: all of it, or one of its processes.

Knows its processes and who notices; knows nothing of how it is started again.
"""

import time
from collections.abc import Iterator
from random import Random
from typing import Any

import psutil

from benchmarks.faults.batch import COMMAND as RUN
from benchmarks.faults.batch import finish, finished, undisturbed_run
from benchmarks.faults.ingest import review_file
from benchmarks.faults.outcome import Outcome, count, total, worded
from benchmarks.faults.scene import Command, Scene, missing, running_server, scene, until
from benchmarks.faults.tab import answer_or_error, ask, open_tab
from tests.app.page_server import PageServer

FAULT = "embedded PostgreSQL"
UNDER_INGEST = "kill -9 of it or of one of its processes, under an ingest"
UNDER_RUN = "the same, under a batch run and its judge"
UNDER_PAGE = "the same, under the page while it answers"
ROWS = 600
# How long a process of it that was killed alone is not missed by it.
NOTICED_S = 0.3


def kill_under_ingest(times: int, chance: Random) -> Iterator[Outcome]:
    """Again and again while a file is read in, and read in anew."""
    with scene(review_file(ROWS)) as here:
        undisturbed = here.run("ingest", here.home / "reviews.csv")
        seconds = time.monotonic() - undisturbed.started
        assert undisturbed.code == 0, undisturbed.said
        with running_server(here):
            expected = here.reviews()
        moments: list[Outcome] = []
        while count(moments) < times:
            with running_server(here):
                here.execute("TRUNCATE product CASCADE")
            command = here.start("ingest", here.home / "reviews.csv")
            left = times - count(moments)
            moments += _disturbed(here, UNDER_INGEST, command, left, seconds, chance)
            with running_server(here):
                found = here.reviews()
            moments.append(
                _ended(UNDER_INGEST, command)
                + _outcome(UNDER_INGEST, lost=missing(expected, found), doubled=missing(found, expected))
            )
        yield total(moments)


def kill_under_run(times: int, chance: Random) -> Iterator[Outcome]:
    """Again and again while a run answers and judges, and another one of the same name."""
    with scene(review_file(20)) as here:
        with running_server(here):
            expected, seconds = undisturbed_run(here)
        moments: list[Outcome] = []
        while count(moments) < times:
            with running_server(here):
                here.execute("DELETE FROM run")
            command = here.start(*RUN)
            left = times - count(moments)
            moments += _disturbed(here, UNDER_RUN, command, left, seconds, chance)
            moments.append(_ended(UNDER_RUN, command))
            with running_server(here):
                last = finish(here) if command.code else command
                moments.append(finished(here, FAULT, UNDER_RUN, last, expected))
        yield total(moments)


def kill_under_page(times: int, chance: Random) -> Iterator[Outcome]:
    """While a question is answered, a new one each time, in a tab that stays open."""
    with scene(review_file(20)) as here, open_tab() as tab:
        ingested = here.run("ingest", here.home / "reviews.csv")
        assert ingested.code == 0, ingested.said
        moments = []
        with PageServer(here.environment, here.home / "page.log") as server:
            ask(tab, server, "How is the battery?", "praise", "llama")
            assert answer_or_error(tab) == ""
            for number in range(times):
                question = f"Does the battery last {number} days?"
                ask(tab, server, question, "praise", "llama")
                time.sleep(chance.uniform(0, 2))
                killed = _kill(here, chance)
                since = time.monotonic()
                said = answer_or_error(tab)
                ask(tab, server, f"{question} Really?", "praise", "llama")
                again = answer_or_error(tab)
                seconds = time.monotonic() - since if killed else 0
                moments.append(_looked_at(here, question, said, again, seconds))
            moments.append(_outcome(UNDER_PAGE, wordless=len(server.defects)))
        yield total(moments)


def _looked_at(here: Scene, question: str, said: str | None, again: str | None, seconds: float) -> Outcome:
    """What is shown without an error must be logged, once; and the next question is answered."""
    logged = here.execute("SELECT answer_id FROM answer WHERE question = %s AND model = 'praise'", question)
    return _outcome(
        UNDER_PAGE,
        times=int(seconds > 0),
        lost=int(said == "" and not logged),
        doubled=max(0, len(logged) - 1),
        wordless=int(said is None or bool(said and not worded(said))),
        unrecovered=int(again != ""),
        slowest_recovery_s=seconds,
        notes=tuple(filter(None, (said, again))),
    )


def _disturbed(
    here: Scene, done: str, command: Command, times: int, seconds: float, chance: Random
) -> list[Outcome]:
    """What came of so many kills at most, each within so many seconds after the last, while it ran."""
    moments: list[Outcome] = []
    while len(moments) < times and not command.wait(chance.uniform(0, seconds)):
        if not _kill(here, chance):
            continue  # it had not been started
        back = until(lambda: command.code is not None or here.reachable())
        moments.append(
            _outcome(
                done,
                times=1,
                unrecovered=int(back is None),
                slowest_recovery_s=NOTICED_S + (back or 0),
            )
        )
    command.wait()
    return moments


def _ended(done: str, command: Command) -> Outcome:
    """The command that was disturbed should have ended right by itself."""
    failed = command.code != 0
    command.kill()
    return _outcome(
        done,
        unrecovered=int(failed),
        wordless=int(failed and not worded(command.said)),
        notes=(command.said[-500:],) if failed else (),
    )


def _kill(here: Scene, chance: Random) -> bool:
    """Kill its first process or one that serves somebody, as chance will; False if it does not run."""
    try:
        postmaster = psutil.Process(int((here.home / "postgres" / "postmaster.pid").read_text().split()[0]))
        serving = [one for one in postmaster.children() if "[local]" in " ".join(one.cmdline())]
        victim = chance.choice(serving) if serving and chance.random() < 0.5 else postmaster
        victim.kill()
    except (OSError, IndexError, psutil.Error):
        return False
    time.sleep(NOTICED_S)
    return True


def _outcome(done: str, times: int = 0, **counts: Any) -> Outcome:
    return Outcome(FAULT, done, times=times, **counts)
