"""What holds for every page in a real browser: nothing from outside, controls named, no address breaks it."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from app.defects import DEFECT
from tests.app.accessibility import faint, nameless, read_out, skipped_levels
from tests.app.page_server import PageServer

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

PHONE: "ViewportSize" = {"width": 390, "height": 844}
PAGES = {"": "Ask", "results": "Results", "models": "Models", "reviews": "Reviews"}
# How bright the page's ground is, 0 to 255.
GROUND = """
    (getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor
        .match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0) / 3)
"""
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
def test_a_page_is_whole_local_and_can_be_read(page: "Page", page_server: PageServer, path: str) -> None:
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
    assert page.evaluate(GROUND) > 200
    assert not faint(page)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"{GROUND} < 60")
    assert not faint(page)
    page.set_viewport_size(PHONE)
    # Tables take their new width a moment later.
    for part in ("document.documentElement", "document.querySelector('[data-testid=stMain]')"):
        page.wait_for_function(f"{part}.scrollWidth <= innerWidth")


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
