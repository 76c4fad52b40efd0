"""The database out of reach for half a minute and back, under an ingest, a batch run and the page.

Knows the way to it, which is cut; knows nothing of who waits for it, or how.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import TYPE_CHECKING

from benchmarks.faults.batch import COMMAND, NAME, finish, finished, undisturbed_run
from benchmarks.faults.ingest import review_file
from benchmarks.faults.outcome import Outcome, total, worded
from benchmarks.faults.proxy import Proxy
from benchmarks.faults.scene import LONGEST_S, Command, Scene, missing, running_server, scene, until
from benchmarks.faults.tab import ask, open_tab
from tests.app.page_server import PageServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

FAULT = "database away"
SECONDS = 30.0
UNDER_INGEST, UNDER_RUN = "for {0:g} s, under an ingest", "for {0:g} s, under a batch run and its judge"
UNDER_PAGE = "for {0:g} s, under the page while it answers"
# Enough that what is left is no matter of a second, at whatever moment it is cut.
ROWS = 1500
# How many moments of each so many that are wanted: they take half a minute each.
RARELY = 10
# Writes for some seconds, beside one that is done at once.
MODELS, LONG = ("praise", "mistral"), {"n_ctx": 8192, "max_tokens": 100}
_ERROR = '[data-testid="stAlertContentError"]'


def lose_under_ingest(times: int, chance: Random, seconds: float = SECONDS) -> Iterator[Outcome]:
    """Once in each ingest, after it was first reached."""
    done = UNDER_INGEST.format(seconds)
    with scene(review_file(ROWS)) as made, running_server(made), Proxy(made.home / "postgres") as proxy:
        here = Scene(made.home, {"REVIEWDUEL_DATABASE_URL": proxy.url})
        whole = here.run("ingest", here.home / "reviews.csv")
        assert whole.code == 0, whole.said
        expected = here.reviews()
        moments = []
        for _ in range(-(-times // RARELY)):
            here.execute("TRUNCATE product CASCADE")
            many = chance.randrange(expected.total() // 2)
            ingest = ("ingest", str(here.home / "reviews.csv"))
            command = _start(here, proxy, ingest, lambda: here.reviews().total(), many)
            moments.append(_cut(here, proxy, command, done, chance.uniform(0, 0.5), seconds))
            found = here.reviews()
            moments.append(
                Outcome(
                    FAULT, done, 0, missing(expected, found), missing(found, expected), 0, len(here.orphans())
                )
            )
        yield total(moments)


def lose_under_run(times: int, chance: Random, seconds: float = SECONDS) -> Iterator[Outcome]:
    """Once in each run, after it was first reached."""
    done = UNDER_RUN.format(seconds)
    with scene(review_file(20)) as made, running_server(made), Proxy(made.home / "postgres") as proxy:
        here = Scene(made.home, {"REVIEWDUEL_DATABASE_URL": proxy.url})
        expected, _ = undisturbed_run(here)
        moments = []
        for _ in range(-(-times // RARELY)):
            here.execute("DELETE FROM run")
            many = chance.randrange(expected.total() * 3 // 4)
            command = _start(here, proxy, COMMAND, lambda: _stored_of_run(here), many)
            moments.append(_cut(here, proxy, command, done, chance.uniform(0, 0.2), seconds))
            last = finish(here) if command.code else command
            moments.append(finished(here, FAULT, done, last, expected))
        yield total(moments)


def lose_under_page(times: int, chance: Random, seconds: float = SECONDS) -> Iterator[Outcome]:
    """While two models answer; meanwhile another page is looked at, and afterwards once more."""
    done = UNDER_PAGE.format(seconds)
    with (
        scene(review_file(20), mistral=LONG) as made,
        running_server(made),
        Proxy(made.home / "postgres") as proxy,
        open_tab() as tab,
    ):
        assert tab.context.browser
        beside = tab.context.browser.new_page()
        here = Scene(made.home, {"REVIEWDUEL_DATABASE_URL": proxy.url})
        ingested = here.run("ingest", here.home / "reviews.csv")
        assert ingested.code == 0, ingested.said
        with PageServer(here.environment, here.home / "page.log") as server:
            ask(tab, server, "How is the battery?", *MODELS)
            assert _ended(here, "How is the battery?", tab) == 0
            moments = [
                _asked(here, server, proxy, (tab, beside), f"Does it last {number} days?", seconds, chance)
                for number in range(-(-times // RARELY))
            ]
            moments.append(Outcome(FAULT, done, times=0, wordless=len(server.defects)))
        yield total(moments)


def _stored_of_run(here: Scene) -> int:
    """Its answers and judgements; less than none before it is stored itself."""
    begun = here.execute("SELECT run_id FROM run WHERE run_id = %s", NAME)
    return here.answers(NAME).total() if begun else -1


def _start(
    here: Scene, proxy: Proxy, arguments: Sequence[str], stored: Callable[[], int], many: int
) -> Command:
    """A command that has reached the database, and stored so much, or has ended.

    One that never reached it says so at once, and waits for nothing.
    """
    served = proxy.served
    command = here.start(*arguments)
    until(lambda: (proxy.served > served and stored() >= many) or command.wait(0), LONGEST_S)
    return command


def _cut(here: Scene, proxy: Proxy, command: Command, done: str, moment: float, seconds: float) -> Outcome:
    """Cut after a moment, restored after so many seconds; whether the command went on by itself."""
    if command.wait(moment):
        return Outcome(FAULT, done, times=0, unrecovered=int(command.code != 0), notes=_said(command))
    proxy.cut()
    time.sleep(seconds)
    over = command.wait(0)
    proxy.restore()
    back = time.monotonic()
    # It goes on when it has reached the database again, unless it needed it no more.
    served = proxy.served
    again = until(lambda: proxy.served > served or command.wait(0))
    recovery = time.monotonic() - back
    command.wait(LONGEST_S)
    failed = command.code != 0
    command.kill()
    return Outcome(
        FAULT,
        done,
        times=int(not over or failed),
        wordless=int(not worded(command.said) if failed else False),
        unrecovered=int(failed or again is None),
        slowest_recovery_s=recovery,
        notes=_said(command),
    )


def _said(command: Command) -> tuple[str, ...]:
    return (command.said.strip()[-500:],) if command.code else ()


def _asked(
    here: Scene,
    server: PageServer,
    proxy: Proxy,
    tabs: "tuple[Page, Page]",
    question: str,
    seconds: float,
    chance: Random,
) -> Outcome:
    """What is written is logged when the database is back; who looks meanwhile is told."""
    tab, beside = tabs
    ask(tab, server, question, *MODELS)
    time.sleep(chance.uniform(0, 3))
    proxy.cut()
    gone = time.monotonic()
    beside.goto(f"{server.url}/results?part=Runs")
    beside.locator(_ERROR).first.wait_for()
    told = beside.locator(_ERROR).first.inner_text()
    time.sleep(max(0.0, seconds - (time.monotonic() - gone)))
    proxy.restore()
    back = time.monotonic()
    beside.goto(f"{server.url}/results?part=Runs")
    again = until(lambda: _looks_well(beside))
    recovery = time.monotonic() - back
    lost = _ended(here, question, tab)
    errors = tab.locator(_ERROR).all_inner_texts()
    return Outcome(
        FAULT,
        UNDER_PAGE.format(seconds),
        times=1,
        lost=lost,
        doubled=max(0, _logged(here, question) - len(MODELS)),
        wordless=sum(not worded(text) for text in (told, *errors)),
        unrecovered=int(again is None),
        slowest_recovery_s=recovery,
        notes=tuple(errors),
    )


def _looks_well(tab: "Page") -> bool:
    tab.wait_for_timeout(50)
    return tab.get_by_text("Start a run").count() > 0 and not tab.locator(_ERROR).count()


def _ended(here: Scene, question: str, tab: "Page") -> int:
    """How many answers were given and are not logged, when all is over; others are told not to be given."""
    until(lambda: _logged(here, question) >= len(MODELS) or _shown_errors(tab) > 0, LONGEST_S)
    if not _shown_errors(tab):
        return max(0, len(MODELS) - _logged(here, question))
    return sum("not in the answer log" in text for text in tab.locator(_ERROR).all_inner_texts())


def _shown_errors(tab: "Page") -> int:
    tab.wait_for_timeout(50)
    return tab.locator(_ERROR).count()


def _logged(here: Scene, question: str) -> int:
    return len(here.execute("SELECT answer_id FROM answer WHERE question = %s", question))
