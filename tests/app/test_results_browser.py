"""The page Results in a real browser: figures and votes drawn, and runs begun, stopped, resumed and read."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from compare.log.vote_log import VoteLog
from compare.run.run_list import RunList
from compare.run.run_process import stop_run
from database import Database
from tests.app.page_server import PageServer
from tests.compare.logged import log_answer

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture
def log(page_environment: dict[str, str]) -> Iterator[Database]:
    """The page's database; a run that a failed test left behind is stopped."""
    with Database(page_environment["REVIEWDUEL_DATABASE_URL"], "the page's") as database:
        yield database
        for run in RunList(database).latest(10):
            if run.process:
                stop_run(run.process)


def open_part(page: "Page", server: PageServer, part: str) -> None:
    page.goto(f"{server.url}/results?part={part}")
    expect(page.get_by_role("tab", name=part, selected=True)).to_be_visible()


def test_figures_and_votes_are_drawn(page: "Page", page_server: PageServer, log: Database) -> None:
    ids = [log_answer(log, "praise", speed=8), log_answer(log, "lament", speed=4)]
    VoteLog(log).record(ids, ids[0], blind=True)
    open_part(page, page_server, "Figures")
    charts = page.get_by_test_id("stVegaLiteChart").locator("canvas, svg")
    expect(charts.nth(1)).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download these answers as CSV").click()
    assert download.value.path().read_text().startswith("answer_id,")
    page.get_by_role("tab", name="Votes").click()
    expect(page.get_by_text("do not support an order")).to_be_visible()
    expect(charts.first).to_be_visible()
    assert "part=Votes" in page.url


@pytest.mark.slow
def test_a_run_begun_on_the_page_finishes_and_its_report_opens(
    page: "Page", page_server: PageServer, log: Database
) -> None:
    open_part(page, page_server, "Runs")
    page.get_by_label("Questions, one in each line").fill("Does it last?")
    page.get_by_label("Answers to each question").fill("1")
    page.get_by_label("Name of the run").fill("from the page")
    page.get_by_label("Name of the run").press("Tab")
    page.get_by_role("button", name="Forecast").click()
    expect(page.get_by_text("2 contestants, 2 questions about 2 products")).to_be_visible(timeout=90_000)
    expect(page.get_by_text("--question 'Does it last?' --models praise,lament")).to_be_visible()
    page.get_by_role("button", name="Start this run").click()
    expect(page.get_by_text("It is finished: 4 of 4 answers.")).to_be_visible(timeout=90_000)
    page.get_by_role("button", name="Open its report").click()
    expect(page.get_by_role("heading", name="Comparison from the page")).to_be_visible(timeout=90_000)
    page.get_by_text("Show all of it here").click()
    expect(page.frame_locator("iframe").get_by_role("heading", name="Each figure")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the report").click()
    assert "<script" not in download.value.path().read_text()


@pytest.mark.slow
def test_a_run_is_stopped_and_resumed_from_any_tab(
    page: "Page", page_server: PageServer, page_environment: dict[str, str], log: Database
) -> None:
    open_part(page, page_server, "Runs")
    page.get_by_text("Start a run").click()
    contestants = page.get_by_role("combobox", name=re.compile("Contestants"))
    contestants.click()
    contestants.press("Backspace")
    contestants.press("Backspace")
    contestants.fill("endless")
    page.get_by_role("option", name="endless", exact=True).click()
    page.get_by_label("Name of the run").fill("for ever")
    page.get_by_label("Name of the run").press("Tab")
    page.get_by_role("button", name="Forecast").click()
    page.get_by_role("button", name="Start this run").click(timeout=90_000)
    running = "It is running"
    expect(page.get_by_text(running)).to_be_visible()

    page.reload()
    expect(page.get_by_text(running)).to_be_visible()
    expect(page.get_by_text("endless: loading")).to_be_attached(timeout=60_000)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("It was stopped after 0 of")).to_be_visible(timeout=60_000)

    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text(running)).to_be_visible()
    (run,) = (run for run in RunList(log).latest(10) if run.run_id == "for ever")
    assert run.state == "running" and run.process and stop_run(run.process)
    expect(page.get_by_text("It was stopped after 0 of")).to_be_visible(timeout=60_000)
