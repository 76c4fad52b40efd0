"""The side-by-side chat in a real browser: each test a story, for what only a browser shows."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import psycopg2
from playwright.sync_api import expect

from tests.app.conftest import LAMENT, PRAISE, PageServer

if TYPE_CHECKING:
    from playwright.sync_api import Page

QUESTION = "How long does the battery last?"
# The first search of a server waits for the embedder, and this machine may be busy.
FIRST_MS = 90_000


def ask(page: "Page", question: str = QUESTION) -> None:
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")


def open_page(page: "Page", server: PageServer, **link: str) -> None:
    page.goto(f"{server.url}?{urlencode(link)}")
    page.get_by_test_id("stChatInputTextArea").wait_for()


def choose(page: "Page", label: str, text: str) -> None:
    page.get_by_role("combobox", name=re.compile(label)).click()
    page.get_by_role("combobox", name=re.compile(label)).fill(text)
    page.get_by_role("option").first.click()


def logged(environment: dict[str, str], statement: str, *values: object) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(environment["REVIEWDUEL_DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    connection.close()
    return rows


def test_two_models_answer_side_by_side_and_know_the_conversation(
    page: "Page", page_server: PageServer, page_environment: dict[str, str]
) -> None:
    open_page(page, page_server)
    ask(page)
    expect(page.get_by_text("Most people praise the battery")).to_be_visible(timeout=FIRST_MS)
    expect(page.get_by_text(LAMENT)).to_be_visible()
    expect(page.get_by_text("says that the reviews do not tell")).to_have_count(1)
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
    read_the_passages(page)
    ask(page, "And a second one?")
    expect(page.get_by_test_id("stMetric")).to_have_count(20)
    # Each model is told what it was asked about the product before.
    expect(page.get_by_text("knew 1 of the earlier questions")).to_have_count(2)
    questions = page.get_by_test_id("stChatMessage").all_inner_texts()
    assert ["And a second one?" in questions[0], QUESTION in questions[1]] == [True, True]
    rows = logged(
        page_environment,
        "SELECT model, answer, shared, product_id FROM answer WHERE question = %s ORDER BY model",
        "And a second one?",
    )
    assert rows == [("lament", LAMENT, True, "B0TEST0001"), ("praise", PRAISE, True, "B0TEST0001")]


def read_the_passages(page: "Page") -> None:
    """Citations lead to them, and what strangers wrote is shown as it is."""
    link = page.get_by_role("link", name="[2]")
    assert link.get_attribute("href") == "#question-1-2"
    link.click()
    expect(page.locator("#question-1-2")).to_be_in_viewport()
    # The model was given two passages: [9] is no link, and said to be wrong.
    expect(page.get_by_role("link", name="[9]")).to_have_count(0)
    expect(page.get_by_text("cites [9], which it was not given")).to_be_visible()
    hostile = page.get_by_text("Battery died.")
    expect(hostile).to_be_visible()
    assert hostile.inner_text().replace("\u200b", "") == (
        "Battery died. **bold** [link](http://example.com) ![i](http://example.com/i.png) $x^2$ :red[red]"
    )
    assert hostile.locator("img, a, strong").count() == 0


def test_a_reload_and_a_second_tab_find_the_answer_going_on_and_one_of_two_is_stopped(
    page: "Page", page_server: PageServer
) -> None:
    open_page(page, page_server, product="B0TEST0001", models="endless,praise", q=QUESTION)
    speed = page.get_by_text(re.compile(r"writing · [1-9][\d,]*\.\d tokens/s so far · "))
    expect(speed).to_be_visible(timeout=FIRST_MS)
    page.reload()
    expect(speed).to_be_visible()
    expect(page.get_by_test_id("stChatMessage")).to_have_count(1)
    second = page.context.new_page()
    second.goto(page.url)
    written = second.get_by_text("on and off")
    expect(written).to_be_visible()
    before = len(written.inner_text())
    expect(second.get_by_text("Most people praise the battery")).to_be_visible()
    second.get_by_role("button", name="Stop A", exact=True).click()
    for tab in (page, second):
        expect(tab.get_by_text("stopped: cancelled")).to_be_visible()
        expect(tab.get_by_role("button", name=re.compile("^Stop"))).to_have_count(0)
        expect(tab.get_by_test_id("stMetric")).to_have_count(10)
    assert len(written.inner_text()) > before
    second.close()


def test_a_link_asks_once_and_a_blind_vote_tells_the_names(
    page: "Page", page_server: PageServer, page_environment: dict[str, str]
) -> None:
    question = "Does the link ask once?"
    open_page(page, page_server, product="B0TEST0002", models="praise,lament", q=question)
    expect(page.get_by_test_id("stMetric")).to_have_count(10, timeout=FIRST_MS)
    expect(page).to_have_url(re.compile(r"\?c=[\w-]{20,}$"))
    page.reload()
    expect(page.get_by_test_id("stMetric")).to_have_count(10)
    assert logged(page_environment, "SELECT count(*) FROM answer WHERE question = %s", question) == [(2,)]
    page.get_by_text("Blind", exact=True).click()
    ask(page, "Which is it?")
    expect(page.get_by_text("Which answer is best?").first).to_be_visible()
    expect(page.get_by_text("Answer A", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stMetric")).to_have_count(10)
    page.get_by_role("button", name="A is better").click()
    expect(page.get_by_test_id("stMetric")).to_have_count(20)
    expect(page.get_by_text("Voted: A is better.")).to_be_visible()
    votes = "SELECT blind FROM vote JOIN answer ON answer_id = first WHERE question = 'Which is it?'"
    assert logged(page_environment, votes) == [(True,)]


def test_any_id_may_be_typed_and_a_verbatim_answer_quotes_or_says_that_reviews_do_not_tell(
    page: "Page", page_server: PageServer
) -> None:
    open_page(page, page_server)
    choose(page, "Product", "B0TEST0009")
    ask(page)
    expect(page.get_by_role("alert")).to_contain_text(
        "No product has the id 'B0TEST0009'. Did you mean B0TEST000"
    )
    choose(page, "Product", "B0TEST0002")
    choose(page, "Answers", "verbatim")
    choose(page, "Models", "extractive")
    ask(page)
    expect(page.get_by_text("about Test Headphones · verbatim answers")).to_be_visible()
    columns = page.get_by_test_id("stColumn").filter(has=page.get_by_test_id("stMetric"))
    expect(columns).to_have_count(3, timeout=FIRST_MS)
    for column in columns.all():
        said = column.get_by_test_id("stMarkdown").all_inner_texts()[1].replace("\u200b", "")
        quotes = re.findall(r"“(.*?)”|\"(.*?)\" \[", said)
        assert said == LAMENT or quotes, said
    # The contestant without a language model finds the sentence; the two that recite choose as they are made.
    expect(columns.last.get_by_text("The battery lasts thirty hours.")).to_be_visible()


def test_the_server_wrote_no_traceback(page_server: PageServer) -> None:
    assert not page_server.defects
