"""The page Reviews, without a browser: products, the search, marks, and what is said of arriving files."""

import io
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.testing.v1 import AppTest

from app import resources
from app.reviews import bring_in
from app.reviews.arrival import Arrival
from app.reviews.arrivals import Arrivals
from config import PassageSettings, Settings
from config.settings import RetrievalSettings
from database import Database
from ingest import Review, ingest
from retriever import Embedder
from retriever.products import Listing

HOSTILE = "It broke. <img src=x onerror=alert(1)> **bold** [link](http://example.com) :red[red]"


def review(text: str, review_id: str, ids: str = "A1,A2", **others: Any) -> Review:
    values = {"title": None, "rating": None, "written_on": None, "reviewer": None, **others}
    listing = Listing(tuple(ids.split(",")), f"Product {ids[0]}", "Acme", "Home,Kitchen")
    return Review(line=2, listing=listing, text=text, review_id=review_id, **values)


@pytest.fixture
def page(
    settings: Settings, database: Database, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AppTest]:
    """The page over a database of the test's own, by meaning alone: the embedder knows three words."""
    dense = settings.model_copy(update={"retrieval": RetrievalSettings(mode="dense", k=2)})
    line = Arrivals(settings.home / "uploads", database, fake_embedder, PassageSettings())
    monkeypatch.setattr(resources, "settings", lambda: dense)
    monkeypatch.setattr(resources, "database", lambda: database)
    monkeypatch.setattr(resources, "embedder", lambda: fake_embedder)
    monkeypatch.setattr(resources, "warm_up", lambda: None)
    monkeypatch.setattr(bring_in, "arrivals", lambda: line)
    monkeypatch.setattr("gc.freeze", lambda: None)
    st.cache_resource.clear()
    yield AppTest.from_function(draw, default_timeout=20)
    st.cache_resource.clear()


def draw() -> None:
    from app.errors import in_words
    from app.reviews.page import draw

    with in_words():
        draw()


@pytest.fixture
def filled(database: Database, fake_embedder: Embedder) -> None:
    reviews = [
        review("battery battery", "r1", rating=5.0, written_on=date(2024, 1, 2), title="Lasts *long*"),
        review(
            f"battery battery battery {HOSTILE}",
            "r2",
            rating=1.0,
            written_on=date(2024, 3, 4),
            reviewer="Ann",
        ),
        review("battery, and the screen", "r3", rating=4.0),
        review("the price", "s1", "B1"),
    ]
    ingest(reviews, database, fake_embedder, PassageSettings(scan=False))


def said(page: AppTest) -> str:
    """All that stands on the page."""
    parts = [
        *page.markdown,
        *page.caption,
        *page.header,
        *page.info,
        *page.warning,
        *page.error,
        *page.success,
    ]
    return "\n".join(str(part.value) for part in parts)


def open_tab(page: AppTest, tab: str) -> AppTest:
    page.session_state["part"] = tab
    return page.run()


def search(page: AppTest, question: str = "battery") -> AppTest:
    open_tab(page, "Search")
    page.text_input(key="reviews-question").set_value(question)
    page.button[0].click().run()
    assert not page.exception
    return page


def passages(page: AppTest) -> list[str]:
    found = page.session_state["reviews-found"]
    return [match.passage.review_id for match in found.matches]


def test_products_with_their_ratings(filled: None, page: AppTest) -> None:
    page.run()
    assert not page.exception
    table = page.dataframe[0].value
    assert table["Name"].tolist() == ["Product A", "Product B"]
    assert table["Ids"].tolist() == ["A1, A2", "B1"]
    assert table["Reviews"].tolist() == [3, 1]
    assert table["Stars"].tolist()[0] == pytest.approx(10 / 3)
    assert page.header[0].value == "Product A"
    assert [metric.value for metric in page.metric] == ["3.3 ★", "3", "2024-01-02 to 2024-03-04"]
    assert "Acme · Home, Kitchen · A1, A2" in said(page)
    bars = [bar.text for bar in page.progress]
    assert bars == ["★★★★★ 1 (33%)", "★★★★ 1 (33%)", "★★★ 0 (0%)", "★★ 0 (0%)", "★ 1 (33%)"]
    page.text_input(key="reviews-find").set_value("b1").run()
    assert page.dataframe[0].value["Name"].tolist() == ["Product B"]
    page.text_input(key="reviews-find").set_value("nothing **like** it").run()
    assert "No product is called" in said(page) and "\\*\\*like\\*\\*" in said(page)


def test_what_is_stars_alone_and_the_shop_are_said(
    page: AppTest, database: Database, fake_embedder: Embedder
) -> None:
    listing = Listing(("A1",), "Kettle", source="shop")
    reviews = [
        Review(2, listing, None, text, f"r{n}", 4.0, None, None)
        for n, text in enumerate(("Fine.", None, None))
    ]
    ingest(reviews, database, fake_embedder, PassageSettings())
    page.run()
    assert [(metric.label, metric.value) for metric in page.metric] == [
        ("Mean stars", "4.0 ★"), ("Reviews", "3"), ("With a text", "1"),
    ]  # fmt: skip
    assert "from shop · shop:A1" in said(page).replace("\\", "")


def test_the_search_can_be_of_one_language(
    page: AppTest, database: Database, fake_embedder: Embedder
) -> None:
    reviews = [
        review("battery", "en", language="en"), review("battery, price", "de", language="de"),
        review("price", "b", "B1", language="en"),
    ]  # fmt: skip
    ingest(reviews, database, fake_embedder, PassageSettings())
    search(page)
    assert passages(page) == ["en", "de"]
    page.selectbox(key="reviews-language").set_value("de")
    page.button[0].click().run()
    assert passages(page) == ["de"]
    assert [expander.label for expander in page.expander] == ["Filters: 1 set"]
    page.selectbox(key="reviews-language").set_value(None)
    page.button[0].click().run()
    assert passages(page) == ["en", "de"]
    page.selectbox[0].set_value("B1").run()
    assert not page.exception
    assert "Language" not in [box.label for box in page.selectbox]


def test_the_search_is_the_apps_and_shows_what_is_known(filled: None, page: AppTest) -> None:
    search(page)
    assert passages(page) == ["r1", "r2"]
    text = said(page)
    assert "★★★★★ 5 · 2024\\-01\\-02 · score 0.95" in text
    assert "Lasts \\*long\\*" in text
    assert "<img" not in text.replace("\\<img", "") and "**bold**" not in text and ":red[" not in text
    page.slider[0].set_range(4.0, 5.0)
    page.button[0].click().run()
    assert passages(page) == ["r1", "r3"]
    assert [expander.label for expander in page.expander] == ["Filters: 1 set"]
    page.text_input(key="reviews-question").set_value(" ")
    page.button[0].click().run()
    assert "Type a question" in said(page)


def test_a_mark_keeps_k_and_can_be_undone(filled: None, page: AppTest) -> None:
    search(page)
    page.button(key="mark-match-2").click().run()
    assert not page.exception
    assert passages(page) == ["r1", "r3"]
    assert "no model is given it any more" in said(page)
    assert [expander.label for expander in page.expander] == ["Filters", "Marked as harmful: 1"]
    page.button(key="reviews-undo-button").click().run()
    assert passages(page) == ["r1", "r2"]
    page.button(key="mark-match-2").click().run()
    page.toggle[0].set_value(True)
    page.button[0].click().run()
    assert passages(page) == ["r1", "r2"]
    page.button(key="unmark-match-2").click().run()
    page.toggle[0].set_value(False)
    page.button[0].click().run()
    assert passages(page) == ["r1", "r2"]


def test_an_unknown_product_is_a_sentence_and_not_a_trap(filled: None, page: AppTest) -> None:
    open_tab(page, "Search")
    page.session_state["reviews-product"] = "gone"
    page.run()
    assert not page.exception and not page.error


def test_without_reviews_the_sample_is_a_button(page: AppTest, tmp_path: Path, monkeypatch: Any) -> None:
    sample = tmp_path / "sample.csv"
    sample.write_text("asins,name,reviews.text\nA1,Kettle,It boils.\n")
    monkeypatch.setattr(bring_in, "SAMPLE", sample)
    page.run()
    assert "There are no reviews yet" in said(page)
    page.button[0].click().run()
    (arrival,) = bring_in.arrivals().all()
    settle(arrival)
    page.run()
    assert "Done: read 1, new 1" in said(page)
    assert [product.name for product in resources.retriever().products()] == ["Kettle"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"sku,words\nA,It boils.\n", "Which column holds the product's id"),
        (b"", "found nothing, expected a header"),
        (
            b"asins,reviews.text\nA,Fine.\nA,\n",
            "1 review of 1 product; 1 row left out. Nothing is stored yet.",
        ),
        (b"text,stars\nFine.,9\n", "Which column holds the product's id"),
        (
            b"asins,reviews.text\nA,Fine.\n,Lost.\n",
            "1 review of 1 product; 1 row would be rejected. Nothing is stored yet.",
        ),
    ],
)
def test_what_a_file_holds_is_said_before_anything_is_stored(
    data: bytes, sentence: str, filled: None, page: AppTest
) -> None:
    arrival = bring_in.arrivals().take(io.BytesIO(data), "[x](http://example.com).csv")
    settle(arrival)
    open_tab(page, "Bring in")
    assert not page.exception
    assert sentence in said(page).replace("\\", "")
    assert "[x](http" not in said(page)


def test_an_upload_is_not_held_in_memory_once_it_is_taken(
    filled: None, page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = MemoryUploadedFileManager("/mock/upload")
    monkeypatch.setattr("streamlit.testing.v1.local_script_runner.MemoryUploadedFileManager", lambda _: held)
    open_tab(page, "Bring in")
    page.file_uploader[0].upload("shop.csv", b"asins,reviews.text\nA,It boils.\n")
    page.run()
    (arrival,) = bring_in.arrivals().all()
    settle(arrival)
    assert not page.exception and not page.error
    assert arrival.found and arrival.found.reviews == 1
    assert held.get_stats(()) == {}


def test_a_column_may_be_taken_for_none_that_matters(filled: None, page: AppTest) -> None:
    file = io.BytesIO(b"asins,reviews.text,brand\nA,It boils.,never heard of\n")
    arrival = bring_in.arrivals().take(file, "shop.csv")
    settle(arrival)
    open_tab(page, "Bring in")
    boxes = {box.label: box for box in page.multiselect}
    assert all(box.options == ["asins", "reviews.text", "brand"] for box in boxes.values())
    assert [boxes[field].value for field in ("Brand", "Product's id", "Title")] == [["brand"], ["asins"], []]
    boxes["Brand"].set_value([])
    look_again(page, arrival)
    assert arrival.found
    assert arrival.found.columns["brand"] == () and arrival.found.samples[0].listing.brand is None


def test_all_that_a_file_does_not_tell_can_be_told(filled: None, page: AppTest) -> None:
    data = "It boils.;3/4/2024;4;caf\xe9\nIt rusts.;5/6/2024;2;Bo\n".encode("cp1252")
    arrival = bring_in.arrivals().take(io.BytesIO(data), "shop.csv")
    settle(arrival)
    open_tab(page, "Bring in")
    next(box for box in page.checkbox if "names the columns" in box.label).set_value(False)
    look_again(page, arrival)
    assert arrival.available == ("1", "2", "3", "4")
    assert page.dataframe[0].value["1"].tolist() == ["It boils.", "It rusts."]
    boxes = {box.label: box for box in page.multiselect}
    for field, column in (("Review's text (needed)", "1"), ("Date", "2"), ("Rating", "3"), ("Reviewer", "4")):
        boxes[field].set_value([column])
    texts = {box.label: box for box in page.text_input}
    texts["All of it is one product, called"].set_value("Kettle")
    texts["Shop"].set_value("corner")
    texts["Scale of the ratings"].set_value("0-4")
    texts["Encoding"].set_value("cp1252")
    next(box for box in page.selectbox if box.label == "Dates").set_value("month first: 12/31/2024")
    look_again(page, arrival)
    assert arrival.found and not arrival.error
    first, second = arrival.found.samples
    assert (first.text, first.reviewer, first.rating, first.written_on) == (
        "It boils.", "café", 5.0, date(2024, 3, 4),
    )  # fmt: skip
    assert (second.rating, second.listing.aliases) == (3.0, ("corner:Kettle",))
    texts = {box.label: box for box in page.text_input}
    texts["Scale of the ratings"].set_value("five")
    next(button for button in page.button if button.label == "Look again").click().run()
    assert "is no scale of ratings" in said(page)


def look_again(page: AppTest, arrival: Arrival) -> None:
    next(button for button in page.button if button.label == "Look again").click().run()
    settle(arrival)
    page.run()
    assert not page.exception


def settle(arrival: Arrival) -> None:
    end = time.monotonic() + 20
    while arrival.busy and time.monotonic() < end:
        time.sleep(0.01)
