"""The page below a path, as behind a company's proxy: what it links to lies there too.

Streamlit 1.67 (streamlit/runtime/context_util.py, maybe_trim_page_path) cuts the name of a page off the end
of an address without looking for the slash before it. So the paths here end like our own pages.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from app import navigation
from tests.app.conftest import PageServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

QUESTION = "How long does the battery last below a path?"


@pytest.fixture
def below(page_environment: dict[str, str], tmp_path: Path) -> Iterator[PageServer]:
    with PageServer(page_environment, tmp_path / "log", base="reviews") as server:
        yield server


def links(page: "Page") -> set[str]:
    """Where the page's links lead, without places on the page itself."""
    found = page.eval_on_selector_all("a[href]:not([href^='#'])", "links => links.map(link => link.href)")
    return {address.partition("#")[0] for address in found}


def asked_by_link(page: "Page", address: str) -> None:
    page.goto(address)
    expect(page.get_by_test_id("stMetric")).to_have_count(10, timeout=90_000)


def test_links_lead_there(page: "Page", below: PageServer, tmp_path: Path) -> None:
    base = below.url
    asked_by_link(
        page, f"{base}/?{urlencode({'product': 'B0TEST0001', 'models': 'praise,lament', 'q': QUESTION})}"
    )
    expect(page).to_have_url(re.compile(rf"^{re.escape(base)}/\?c="))
    assert copied_link(page).startswith(f"{base}/?product=B0TEST0001&models=praise%2Clament&q=How+long")
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Save|Download|Export")).first.click()
    assert download.value.url.startswith(f"{base}/media/")
    seen = links(page)
    for name, path in (("Results", "/results"), ("Models", "/models"), ("Reviews", "/reviews")):
        page.get_by_test_id("stTopNav").get_by_role("link", name=name).click()
        expect(page).to_have_url(f"{base}{path}")
        page.get_by_role("heading").first.wait_for()
        seen |= links(page)
    assert seen and all(address == base or address.startswith(f"{base}/") for address in seen), seen
    # The browser told the server the address of Reviews last.
    page.get_by_test_id("stTopNav").get_by_role("link", name="Ask").click()
    expect(page.get_by_text(QUESTION)).to_be_visible()
    link = copied_link(page)
    assert link.startswith(f"{base}/?product=")
    asked_by_link(page, link)
    expect(page.get_by_text(QUESTION)).to_be_visible()
    assert below.defects == []


def copied_link(page: "Page") -> str:
    page.get_by_role("button", name="Link").first.click()
    code = page.get_by_test_id("stCode").first
    expect(code).to_be_visible()
    text = code.inner_text()
    page.keyboard.press("Escape")
    return text


@pytest.mark.parametrize(
    ("base", "told", "expected"),
    [
        ("", "https://duel.example/", "https://duel.example/"),
        ("", "https://duel.example/models", "https://duel.example/"),
        ("reviews", "https://a.example/reviews", "https://a.example/reviews/"),
        ("reviews", "https://a.example/reviews/reviews", "https://a.example/reviews/"),
        ("tools/my-models", "https://a.example/tools/my-models/ask", "https://a.example/tools/my-models/"),
        # A proxy that takes the path away before Streamlit sees it.
        ("", "https://a.example/my-models", "https://a.example/my-models/"),
        ("", "https://a.example/reviews/", "https://a.example/reviews/"),
        ("", "https://a.example/tools/results", "https://a.example/tools/"),
        ("", "", ""),
    ],
)
def test_the_address_of_the_first_page(
    base: str, told: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = SimpleNamespace(context_info=SimpleNamespace(url=told))
    monkeypatch.setattr(navigation, "get_script_run_ctx", lambda: seen)
    monkeypatch.setattr("streamlit.get_option", lambda _: base)
    assert navigation.address() == expected
