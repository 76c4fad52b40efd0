"""A newcomer's whole story in a real browser: an empty home, reviews, a question, a vote, the results."""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.app.page_server import PageServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

SHOWN = re.compile("A · (smollm2|extractive)")
PATIENT = 120_000  # ms: PostgreSQL is made, the embedder loaded


@pytest.fixture
def newcomer(bring_smollm2: Callable[[Path], None]) -> Iterator[PageServer]:
    """As after `make setup` and `python -m models pull smollm2`: no database, no reviews."""
    # Not pytest's own folder: as root the server runs as another user, who must be able to come near.
    with tempfile.TemporaryDirectory(prefix="reviewduel-") as home:
        bring_smollm2(Path(home))
        environment = os.environ | {"REVIEWDUEL_HOME": home}
        with PageServer(environment, Path(home) / "log") as server:
            yield server


@pytest.mark.slow
def test_a_newcomer_asks_votes_and_finds_the_vote(page: "Page", newcomer: PageServer) -> None:
    page.goto(newcomer.url)
    expect(page.get_by_text("There are no reviews yet.")).to_be_visible(timeout=PATIENT)

    page.get_by_role("link", name="Bring reviews in").click()
    page.get_by_role("button", name="Bring in the sample reviews").click()
    expect(page.get_by_text("Done: read")).to_be_visible(timeout=PATIENT)
    page.get_by_role("tab", name="Products").click()
    expect(page.get_by_text("Mean stars")).to_be_visible()

    page.get_by_role("link", name="Ask", exact=True).click()
    page.get_by_text("Blind", exact=True).click()
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill("What do people like about these headphones?")
    box.press("Enter")
    better = page.get_by_role("button", name="A is better")
    better.wait_for(timeout=PATIENT)
    expect(page.get_by_text(SHOWN)).to_have_count(0)
    better.click()
    expect(page.get_by_text("Voted: A is better")).to_be_visible()
    expect(page.get_by_text(SHOWN)).to_be_visible()

    page.get_by_role("link", name="Results", exact=True).click()
    page.get_by_role("tab", name="Votes").click()
    expect(page.get_by_text("1 blind vote")).to_be_visible()
    expect(page.get_by_text("The votes do not support an order of both")).to_be_visible()
    assert not newcomer.defects
