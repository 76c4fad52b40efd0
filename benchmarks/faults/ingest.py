"""An ingest that is killed at any moment and started again; also the very first, which makes the database.

Knows what must be stored of a file; knows nothing of how it is stored.
"""

import time
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from benchmarks.faults.outcome import Outcome, count, total, worded
from benchmarks.faults.scene import Rows, Scene, missing, running_server, scene

ROWS = 600
FEW_ROWS = 20
HEADER = "asins,name,reviews.id,reviews.title,reviews.text,reviews.rating\n"
KILLED = "kill -9, then the same command again"
FIRST = "the first in a home, which makes the database: kill -9, then again"


def review_file(rows: int) -> list[str]:
    """Its lines: seven products of two ids each; a third of the rows has no id, and texts come twice."""
    return [HEADER] + [
        f'"B0KILL{number % 7:04},B0ALSO{number % 7:04}",Thing {number % 7},'
        f"{number if number % 3 else ''},Title {text},"
        f"The battery of sample {text} lasted {text} hours. Its screen did not.,{number % 5 + 1}\n"
        for number, text in ((number, number % (rows * 3 // 4)) for number in range(rows))
    ]


def kill_ingest(times: int, chance: Random, rows: int = ROWS) -> Iterator[Outcome]:
    """At any moment of a whole ingest."""
    with scene(review_file(rows)) as here, running_server(here):
        expected, seconds = _undisturbed(here)
        moments: list[Outcome] = []
        while count(moments) < times:
            here.execute("TRUNCATE product CASCADE")
            moment = chance.uniform(0, seconds)
            if not _kill_after(here, moment):
                seconds = moment  # the first took longer, for it had libraries to load
                continue
            # What another sees meanwhile is whole, and stays.
            early = here.reviews()
            moments.append(_again(here, KILLED) + _compared(here, KILLED, expected, early))
        yield total(moments)


def kill_first_ingest(times: int, chance: Random) -> Iterator[Outcome]:
    """At any moment of an ingest of few rows into a home where nothing is yet."""
    with scene(review_file(FEW_ROWS)) as here:
        expected, seconds = _undisturbed(here)
    moments: list[Outcome] = []
    while count(moments) < times:
        with scene(review_file(FEW_ROWS)) as here:
            moment = chance.uniform(0, seconds)
            if not _kill_after(here, moment):
                seconds = moment
                continue
            moments.append(_again(here, FIRST))
            # PostgreSQL outlives a user that is killed, but not its next one.
            moments.append(_outcome(FIRST, unrecovered=len(here.processes(but_postgres=False))))
            with running_server(here):
                moments.append(_compared(here, FIRST, expected))
    yield total(moments)


def _undisturbed(here: Scene) -> tuple[Rows, float]:
    """What an ingest stores in this empty home, and the seconds that it takes."""
    command = here.run("ingest", here.home / "reviews.csv")
    seconds = time.monotonic() - command.started
    assert command.code == 0, command.said
    with running_server(here):
        return here.reviews(), seconds


def _kill_after(here: Scene, seconds: float) -> bool:
    """Whether the ingest was killed, and had not ended by then."""
    command = here.start("ingest", here.home / "reviews.csv")
    time.sleep(seconds)
    return command.kill()


def _again(here: Scene, done: str) -> Outcome:
    again = here.run("ingest", here.home / "reviews.csv")
    failed = again.code != 0
    return _outcome(
        done,
        times=1,
        wordless=failed and not worded(again.said),
        unrecovered=failed + len(here.orphans()),
        slowest_recovery_s=time.monotonic() - again.started,
        notes=(again.said[-500:],) if failed else (),
    )


def _compared(here: Scene, done: str, expected: Rows, early: Rows | None = None) -> Outcome:
    found = here.reviews()
    # Its product may get more reviews, but what a review says stays.
    gone = missing(_said(early), _said(found)) if early else 0
    return _outcome(done, lost=missing(expected, found) + gone, doubled=missing(found, expected))


def _said(rows: Rows) -> Rows:
    return Counter(row[:4] for row in rows)


def _outcome(done: str, times: int = 0, **counts: Any) -> Outcome:
    return Outcome("ingest", done, times=times, **counts)
