"""The pictures of docs/img: each page with real content, in light and dark. `make screenshots`.

The sample reviews, `smollm2` and `extractive`, a small comparison, and votes that are made up, in a home and
a database of their own. Nothing else of this machine is shown but its memory and cores.
"""

import io
import os
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from PIL import Image
from playwright.sync_api import sync_playwright

from compare.log.vote_log import VoteLog
from config import Settings
from database import Database
from tests.app.page_server import ROOT, PageServer
from tests.browser import launch

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = ROOT / "docs" / "img"
WIDTH, HEIGHT = 1280, 1440
SCHEMES = ("light", "dark")
MOST_BYTES = 150_000
RUN = "demo"
QUESTION = "What do people like about these headphones?"


def main(out: Annotated[Path, typer.Option(help="Where the pictures go.")] = FOLDER) -> None:
    """Prepare, look at each page in both colour schemes, and write the pictures."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="reviewduel-") as folder:
        home = Path(folder)
        # Settings of whoever calls this would lead to their own database.
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("REVIEWDUEL_", "PG"))
        }
        environment["REVIEWDUEL_HOME"] = folder
        prepare(home, environment)
        with PageServer(environment, home / "log") as server, sync_playwright() as playwright:
            browser = launch(playwright)
            for scheme in SCHEMES:
                for name, show in PAGES.items():
                    data = picture(browser, server.url, scheme, show)
                    (out / f"{name}-{scheme}.png").write_bytes(data)
                    print(f"{out / name}-{scheme}.png: {len(data) / 1000:.0f} kB")
            browser.close()


def prepare(home: Path, environment: dict[str, str]) -> None:
    """Reviews, a real model, a run of `make demo`'s contestants, and votes on its answers."""
    command(environment, "models", "pull", "smollm2")
    command(environment, "ingest", "data/reviews.csv")
    command(
        environment, "compare", "experiments/demo.yaml", "--products", "6", "--repeats", "1", "--name", RUN,
        "--out", str(home / "runs" / RUN),
    )  # fmt: skip
    with Database.open(Settings(home=home)) as database:
        vote(database, random.Random(0))


def command(environment: dict[str, str], *words: str) -> None:
    """Run one of ours; its words are shown if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}: {done.stdout}{done.stderr}")


def vote(database: Database, chance: random.Random) -> None:
    """Blind votes on the answers to each question, as nobody gave them."""
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT product_id, question, repeat, answer_id, contestant FROM answer ORDER BY answer_id"
        )
        asked: dict[tuple[str, str, int], dict[str, int]] = defaultdict(dict)
        for product_id, question, repeat, answer_id, name in cursor:
            asked[product_id, question, repeat][name] = answer_id
    votes = VoteLog(database)
    for answers in asked.values():
        preferred = chance.choices(
            [*answers, "tie"], [4 if name == "extractive" else 2 for name in [*answers, ""]]
        )
        votes.record(list(answers.values()), answers.get(preferred[0], "tie"), blind=True)


def picture(browser: "Browser", url: str, scheme: str, show: Callable[["Page", str], None]) -> bytes:
    """The page as `show` leaves it, as PNG with as many colours as fit MOST_BYTES."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(300_000)
    show(page, url)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    page.mouse.move(0, 0)
    page.wait_for_timeout(1000)  # charts are drawn after the script, and menus fade
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    context.close()
    for colours in (256, 128, 64, 32):
        file = io.BytesIO()
        image.quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
            file, "PNG", optimize=True
        )
        if file.tell() <= MOST_BYTES:
            break
    return file.getvalue()


def show_ask(page: "Page", url: str) -> None:
    """A question answered by both."""
    page.goto(f"{url}/?models=smollm2,extractive")
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(QUESTION)
    box.press("Enter")
    page.get_by_role("button", name="A is better").wait_for()


def show_results(page: "Page", url: str) -> None:
    """The figures of all answers, with their charts."""
    page.goto(f"{url}/results")
    page.get_by_test_id("stVegaLiteChart").last.wait_for()
    page.get_by_test_id("stDataFrame").first.wait_for()


def show_votes(page: "Page", url: str) -> None:
    """The win rates."""
    page.goto(f"{url}/results?part=Votes")
    page.get_by_test_id("stVegaLiteChart").first.wait_for()


def show_runs(page: "Page", url: str) -> None:
    """The run's report."""
    page.goto(f"{url}/results?part=Runs")
    page.get_by_role("button", name="Open its report").click()
    page.get_by_role("button", name="Download the report").wait_for()
    page.get_by_role("heading", name="All runs").scroll_into_view_if_needed()


def show_models(page: "Page", url: str) -> None:
    """The machine, and all models."""
    page.goto(f"{url}/models")
    page.get_by_test_id("stDataFrame").first.wait_for()


def show_reviews(page: "Page", url: str) -> None:
    """The products, and the ratings of one."""
    page.goto(f"{url}/reviews")
    page.get_by_test_id("stDataFrame").first.wait_for()


def show_search(page: "Page", url: str) -> None:
    """What a search finds."""
    page.goto(f"{url}/reviews?part=Search")
    page.get_by_role("textbox", name="Question").fill("How long does the battery last?")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("button", name="Mark as harmful").first.wait_for()


PAGES: dict[str, Callable[["Page", str], None]] = {
    "ask": show_ask,
    "results": show_results,
    "votes": show_votes,
    "runs": show_runs,
    "models": show_models,
    "reviews": show_reviews,
    "search": show_search,
}

if __name__ == "__main__":
    typer.run(main)
