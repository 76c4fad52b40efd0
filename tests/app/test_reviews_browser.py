"""The page Reviews in a real browser: a stranger's file comes in, is searched, and a passage is marked."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.app.page_server import PageServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.conftest import Cluster

FILE = """\
asins,name,reviews.title,reviews.text,reviews.rating,reviews.date
B0NEW00001,Test Lantern,Bright,The battery lasts thirty hours.,5,2024-01-02
B0NEW00001,Test Lantern,,"The battery died. Bad. <b>x</b> <img src=x onerror=alert(1)>",1,2024-02-03
B0NEW00001,Test Lantern,,The battery is hard to change.,3,2024-03-04
B0NEW00001,Test Lantern,,Lost.
"""


SLOW = 240_000  # milliseconds; the embedder is loaded in seconds, unless the machine is busy


@pytest.fixture(scope="module")
def server(embedded_cluster: "Cluster", tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    """A page without reviews; the first test brings them in."""
    home = tmp_path_factory.mktemp("reviews")
    environment = os.environ | {
        "REVIEWDUEL_HOME": str(home),
        "REVIEWDUEL_DATABASE_URL": embedded_cluster.create_migrated(),
    }
    with PageServer(environment, home / "log") as server:
        yield server
    assert list((home / "uploads").iterdir()) == []


def upload(page: "Page", name: str, text: str) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": text.encode()}
    )


@pytest.mark.slow
def test_a_file_comes_in_is_searched_and_a_passage_marked(page: "Page", server: PageServer) -> None:
    page.goto(f"{server.url}/reviews")
    expect(page.get_by_text("There are no reviews yet.")).to_be_visible()
    upload(page, "my shop.csv", FILE)
    expect(
        page.get_by_text("3 reviews of 1 product; 1 row would be rejected. Nothing is stored yet.")
    ).to_be_visible()
    expect(page.get_by_text("The battery died.")).to_be_visible()
    page.get_by_role("button", name="Bring in", exact=True).click()
    # Whoever leaves in the middle finds it done; the embedder takes its time the first time.
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.reload()
    page.get_by_role("tab", name="Bring in").click(timeout=SLOW)
    page.get_by_text("Done: read 4, new 3, updated 0, unchanged 0, rejected 1.").wait_for(timeout=SLOW)
    page.get_by_role("button", name="Close").click()

    page.get_by_role("tab", name="Products").click()
    expect(page.get_by_role("heading", name="Test Lantern")).to_be_visible()
    page.get_by_role("button", name="Search its reviews").click()
    page.get_by_label("Question").fill("How long does the battery last?")
    page.get_by_label("Passages").fill("2")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_text("2 passages")).to_be_visible(timeout=SLOW)
    lasts, marks = (
        page.get_by_text("The battery lasts thirty hours."),
        page.get_by_role("button", name="Mark as harmful"),
    )
    expect(lasts).to_have_count(1)
    expect(marks).to_have_count(2)
    marks.first.click()
    expect(page.get_by_text("no model is given it any more")).to_be_visible()
    expect(page.get_by_text("Marked as harmful: 1")).to_be_visible()
    expect(marks).to_have_count(2)  # another took the place
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("No longer marked as harmful")).to_be_visible()
    expect(page.get_by_text("Marked as harmful: 1")).to_have_count(0)


def test_a_file_that_nobody_knows_is_a_sentence_with_a_way_out(page: "Page", server: PageServer) -> None:
    page.goto(f"{server.url}/reviews?part=Bring+in")
    upload(page, "<img src=x onerror=alert(1)>.csv", "sku,<b>words</b>\nA,It boils.\n")
    expect(page.get_by_text("Which column holds the product's id")).to_be_visible()
    expect(page.locator("img[src=x]")).to_have_count(0)
    for label, column in (("Product's id", "sku"), ("Review's text (needed)", "<b>words</b>")):
        page.get_by_role("combobox", name=label).click()
        page.get_by_role("option", name=column, exact=True).click()
        page.keyboard.press("Escape")  # several may be chosen, so the list stays open
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("1 review of 1 product. Nothing is stored yet.")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("1 review of 1 product. Nothing is stored yet.")).to_have_count(0)
