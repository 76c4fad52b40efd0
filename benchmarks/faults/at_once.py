"""All at once on one database: two ingests of overlapping files, a batch run with its judge, and the page.

Knows what each stores alone; knows nothing of locks.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from benchmarks.faults.batch import COMMAND, NAME
from benchmarks.faults.ingest import HEADER
from benchmarks.faults.outcome import Outcome, total, worded
from benchmarks.faults.scene import LONGEST_S, Command, Rows, Scene, missing, running_server, scene, until
from benchmarks.faults.tab import answer_or_error, ask, open_tab
from tests.app.page_server import PageServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

FAULT = "all at once"
DONE = "two ingests of overlapping files, a batch run and its judge, and questions on the page"
ROWS, FIRST_ROWS, QUESTIONS = 900, 40, 3
MODELS = ("praise", "llama")
# How many moments of each so many that are wanted: each takes half a minute.
RARELY = 10
_CELLS = "SELECT contestant, product_id, question, repeat FROM answer WHERE run_id = %s"


def work_at_once(times: int, chance: Random) -> Iterator[Outcome]:
    """What is stored is as if one had come after the other."""
    lines = _lines()
    third = ROWS // 3
    with scene([HEADER, *lines[:FIRST_ROWS]]) as here, running_server(here), open_tab() as tab:
        files = (
            _file(here.home / "first.csv", lines[: 2 * third]),
            _file(here.home / "second.csv", lines[third:]),
        )
        expected, cells = _one_after_the_other(here, files)
        moments = []
        with PageServer(here.environment, here.home / "page.log") as server:
            for number in range(-(-times // RARELY)):
                _forget(here)
                moments.append(_at_once(here, server, tab, files, number, chance))
                moments.append(_compared(here, expected, cells))
            moments.append(_outcome(wordless=len(server.defects)))
        yield total(moments)


def _lines() -> list[str]:
    """Rows of seven products; a third of them has no id. No text comes twice, or order would matter."""
    return [
        f'"B0KILL{number % 7:04},B0ALSO{number % 7:04}",Thing {number % 7},'
        f"{number if number % 3 else ''},Title {number},"
        f"The battery of sample {number} lasted {number} hours. Its screen did not.,{number % 5 + 1}\n"
        for number in range(ROWS)
    ]


def _file(path: Path, lines: list[str]) -> Path:
    path.write_text("".join([HEADER, *lines]))
    return path


def _one_after_the_other(here: Scene, files: tuple[Path, Path]) -> tuple[Rows, Rows]:
    """What the files store, and the cells of the run."""
    for arguments in (("ingest", here.home / "reviews.csv"), COMMAND, *(("ingest", file) for file in files)):
        done = here.run(*arguments)
        assert done.code == 0, done.said
    return here.reviews(), Counter(here.execute(_CELLS, NAME))


def _forget(here: Scene) -> None:
    here.execute("DELETE FROM run")
    here.execute("DELETE FROM answer")
    here.execute("TRUNCATE product CASCADE")
    again = here.run("ingest", here.home / "reviews.csv")
    assert again.code == 0, again.said


def _at_once(
    here: Scene, server: PageServer, tab: "Page", files: tuple[Path, Path], number: int, chance: Random
) -> Outcome:
    begun = time.monotonic()
    commands: list[Command] = []

    def start() -> None:
        for arguments in (("ingest", files[0]), ("ingest", files[1]), COMMAND):
            commands.append(here.start(*arguments))
            time.sleep(chance.uniform(0, 2))

    starting = threading.Thread(target=start)
    starting.start()
    told = []
    for question in range(QUESTIONS):
        ask(tab, server, f"Does it last {number} years and {question} days?", *MODELS)
        told.append(answer_or_error(tab, LONGEST_S))
    starting.join()
    # The last question is seen to be answered before its second model has done so.
    until(lambda: _asked(here) >= QUESTIONS * len(MODELS), LONGEST_S)
    ended = [command.wait(LONGEST_S) for command in commands]
    said = [command.said[-500:] for command in commands if command.code != 0]
    for command in commands:
        command.kill()
    return _outcome(
        times=1,
        wordless=sum(not worded(text) for text in said),
        unrecovered=len(said) + ended.count(False) + sum(error != "" for error in told),
        slowest_recovery_s=time.monotonic() - begun,
        notes=tuple(said) + tuple(error for error in told if error),
    )


def _asked(here: Scene) -> int:
    """How many answers of the page are logged."""
    return len(here.execute("SELECT answer_id FROM answer WHERE run_id IS NULL"))


def _compared(here: Scene, expected: Rows, cells: Rows) -> Outcome:
    found = here.reviews()
    answered: Rows = Counter(here.execute(_CELLS, NAME))
    asked = _asked(here)
    log = (here.home / "postgres.log").read_text(errors="replace")
    return _outcome(
        lost=missing(expected, found) + missing(cells, answered) + max(0, QUESTIONS * len(MODELS) - asked),
        doubled=missing(found, expected) + missing(answered, cells) + max(0, asked - QUESTIONS * len(MODELS)),
        unrecovered=log.count("deadlock detected")
        + len(here.execute("SELECT run_id FROM run WHERE failures <> '[]'")),
    )


def _outcome(
    times: int = 0,
    lost: int = 0,
    doubled: int = 0,
    wordless: int = 0,
    unrecovered: int = 0,
    slowest_recovery_s: float = 0.0,
    notes: tuple[str, ...] = (),
) -> Outcome:
    return Outcome(FAULT, DONE, times, lost, doubled, wordless, unrecovered, slowest_recovery_s, notes)
