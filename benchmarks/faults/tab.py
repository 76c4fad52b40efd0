"""A person at the pages, in a real browser: asks, starts a run, downloads the log. Knows what is seen."""

import csv
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from benchmarks.faults.scene import PATIENCE_S, RECITED
from tests.app.page_server import PageServer
from tests.browser import launch

if TYPE_CHECKING:
    from playwright.sync_api import Page

PRODUCT = "B0KILL0000"
_SEEN = RECITED.split(" [")[0]
_ERROR = '[data-testid="stAlertContentError"]'


@contextmanager
def open_tab() -> Iterator["Page"]:
    """A tab of a browser without windows."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, launch(playwright) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE_S * 1000)
        yield page


def ask(page: "Page", server: PageServer, question: str, *models: str) -> None:
    """Follow a link that asks the question."""
    page.goto(f"{server.url}/?{urlencode({'product': PRODUCT, 'models': ','.join(models), 'q': question})}")


def answer_or_error(page: "Page", seconds: float = PATIENCE_S) -> str | None:
    """What the page says that went wrong, nothing if the recited answer is there; None if neither comes."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if page.locator(_ERROR).count():
            return page.locator(_ERROR).first.inner_text()
        if page.get_by_text(_SEEN).count():
            return ""
        page.wait_for_timeout(50)
    return None


def shown_answers(page: "Page", server: PageServer) -> list[int]:
    """The ids of all answers that the page Results lets one download."""
    page.goto(f"{server.url}/results?part=Figures")
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Download these answers")).click()
    with download.value.path().open(encoding="utf-8", newline="") as file:
        return [int(row["answer_id"]) for row in csv.DictReader(file)]


def start_run(page: "Page", server: PageServer, name: str, repeats: int) -> None:
    """A batch run of the first two models, with one question about each product, by the form of the page."""
    page.goto(f"{server.url}/results?part=Runs")
    page.get_by_label("Questions, one in each line").fill("Does it last?")
    page.get_by_label("Answers to each question").fill(str(repeats))
    page.get_by_label("Name of the run").fill(name)
    page.get_by_label("Name of the run").press("Tab")
    page.get_by_role("button", name="Forecast").click()
    page.get_by_role("button", name="Start this run").click()
    page.get_by_text("It is running").wait_for()
