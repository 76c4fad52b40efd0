"""A batch run that is killed at any moment, its judge included, and resumed.

Knows the run's command; knows nothing of how answers are made.
"""

import time
from collections.abc import Iterator
from random import Random

from benchmarks.faults.ingest import review_file
from benchmarks.faults.outcome import Outcome, count, total, worded
from benchmarks.faults.scene import MODELS, Command, Rows, Scene, missing, running_server, scene

NAME = "night"
DONE = "kill -9 while it answers and judges, then --resume"
COMMAND = (
    "compare", "--models", ",".join(MODELS), "--products", "2", "--question", "What do people like?",
    "--question", "How long does the battery last?", "--repeats", "2", "--judge", MODELS[0], "--name", NAME,
)  # fmt: skip


def kill_batch(times: int, chance: Random) -> Iterator[Outcome]:
    """At any moment of a whole run of two models, eight answers each, and of their judge."""
    with scene(review_file(20)) as here, running_server(here):
        expected, seconds = undisturbed_run(here)
        moments: list[Outcome] = []
        while count(moments) < times:
            here.execute("DELETE FROM run")
            command, moment = here.start(*COMMAND), chance.uniform(0, seconds)
            time.sleep(moment)
            if not command.kill():
                seconds = moment
                continue
            workers = len(here.orphans())
            early = here.answers(NAME)
            resumed = finish(here)
            moments.append(
                Outcome(
                    "batch run",
                    DONE,
                    lost=missing(early, here.answers(NAME)),
                    unrecovered=workers,
                    slowest_recovery_s=time.monotonic() - resumed.started,
                )
                + finished(here, "batch run", DONE, resumed, expected)
            )
        yield total(moments)


def undisturbed_run(here: Scene) -> tuple[Rows, float]:
    """What an undisturbed run stores, and the seconds that it takes; reviews are brought in before."""
    ingested = here.run("ingest", here.home / "reviews.csv")
    assert ingested.code == 0, ingested.said
    run = here.run(*COMMAND)
    seconds = time.monotonic() - run.started
    assert run.code == 0, run.said
    return here.answers(NAME), seconds


def finish(here: Scene) -> Command:
    """What a person does next: goes on or, where nothing was stored yet, begins anew."""
    begun = here.execute("SELECT FROM run WHERE run_id = %s", NAME)
    return here.run("compare", "--resume", NAME) if begun else here.run(*COMMAND)


def finished(here: Scene, fault: str, done: str, command: Command, expected: Rows) -> Outcome:
    """What a run that should be complete lacks, or has twice; no moment of its own."""
    found, failed = here.answers(NAME), command.code != 0
    return Outcome(
        fault,
        done,
        times=0,
        lost=missing(expected, found),
        doubled=missing(found, expected),
        wordless=int(failed and not worded(command.said)),
        unrecovered=int(failed) + len(here.orphans()),
        notes=(command.said[-500:],) if failed else (),
    )
