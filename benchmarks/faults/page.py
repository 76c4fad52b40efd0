"""The page's server, killed while it answers and while a batch run goes on that was started from it.

Knows servers, their processes and the log of answers; knows nothing of what is drawn.
"""

import time
from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.faults.ingest import review_file
from benchmarks.faults.outcome import Outcome, total
from benchmarks.faults.scene import Scene, alive, running_server, scene, until
from benchmarks.faults.tab import answer_or_error, ask, open_tab, shown_answers, start_run
from benchmarks.growth import holds_a_model
from tests.app.page_server import PageServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

SERVER = "kill -9 of its server during answers"
WORKERS = "models' processes of that server, which end with it"
RUN = "the batch run that was started from its first server"
NAME = "from the page"
# The form takes the first two models, and all products.
CONTESTANTS, PRODUCTS, REPEATS = 2, 7, 30
# A new server is asked for all answers after each so many kills, and after the last.
LOOKED_AFTER = 5
MODELS = ("praise", "mistral")
# One that still writes when the other is done.
LONG = {"n_ctx": 8192, "max_tokens": 2000}
MOST_RUN_S = 600.0


def kill_page(times: int, chance: Random, repeats: int = REPEATS) -> Iterator[Outcome]:
    """At any moment of the first answers of a server; the run goes on under all of them."""
    with scene(review_file(20), mistral=LONG) as here, running_server(here), open_tab() as tab:
        ingested = here.run("ingest", here.home / "reviews.csv")
        assert ingested.code == 0, ingested.said
        seconds = _begin(here, tab, repeats)
        moments: list[Outcome] = []
        for number in range(1, times + 1):
            moments += _killed(here, tab, chance.uniform(0, seconds), writing=number % 2 == 0)
            if number % LOOKED_AFTER == 0 or number == times:
                moments.append(_looked(here, tab))
        yield total(moment for moment in moments if moment.done == SERVER)
        yield total([_outcome(WORKERS), *(moment for moment in moments if moment.done == WORKERS)])
        yield _run(here, times, CONTESTANTS * PRODUCTS * repeats)


def _begin(here: Scene, tab: "Page", repeats: int) -> float:
    """The seconds that a server's first answer takes; the run is begun, and the server killed."""
    with _server(here) as server:
        asked = time.monotonic()
        ask(tab, server, "How is the battery?", *MODELS)
        error = answer_or_error(tab)
        assert error == "", error
        seconds = time.monotonic() - asked
        start_run(tab, server, NAME, repeats)
        psutil.Process(server.pid).kill()
    return seconds


def _killed(here: Scene, tab: "Page", moment: float, writing: bool) -> Iterator[Outcome]:
    """So long after the question, or `writing`, a part of that after the first model's process is there."""
    begun = time.monotonic()
    with _server(here) as server:
        ask(tab, server, f"How is the battery after {moment:.6f} days?", *MODELS)
        back = time.monotonic() - begun
        if writing:
            until(lambda: bool(_workers(here, server)))
        time.sleep(moment / 4 if writing else moment)
        workers = _workers(here, server)
        logged = _logged(here)
        psutil.Process(server.pid).kill()
        gone = until(lambda: not any(map(alive, workers)), 10)
    yield _outcome(SERVER, times=1, lost=len(logged - _logged(here)), slowest_recovery_s=back)
    yield _outcome(WORKERS, times=len(workers), unrecovered=int(gone is None), slowest_recovery_s=gone or 0)


def _looked(here: Scene, tab: "Page") -> Outcome:
    """A new server shows every answer that was logged before it, once."""
    logged = _logged(here)
    with _server(here) as server:
        shown = shown_answers(tab, server)
        defects = len(server.defects)
    return _outcome(
        SERVER, lost=len(logged - set(shown)), doubled=len(shown) - len(set(shown)), wordless=defects
    )


def _run(here: Scene, times: int, cells: int) -> Outcome:
    """It has gone on, ends by itself, and nothing lives on after it."""
    ended = until(lambda: _process_of_run(here) is None, MOST_RUN_S, pause=0.5)
    found = here.execute(
        "SELECT contestant, product_id, question, repeat FROM answer WHERE run_id = %s", NAME
    )
    return Outcome(
        "page",
        RUN,
        times=times,
        lost=cells - len(set(found)),
        doubled=len(found) - len(set(found)),
        unrecovered=int(ended is None) + len(here.orphans()),
    )


def _server(here: Scene) -> PageServer:
    return PageServer(here.environment, here.home / "page.log")


def _workers(here: Scene, server: PageServer) -> list[psutil.Process]:
    """The processes that hold models for the server, and should end with it: all but the run's."""
    started = filter(holds_a_model, psutil.Process(server.pid).children(recursive=True))
    run = _process_of_run(here)
    if run is None or not psutil.pid_exists(run):
        return list(started)
    of_run = psutil.Process(run).children(recursive=True)
    return [one for one in started if one not in of_run]


def _process_of_run(here: Scene) -> int | None:
    ((process,),) = here.execute("SELECT process ->> 'pid' FROM run WHERE run_id = %s", NAME)
    return int(process) if process else None


def _logged(here: Scene) -> set[int]:
    return {answer_id for (answer_id,) in here.execute("SELECT answer_id FROM answer")}


def _outcome(done: str, times: int = 0, **counts: Any) -> Outcome:
    return Outcome("page", done, times=times, **counts)
