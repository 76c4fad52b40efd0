"""How quickly the page reacts, in a real browser.

    python -m benchmarks.page [--passages 1000000] [--big 100000]

Passages with random vectors fill a fresh database (`benchmarks.random_passages`); the page is started on it,
as `make app` does, and driven in Chromium. All times are taken inside the tab:

- `first_paint_s`: from asking for the address until a question can be typed. Each time a server that was
  just started and has answered that it is up, and a tab without any cache; the median of `--starts`.
- `rerun_ms`: R is pressed, which runs the page's script as any click does; until the script is done and the
  next frame shows it. The median of `--reruns`, of each page; `rerun_ms` of all is the slowest page's.
- `ttft_gap_ms`: from sending a question to the answer's first word in the tab, less what the answer log has
  for the same answer: retrieval, queue and TTFT. So it is what the page and the browser add. The median of
  `--questions`, each in a conversation of its own, of a tiny model that recites; the first question, for
  which embedder and model are loaded, does not count.
- Two sessions ask the same model of random weights at the same moment, about two products: `mixed` counts
  the tabs that do not show their own answer, or show the other's; `queued_s` is how long the later one
  waited for its turn.

Last line: JSON with these, `rerun_ms_by_page`, `ttft_seen_ms` (nothing taken off) and `passages`. The bars
are 2 s, 200 ms and 100 ms.
"""

import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
import yaml
from playwright.sync_api import sync_playwright
from rich.table import Table

from benchmarks.page_probe import BOX, ask, first_paint_s, first_word_s, rerun_ms, settle
from benchmarks.random_passages import create, fill
from config import Settings
from config.command import console
from database import Database
from database.server import EmbeddedServer
from retriever.products import recount_products
from tests.app.page_server import PageServer
from tests.browser import launch
from tests.random_weights import write_random_model
from tests.scripted_model import write_scripted_model

app = typer.Typer(add_completion=False)

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BARS = {"first_paint_s": 2.0, "rerun_ms": 200.0, "ttft_gap_ms": 100.0}
PAGES = {"Ask": "", "Results": "results", "Models": "models", "Reviews": "reviews"}
WORD = "Quagga"  # in no review and on no page
RECITED = f"{WORD}: the battery lasts for two days, say most of them, and the case is sturdy [1]."
LOGGED = """
    SELECT answer, queue_s, retrieval_s + queue_s + ttft_s FROM answer WHERE question = %s
"""


@app.command(help=__doc__)
def main(
    passages: Annotated[int, typer.Option(help="Passages in the database.", min=2_000)] = 1_000_000,
    big: Annotated[int, typer.Option(help="Of these the large product's; 0: a tenth.")] = 0,
    starts: Annotated[int, typer.Option(help="How often the server is started.", min=1)] = 5,
    reruns: Annotated[int, typer.Option(help="How often each page is drawn anew.", min=1)] = 20,
    questions: Annotated[int, typer.Option(help="How many are asked.", min=1)] = 10,
) -> None:
    """Fill, start, look, print."""
    folder = Path(tempfile.mkdtemp(prefix="reviewduel-page-"))
    server = EmbeddedServer(folder / "postgres")
    try:
        dsn = create(server, "page")
        with Database(dsn, "the benchmark's database") as database:
            prepare(database, passages, big or passages // 10)
            environment = make_home(folder / "home", dsn)
            with sync_playwright() as playwright, launch(playwright) as browser:
                result = measure(browser, environment, folder / "log", database, (starts, reruns, questions))
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    table = Table("", "", "bar", title=f"{passages} passages", box=None)
    for key, value in result.items():
        table.add_row(key, str(value), f"< {BARS[key]:g}" if key in BARS else "")
    console.print(table)
    print(json.dumps({**result, "passages": passages}))


def prepare(database: Database, passages: int, big: int) -> None:
    """Random passages under the name of the embedder that the page will use, and their products' figures."""
    filled = fill(database, passages, big, np.random.default_rng(0))
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE embedder SET name = %s", (Settings().embedder.name,))
        recount_products(cursor, range(1, int(filled.products.max()) + 1))
    console.print(f"{passages} passages of {filled.products.max()} products are written")


def make_home(home: Path, dsn: str) -> dict[str, str]:
    """The environment of a page with this database and two models: one that recites, one of noise."""
    home.mkdir()
    write_scripted_model(home / "recites.gguf", RECITED)
    write_random_model(home / "noise.gguf", "llama")
    settings = {
        "models": {
            "recites": {"file": str(home / "recites.gguf"), "n_ctx": 8192},
            "noise": {"file": str(home / "noise.gguf"), "max_tokens": 120},
        }
    }
    (home / "settings.yaml").write_text(yaml.safe_dump(settings))
    return os.environ | {
        "REVIEWDUEL_HOME": str(home),
        "REVIEWDUEL_SETTINGS": str(home / "settings.yaml"),
        "REVIEWDUEL_DATABASE_URL": dsn,
    }


def measure(
    browser: "Browser",
    environment: dict[str, str],
    log: Path,
    database: Database,
    times: tuple[int, int, int],
) -> dict[str, object]:
    """All figures; `times`: starts of the server, reruns per page, questions."""
    starts, reruns, questions = times
    paints = []
    for _ in range(starts):
        with PageServer(environment, log) as server:
            paints.append(first_paint_s(browser, server.url))
    with PageServer(environment, log) as server:
        by_page = {name: rerun_of(browser, f"{server.url}/{path}", reruns) for name, path in PAGES.items()}
        seen, gaps = first_words(browser, server.url, database, questions)
        mixed, queued = two_sessions(browser, server.url, database)
    return {
        "first_paint_s": round(median(paints), 2),
        "rerun_ms": max(by_page.values()),
        "ttft_gap_ms": round(median(gaps) * 1000, 1),
        "rerun_ms_by_page": by_page,
        "ttft_seen_ms": round(median(seen) * 1000, 1),
        "mixed": mixed,
        "queued_s": round(queued, 2),
    }


def rerun_of(browser: "Browser", url: str, times: int) -> float:
    """The median of a page's reruns, in ms."""
    page = browser.new_page()
    page.goto(url)
    page.get_by_role("heading", level=1).first.wait_for()
    found = rerun_ms(page, times)
    page.close()
    return round(median(found), 1)


def first_words(
    browser: "Browser", url: str, database: Database, questions: int
) -> tuple[list[float], list[float]]:
    """Seconds from sending to the first word, and the same less what the log knows of."""
    page = browser.new_page()
    page.set_default_timeout(120_000)
    seen, gaps = [], []
    for number in range(questions + 1):
        question = f"Number {number}: how long does the battery last?"
        # Anew each time, so that no earlier answer is on the page.
        page.goto(f"{url}/?product=P2&models=recites")
        page.get_by_test_id(BOX).wait_for()
        settle(page)
        seconds = first_word_s(page, question, WORD)
        _, _, known = logged(database, question)
        seen.append(seconds)
        gaps.append(seconds - known)
    page.close()
    return seen[1:], gaps[1:]


def two_sessions(browser: "Browser", url: str, database: Database) -> tuple[int, float]:
    """How many of two tabs do not show their own answer alone; and how long the later one waited, in s."""
    contexts = [browser.new_context() for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    asked = [f"How loud is it, asks tab {number}?" for number in range(2)]
    for number, page in enumerate(pages):
        page.goto(f"{url}/?product=P{number + 3}&models=noise")
        page.get_by_test_id(BOX).wait_for()
        settle(page)
    for page, question in zip(pages, asked, strict=True):
        ask(page, question)
    answers = [logged(database, question) for question in asked]
    said = [letters(answer) for answer, *_ in answers]
    assert said[0] != said[1], "two products gave the same noise: nothing can be told apart"
    mixed = 0
    for number, page in enumerate(pages):
        page.get_by_test_id("stMetric").first.wait_for()
        settle(page)
        shown = letters(page.inner_text("body"))
        mixed += said[number] not in shown or said[1 - number] in shown
    for context in contexts:
        context.close()
    return mixed, max(queue_s for _, queue_s, _ in answers)


def logged(database: Database, question: str) -> tuple[str, float, float]:
    """The answer to a question: text, queue_s, and the seconds to its first word that are known."""
    found: list[tuple[str, float, float]] = []

    def look() -> bool:
        with database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(LOGGED, (question,))
            found.extend(cursor.fetchall())
        return bool(found)

    wait_until(look)
    return found[0]


def wait_until(done: Callable[[], bool], seconds: float = 120) -> None:
    """Return when it is done; raises TimeoutError."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("no answer was logged")
        time.sleep(0.05)


def letters(text: str) -> str:
    """Letters and digits alone: how the page spells the rest is its own business."""
    return re.sub(r"[\W_]+", "", text)


if __name__ == "__main__":
    app()
