"""The report in a real browser, from disk with the network off: wide and narrow, light, dark and printed."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from compare.report import write_files
from compare.scores import Span
from tests.compare.reports import finished, scored
from tests.compare.rows import row

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LONG = "a-model-with-a-name-that-no-line-of-a-telephone-holds-q4_k_m-and-on-and-on"
HOSTILE = '<script>document.title = "owned"</script><img src="http://example.com/x.png" onerror="x()">'
ANSWER = f"It works [1]. {HOSTILE}"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of three contestants on eight products, with all that may trouble a page."""
    products = tuple(f"B0TEST{number:04}" for number in range(8))
    rows = [
        row(
            name,
            answers=form,
            product_id=product,
            repeat=repeat,
            answer=ANSWER,
            passages=[{"review_id": "r", "number": 0, "score": 1, "text": f"{HOSTILE} {'w' * 400}"}],
            words_per_s=2.0 + number / 5,
            file_sha256="0" * 64,
        )
        for name, form in ((LONG, "free"), ("b", "free"), ("b", "verbatim"))
        for number, product in enumerate(products)
        for repeat in range(2)
    ]
    scores = [scored(number, Span(14, len(ANSWER)), groundedness=0.5) for number in range(len(rows))]
    folder = tmp_path_factory.mktemp("report")
    return write_files(folder, [finished("hostile", rows, scores, products=products, product_name=HOSTILE)])


@pytest.fixture(
    params=[("light", 1280), ("light", 390), ("dark", 1280), ("dark", 390)],
    ids=lambda one: f"{one[0]}-{one[1]}",
)
def opened(
    request: pytest.FixtureRequest, browser: "Browser", file: Path
) -> Iterator[tuple["Page", list[str]]]:
    """The page, and what the browser complained of."""
    scheme: Literal["light", "dark"]
    scheme, width = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: complaints.append(asked.url) if asked.url != file.as_uri() else None)
    page.goto(file.as_uri())
    yield page, complaints
    context.close()


def test_the_page_fits_its_window_and_asks_for_nothing(opened: tuple["Page", list[str]]) -> None:
    page, complaints = opened
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.title() == "Comparison hostile"
    assert complaints == []
    # Of what is drawn or written nothing leaves the window either, but for boxes that scroll by themselves.
    outside = page.evaluate(
        """[...document.querySelectorAll("body *")].filter(one => !one.closest(".scroll")
            && one.getBoundingClientRect().right > window.innerWidth + 1).map(one => one.outerHTML)"""
    )
    assert outside == []


def test_a_citation_leads_to_its_passage(opened: tuple["Page", list[str]]) -> None:
    page, complaints = opened
    page.locator("article a.cite").first.click()
    target = page.locator(":target")
    assert target.get_attribute("id") == "q1-1-1"
    assert target.is_visible() and HOSTILE in target.inner_text()
    assert complaints == []


def test_repeats_are_folded_and_printed(opened: tuple["Page", list[str]]) -> None:
    page, _ = opened
    repeat = page.locator(".card details .answer").first
    assert not repeat.is_visible()
    page.emulate_media(media="print")
    assert repeat.is_visible()


def test_letters_stand_out_from_their_ground(opened: tuple["Page", list[str]]) -> None:
    page, _ = opened
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 100
    assert [one for one in contrasts if one[0] < 4.5] == []


# Of each element with letters: the contrast (WCAG 2) of its colour to the nearest ground that is painted.
CONTRASTS = """
() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => {
    const [r, g, b] = numbers(colour).slice(0, 3).map(one => one / 255)
      .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = one => {
    for (; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (numbers(colour).length === 3) return colour;
    }
  };
  return [...document.querySelectorAll("body *:not(svg *)")]
    .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
    .map(one => {
      const [a, b] = [light(getComputedStyle(one).color), light(ground(one))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), one.outerHTML.slice(0, 99)];
    });
}
"""
