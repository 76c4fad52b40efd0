"""An hour of all that goes on, one thing after the other: does anything grow, is anything left behind?

    python -m benchmarks.soak [--minutes 60] [--data data/reviews.csv]

On an installation of its own a page is started, as `make app` does. Round after round: a small batch run,
which takes the place of the one before, every third time with a judge; the reviews are ingested again, every
second time with --replace; a tab is opened, loads two models, asks them, looks at the results, unloads them,
and is closed. After each round, when all is idle, the page's server, its workers and PostgreSQL are measured.

Last line: JSON. Slopes are those of a line through what follows the first third; `processes_growth` and
`connections_growth` compare its ends. `left_after_exit`: of a server that holds models, and its workers, how
many run 10 s after it was told to end; `left_after_crash`: after another one, and then a batch run, were
killed (`kill -9`). `errors`: tabs and commands that failed, and this project's lines in tracebacks of the
server's log.
"""

import asyncio
import json
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.table import Table

from benchmarks.growth import Sample, growth, holds_a_model, left_of, sample, slope_per_h
from benchmarks.installation import CHOOSER, SAMPLE, Installation, installation
from benchmarks.streamlit_page import NotShown
from benchmarks.streamlit_session import SessionFailed, StreamlitSession
from benchmarks.visitor import answered, load, spelled, unload
from config.command import console
from tests.app.page_server import PageServer

app = typer.Typer(add_completion=False)

MODELS = (CHOOSER, "mistral")
JUDGE = "llama"
QUESTION = "What do people like about it?"
BATCH = (
    "compare", "--models", ",".join(MODELS), "--products", "2", "--question", QUESTION, "--repeats", "1",
    "--max-tokens", "32", "--name", "soak", "--replace",
)  # fmt: skip


@app.command(help=__doc__)
def main(
    minutes: Annotated[float, typer.Option(help="How long it goes on.", min=0.1)] = 60.0,
    data: Annotated[Path, typer.Option(help="A review file.", exists=True)] = SAMPLE,
) -> None:
    """Soak, print a line per round, then what grew."""
    with installation(data) as own:
        result = soak(own, data, minutes)
    print(json.dumps(result))


def soak(own: Installation, data: Path, minutes: float) -> dict[str, object]:
    """All rounds, and the ends; the figures."""
    samples: list[Sample] = []
    errors: list[str] = []
    with PageServer(own.environment, own.home / "page.log") as server:
        begun = time.monotonic()
        while not samples or time.monotonic() < begun + minutes * 60:
            try:
                work(own, data, server.url, len(samples))
            except (NotShown, SessionFailed, RuntimeError) as error:
                errors.append(str(error))
                console.print(str(error), style="red")
            now = sample(server.pid, own.postgres, own.database)
            samples.append(replace(now, at_s=now.at_s - begun))
            console.print(f"{len(samples)}: {samples[-1]}", soft_wrap=True)
        left_after_exit = left_after(server, signal.SIGTERM)
        errors += server.defects
    with PageServer(own.environment, own.home / "crash.log") as server:
        left_after_crash = left_after(server, signal.SIGKILL)
    show(samples)
    return {
        "minutes": round(samples[-1].at_s / 60, 1),
        "rounds": len(samples),
        "rss_slope_mb_per_h": round(slope_per_h(samples, lambda one: one.memory), 1),
        "handles_slope_per_h": round(slope_per_h(samples, lambda one: one.handles), 2),
        "processes_growth": int(growth(samples, lambda one: one.processes)),
        "connections_growth": int(growth(samples, lambda one: one.connections)),
        "left_after_exit": left_after_exit,
        "left_after_crash": left_after_crash + left_of_a_run(own),
        "errors": len(errors),
    }


def work(own: Installation, data: Path, url: str, number: int) -> None:
    """One round. Raises NotShown, SessionFailed, RuntimeError."""
    own.run(*BATCH, *(("--judge", JUDGE) if number % 3 == 0 else ()))
    own.run("ingest", data, *(("--replace",) if number % 2 else ()))
    asyncio.run(look(url))


async def look(url: str) -> None:
    """What a tab does in a round."""
    async with StreamlitSession.open(url) as tab:
        await tab.visit("Models")
        for model in MODELS:
            await load(tab, model)
        await tab.visit("Ask")
        await tab.choose("multiselect", "Models", spelled(tab, MODELS))
        await tab.say(QUESTION)
        await tab.wait_until(lambda: answered(tab))
        for page in ("Results", "Reviews", "Models"):
            await tab.visit(page)
        for model in MODELS:
            await unload(tab, model)
        if tab.page.exceptions or tab.page.complaints:
            raise SessionFailed(f"the page tells: {[*tab.page.exceptions, *tab.page.complaints]}")


def left_after(server: PageServer, how: signal.Signals) -> int:
    """Let the server load the models, and end it; how many of its processes are left, itself included."""
    asyncio.run(load_all(server.url))
    page = psutil.Process(server.pid)
    workers = page.children(recursive=True)
    assert len(workers) >= len(MODELS), workers
    page.send_signal(how)
    return left_of([page, *workers])


def left_of_a_run(own: Installation) -> int:
    """Kill a batch run that has a model in memory; how many of its processes are left."""
    run = own.start(*BATCH, "--repeats", "50")
    workers: list[psutil.Process] = []
    try:
        while not any(map(holds_a_model, workers)):
            assert run.poll() is None, "the run ended before it could be killed"
            time.sleep(0.1)
            workers = psutil.Process(run.pid).children()
    finally:
        run.kill()
        run.communicate()
    return left_of(workers)


async def load_all(url: str) -> None:
    """Open a tab that loads the models, and close it."""
    async with StreamlitSession.open(url) as tab:
        await tab.visit("Models")
        for model in MODELS:
            await load(tab, model)


def show(samples: Sequence[Sample]) -> None:
    """Four rounds from the first to the last."""
    table = Table(
        "minute", "server, MiB", "workers", "PostgreSQL", "handles", "processes", "connections", box=None
    )
    for one in (samples[0], samples[len(samples) // 3], samples[2 * len(samples) // 3], samples[-1]):
        memory = (f"{value:.0f}" for value in (one.server, one.workers, one.postgres))
        rest = map(str, (one.handles, one.processes, one.connections))
        table.add_row(f"{one.at_s / 60:.0f}", *memory, *rest)
    console.print(table)


if __name__ == "__main__":
    app()
