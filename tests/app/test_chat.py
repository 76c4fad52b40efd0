"""The side-by-side chat in a real browser."""

import re
from typing import TYPE_CHECKING

import psycopg2
import pytest
from playwright.sync_api import expect

from tests.app.conftest import LAMENT, PRAISE, THOUGHT, PageServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

QUESTION = "How long does the battery last?"


def ask(page: "Page", question: str = QUESTION) -> None:
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")


def open_page(page: "Page", server: PageServer) -> None:
    page.goto(server.url)
    page.get_by_test_id("stChatInputTextArea").wait_for()


def choose(page: "Page", label: str, text: str) -> None:
    page.get_by_role("combobox", name=re.compile(label)).click()
    page.get_by_role("combobox", name=re.compile(label)).fill(text)
    page.get_by_role("option").first.click()


def test_two_models_answer_side_by_side_with_their_figures(page: "Page", page_server: PageServer) -> None:
    open_page(page, page_server)
    ask(page)
    expect(page.get_by_text("Most people praise the battery")).to_be_visible()
    expect(page.get_by_text(LAMENT)).to_be_visible()
    columns = page.get_by_test_id("stColumn").filter(has=page.get_by_test_id("stMetric"))
    expect(columns).to_have_count(2)
    expect(page.get_by_test_id("stMetric")).to_have_count(10)
    for column in columns.all():
        labels = column.get_by_test_id("stMetricLabel").all_inner_texts()
        assert [label.strip() for label in labels] == ["TTFT", "tokens/s", "words/s", "words", "memory"]
        values = column.get_by_test_id("stMetricValue").all_inner_texts()
        assert all(re.search(r"\d", value) for value in values), values
    # 14 words and three citations, whose digits count as words by the definition.
    expect(columns.first.get_by_test_id("stMetricValue").nth(3)).to_have_text("17")


def test_citations_lead_to_their_passage(page: "Page", page_server: PageServer) -> None:
    open_page(page, page_server)
    ask(page)
    link = page.get_by_role("link", name="[2]")
    assert link.get_attribute("href") == "#question-1-2"
    link.click()
    expect(page.locator("#question-1-2")).to_be_in_viewport()
    # The model was given two passages: [9] is no link, and said to be wrong.
    expect(page.get_by_role("link", name="[9]")).to_have_count(0)
    expect(page.get_by_text("cites [9], which it was not given")).to_be_visible()


def test_reviews_are_shown_as_they_are(page: "Page", page_server: PageServer) -> None:
    open_page(page, page_server)
    ask(page)
    shown = page.get_by_text("Battery died.")
    expect(shown).to_be_visible()
    assert shown.inner_text().replace("\u200b", "") == (
        "Battery died. **bold** [link](http://example.com) ![i](http://example.com/i.png) $x^2$ :red[red]"
    )
    assert shown.locator("img, a, strong").count() == 0


def test_any_id_finds_the_product(page: "Page", page_server: PageServer) -> None:
    open_page(page, page_server)
    choose(page, "Product", "B0TEST0003")
    ask(page, "Does it rust?")
    expect(page.get_by_text("about Test Kettle")).to_be_visible()
    expect(page.get_by_text("It rusts after a week.")).to_be_visible()
    expect(page.get_by_text("The battery lasts thirty hours.")).to_have_count(0)


def test_an_unknown_product_is_an_error_in_words(page: "Page", page_server: PageServer) -> None:
    open_page(page, page_server)
    choose(page, "Product", "B0TEST0009")
    ask(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("No product has the id 'B0TEST0009'. Did you mean B0TEST000")
    assert "Traceback" not in page.inner_text("body")


def test_stop_ends_a_long_answer_and_keeps_what_is_written(page: "Page", page_server: PageServer) -> None:
    open_page(page, page_server)
    choose(page, "Models", "endless")
    ask(page)
    stop = page.get_by_role("button", name="Stop")
    expect(page.get_by_text("writing")).to_be_visible()
    stop.click()
    expect(stop).to_have_count(0)
    expect(page.get_by_text("stopped: cancelled")).to_be_visible()
    expect(page.get_by_test_id("stMetric").first).to_be_visible()


def test_verbatim_answers_quote_customers_or_say_that_they_do_not_tell(
    page: "Page", page_server: PageServer
) -> None:
    open_page(page, page_server)
    page.get_by_text("Verbatim answers").click()
    choose(page, "Models", "extractive")
    ask(page)
    columns = page.get_by_test_id("stColumn").filter(has=page.get_by_test_id("stMetric"))
    # The first search for praise or complaint, or the first quotation, waits for the embedder.
    expect(columns).to_have_count(3, timeout=90_000)
    for column in columns.all():
        said = column.get_by_test_id("stMarkdown").all_inner_texts()[1].replace("\u200b", "")
        quotes = re.findall(r"“(.*?)”|\"(.*?)\" \[", said)
        assert said == LAMENT or quotes, said
    # The contestant without a language model finds the sentence; the two that recite choose as they are made.
    expect(columns.last.get_by_text("The battery lasts thirty hours.")).to_be_visible()


def test_reasoning_is_folded_away_and_no_part_of_the_answer(page: "Page", page_server: PageServer) -> None:
    open_page(page, page_server)
    choose(page, "Models", "thinker")
    ask(page)
    column = page.get_by_test_id("stColumn").filter(has_text="thinker").last
    expect(column.get_by_text("Long enough")).to_be_visible()
    expect(column.get_by_text(THOUGHT)).not_to_be_visible()
    # "Long enough 1"
    expect(column.get_by_test_id("stMetricValue").nth(3)).to_have_text("3")
    expect(column.get_by_text("reasoned for")).to_be_visible()
    column.get_by_text("Reasoning", exact=True).click()
    expect(column.get_by_text(THOUGHT)).to_be_visible()


def test_that_the_reviews_do_not_say_is_recognised(page: "Page", page_server: PageServer) -> None:
    open_page(page, page_server)
    ask(page)
    expect(page.get_by_text("says that the reviews do not tell")).to_have_count(1)


def test_every_answer_is_logged(
    page: "Page", page_server: PageServer, page_environment: dict[str, str]
) -> None:
    open_page(page, page_server)
    question = "Is this one logged?"
    ask(page, question)
    expect(page.get_by_test_id("stMetric")).to_have_count(10)
    connection = psycopg2.connect(page_environment["REVIEWDUEL_DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT model, answer, shared, product_id FROM answer WHERE question = %s ORDER BY model",
            (question,),
        )
        rows = cursor.fetchall()
    connection.close()
    assert rows == [("lament", LAMENT, True, "B0TEST0001"), ("praise", PRAISE, True, "B0TEST0001")]


def test_a_second_question_is_asked_on_the_same_page(page: "Page", page_server: PageServer) -> None:
    open_page(page, page_server)
    ask(page)
    expect(page.get_by_test_id("stMetric")).to_have_count(10)
    ask(page, "And a second one?")
    expect(page.get_by_test_id("stMetric")).to_have_count(20)
    # Each model is told what it was asked about the product before.
    expect(page.get_by_text("knew 1 of the earlier questions")).to_have_count(2)
    questions = page.get_by_test_id("stChatMessage").all_inner_texts()
    assert ["And a second one?" in questions[0], QUESTION in questions[1]] == [True, True]


def test_without_reviews_the_page_says_what_to_do(page: "Page", empty_server: PageServer) -> None:
    page.goto(empty_server.url)
    expect(page.get_by_text("There are no reviews yet.")).to_be_visible()
    expect(page.get_by_text("python -m ingest data/reviews.csv")).to_be_visible()


@pytest.mark.parametrize("server", ["page_server"])
def test_the_server_wrote_no_traceback(server: str, request: pytest.FixtureRequest) -> None:
    page_server: PageServer = request.getfixturevalue(server)
    assert "Traceback" not in page_server.log.read_text()
