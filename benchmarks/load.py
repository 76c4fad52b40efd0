"""Many people at once, for a quarter of an hour: are the pages quick, is anything lost, does memory grow?

    python -m benchmarks.load [--people 20] [--minutes 15] [--browsers 1] [--data data/reviews.csv]

On an installation of its own a page is started, as `make app` does. A person is a Streamlit session over its
websocket (`benchmarks.streamlit_session`), for as many browsers would need more than the machine; some real
ones are there too, and their clicks are told apart. All come within the first half minute and do what people
do (`benchmarks.load_people`), with some seconds between two actions, on the machine that also answers.

- An action's time: from the click until the rerun it caused is finished, and all of it arrived.
- Errors: exceptions and errors on a page, sessions that broke off, this project's lines in tracebacks of the
  server's log. That somebody asks too much and is told so is none.
- Answers: asked, one for each model of a question; logged, those of the same questions by the same models.
  `missing` and `doubled` compare question by question.
- Memory of the page's server, the models' workers and PostgreSQL every 10 s; slopes are those of a line
  through what follows the first third.

Last line: JSON. The bar of `p95_ms` is 1,000; errors, missing and doubled are to be 0.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import psutil
import typer
from rich.table import Table

from benchmarks.growth import Sample, sample, slope_per_h
from benchmarks.installation import CHOOSER, SAMPLE, Installation, installation
from benchmarks.load_people import Diary, Person, browse_alone
from config.command import console
from database import Database
from tests.app.page_server import PageServer

app = typer.Typer(add_completion=False)

ARRIVE_WITHIN_S = 30.0
LOOK_S = 10.0
LOGGED = "SELECT question, model, queue_s FROM answer WHERE run_id IS NULL"


@app.command(help=__doc__)
def main(
    people: Annotated[int, typer.Option(help="Sessions at the same time.", min=1)] = 20,
    minutes: Annotated[float, typer.Option(help="How long they stay.", min=0.1)] = 15.0,
    browsers: Annotated[int, typer.Option(help="Real browsers, beside the people.", min=0)] = 1,
    data: Annotated[Path, typer.Option(help="A review file.", exists=True)] = SAMPLE,
    seed: Annotated[int, typer.Option(help="Of what they do, and when.")] = 2026,
) -> None:
    """Let them in, wait, print."""
    with installation(data) as own:
        # So that the page Results has all its parts to draw.
        own.run("compare", "--models", f"{CHOOSER},extractive", "--products", "2", "--repeats", "1")
        result = load(own, people, minutes, browsers, seed)
    print(json.dumps(result))


def load(own: Installation, people: int, minutes: float, browsers: int, seed: int) -> dict[str, object]:
    """All figures."""
    with PageServer(own.environment, own.home / "page.log") as server:
        by_session, by_browser, samples = asyncio.run(crowd(own, server, people, minutes, browsers, seed))
        spent = sum(psutil.Process(server.pid).cpu_times()[:2]) / (minutes * 60)
        everybody = Diary()
        for diary in (by_session, by_browser):
            everybody.add(diary)
        everybody.errors += server.defects
    logged, queues = answers_of(own.database)
    for error, count in Counter(everybody.errors).most_common(10):
        console.print(f"{count} times: {error}", style="red")
    show_actions(everybody.actions)
    show_memory(samples)
    console.print(f"The page's server took {spent:.0%} of a core.")
    seconds = [seconds for _, seconds in by_session.actions]
    browser_s = [seconds for _, seconds in by_browser.actions]
    return {
        "people": people,
        "minutes": minutes,
        "actions": len(everybody.actions),
        "p50_ms": percentile_ms(seconds, 50),
        "p95_ms": percentile_ms(seconds, 95),
        "browser_p95_ms": percentile_ms(browser_s, 95),
        "errors": len(everybody.errors),
        "answers_asked": everybody.asked.total(),
        "answers_logged": logged.total(),
        "missing": (everybody.asked - logged).total(),
        "doubled": (logged - everybody.asked).total(),
        "refused": everybody.refused,
        "queue_p95_ms": percentile_ms(queues, 95),
        "answered_p95_ms": percentile_ms(everybody.answered_s, 95),
        "rss_slope_mb_per_h": round(slope_per_h(samples, lambda one: one.memory), 1),
    }


async def crowd(
    own: Installation, server: PageServer, people: int, minutes: float, browsers: int, seed: int
) -> tuple[Diary, Diary, list[Sample]]:
    """What all did, those with sessions and those with browsers, and what was held meanwhile."""
    until = time.monotonic() + minutes * 60
    between = min(ARRIVE_WITHIN_S, minutes * 60 / 4) / people
    by_session, by_browser = Diary(), Diary()
    samples: list[Sample] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(watch(own, server.pid, until, samples))
        for number in range(browsers):
            group.create_task(
                asyncio.to_thread(browse_alone, server.url, until, f"browser {number}", by_browser)
            )
        for number in range(people):
            group.create_task(Person(f"person {number}", seed, by_session).live(server.url, until))
            await asyncio.sleep(between)
    return by_session, by_browser, samples


async def watch(own: Installation, server: int, until: float, samples: list[Sample]) -> None:
    """Look at the processes every few seconds, until then."""
    while time.monotonic() < until:
        samples.append(await asyncio.to_thread(sample, server, own.postgres, own.database))
        await asyncio.sleep(LOOK_S)


def answers_of(database: Database) -> tuple[Counter[tuple[str, str]], list[float]]:
    """What was logged of what was asked by hand, and how long each question waited for its model, in s."""
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(LOGGED)
        rows = cursor.fetchall()
    return Counter((question, model) for question, model, _ in rows), [queue_s for *_, queue_s in rows]


def percentile_ms(seconds: Sequence[float], percent: float) -> int | None:
    """Of seconds, in ms; None of nothing."""
    return round(float(np.percentile(seconds, percent)) * 1000) if seconds else None


def show_actions(actions: Sequence[tuple[str, float]]) -> None:
    """What each kind of action took."""
    table = Table("action", "times", "p50, ms", "p95, ms", "most, ms", box=None)
    for what in sorted({what for what, _ in actions}):
        seconds = [taken for name, taken in actions if name == what]
        figures = (percentile_ms(seconds, percent) for percent in (50, 95, 100))
        table.add_row(what, str(len(seconds)), *map(str, figures))
    console.print(table)


def show_memory(samples: Sequence[Sample]) -> None:
    """What was held, and the slopes."""
    table = Table("minute", "server, MiB", "workers", "PostgreSQL", "handles", "connections", box=None)
    for one in (samples[0], samples[len(samples) // 3], samples[2 * len(samples) // 3], samples[-1]):
        memory = (f"{value:.0f}" for value in (one.server, one.workers, one.postgres))
        minute = (one.at_s - samples[0].at_s) / 60
        table.add_row(f"{minute:.1f}", *memory, str(one.handles), str(one.connections))
    slopes = (
        f"{slope_per_h(samples, figure):+.0f}/h"
        for figure in (
            lambda one: one.server,
            lambda one: one.workers,
            lambda one: one.postgres,
            lambda one: one.handles,
            lambda one: one.connections,
        )
    )
    table.add_row("slope", *slopes)
    console.print(table)


if __name__ == "__main__":
    app()
