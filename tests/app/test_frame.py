"""What holds for every page in a real browser: nothing from outside, controls named, no address breaks it."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from app.defects import DEFECT
from tests.app.accessibility import nameless, read_out, skipped_levels
from tests.app.page_server import PageServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGES = {"": "Ask", "results": "Results", "models": "Models", "reviews": "Reviews"}
MIXED = "<script>alert(1)</script>../../etc/passwd ![i](http://example.com/i.png) :red[red]"
NUL, LONG = "a\x00b", "x" * 10_000
HOSTILE = {
    "": [
        {"product": MIXED},
        {"product": NUL},
        {"product": LONG, "models": MIXED, "q": NUL},
        {"c": MIXED + NUL},
    ],
    "results": [{"part": MIXED, "run": MIXED}],
    "reviews": [{"part": NUL}],
}


def drawn(page: "Page") -> None:
    """Return when the page is complete."""
    page.get_by_role("heading", level=1).first.wait_for()
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_local_and_can_be_read_out(page: "Page", page_server: PageServer, path: str) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{page_server.url}/{path}")
    drawn(page)
    current = page.get_by_role("link", name=PAGES[path], exact=True)
    expect(current).to_be_visible()
    outside = [url for url in asked if not url.startswith((page_server.url, "data:", "blob:"))]
    assert not outside
    assert not complaints
    nodes = read_out(page)
    assert not nameless(nodes)
    assert not skipped_levels(nodes)


def test_no_address_breaks_a_page(page: "Page", page_server: PageServer) -> None:
    for path, queries in HOSTILE.items():
        for query in queries:
            page.goto(f"{page_server.url}/{path}?{urlencode(query)}")
            drawn(page)
            body = page.inner_text("body")
            assert DEFECT not in body, query
            assert not re.search(r"Traceback|Error:|Exception", body), query
            assert page.locator("script:has-text('alert(1)'), img[src*='example.com']").count() == 0


def test_the_keyboard_reaches_pages_and_question(page: "Page", page_server: PageServer) -> None:
    page.goto(page_server.url)
    drawn(page)
    page.get_by_test_id("stChatInputTextArea").wait_for()
    reached: set[str] = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.dataset.testid || document.activeElement.innerText.trim()")
        )
    assert "stChatInputTextArea" in reached
    assert {name for name in PAGES.values() if not any(name in text for text in reached)} <= {"Ask"}


def test_a_phone_shows_everything_in_its_width(page: "Page", page_server: PageServer) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in PAGES:
        page.goto(f"{page_server.url}/{path}")
        drawn(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth <= innerWidth"), path


def test_it_is_dark_for_whom_the_night_is(page: "Page", page_server: PageServer) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(f"{page_server.url}/reviews")
        drawn(page)
        ground = page.evaluate(
            "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
        )
        grounds[scheme] = sum(map(int, re.findall(r"\d+", ground)[:3])) / 3
    assert grounds["light"] > 200
    assert grounds["dark"] < 60
