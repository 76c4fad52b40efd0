"""The page Ask in this process: what is drawn for what is chosen, typed and opened by a link."""

from collections.abc import Iterator
from datetime import date

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import app.ask.page
from app import resources
from app.ask import form
from app.ask.conversation import Conversation, Conversations
from app.ask.turn import Services
from database import Database
from retriever.products import Listing, resolve_products
from tests.app.answering import CONCLUSION, RECITED, THOUGHT


def draw() -> None:
    import app.ask.page

    app.ask.page.draw()


@pytest.fixture
def store(services: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Conversations]:
    """The page's resources are the test's own."""
    store = Conversations(services)
    opened = {
        "settings": services.settings,
        "database": services.retriever.database,
        "embedder": services.retriever.embedder,
        "retriever": services.retriever,
        "conversations": store,
        "warm_up": None,
    }
    st.cache_resource.clear()
    for name, resource in opened.items():
        monkeypatch.setattr(resources, name, lambda resource=resource: resource)
    monkeypatch.setattr(resources, "usable_models", lambda: list(services.settings.models))
    yield store
    st.cache_resource.clear()


@pytest.fixture
def page(store: Conversations) -> AppTest:
    return AppTest.from_function(draw, default_timeout=20)


def conversation_of(page: AppTest, store: Conversations) -> Conversation:
    conversation = store.find(page.query_params["c"])
    assert conversation is not None
    return conversation


def finished(page: AppTest, store: Conversations) -> AppTest:
    """The page once all is answered."""
    for turn in conversation_of(page, store).turns:
        turn.wait()
    page.run()
    assert not page.exception
    return page


def shown(page: AppTest) -> str:
    drawn = [*page.markdown, *page.caption, *page.subheader, *page.error, *page.info]
    return "\n".join(element.value for element in drawn).replace("\\", "").replace("\u200b", "")


def ask(page: AppTest, text: str = "How is the battery?") -> AppTest:
    return page.chat_input[0].set_value(text).run()


def test_a_suggested_question_is_asked_by_a_click(page: AppTest, store: Conversations) -> None:
    page.run()
    suggested = [button for button in page.button if str(button.key).startswith("suggested-")]
    assert "one or two stars" in " ".join(button.label for button in suggested)
    suggested[0].click().run()
    finished(page, store)
    assert RECITED["bad"] in shown(page)
    assert "What do people like about it?" in shown(page)
    assert not [button for button in page.button if str(button.key).startswith("suggested-")]


def test_nothing_is_asked_by_blanks(page: AppTest) -> None:
    page.run()
    ask(page, " \n ")
    assert not page.exception
    assert "c" not in page.query_params


def test_the_address_leads_back_and_the_form_remembers(page: AppTest, store: Conversations) -> None:
    page.run()
    page.multiselect(key="models").set_value(["third"]).run()
    finished(ask(page), store)
    again = AppTest.from_function(draw, default_timeout=20)
    again.query_params["c"] = page.query_params["c"]
    again.run()
    assert RECITED["third"] in shown(again)
    assert again.multiselect(key="models").value == ["third"]
    gone = AppTest.from_function(draw, default_timeout=20)
    gone.query_params["c"] = "unknown"
    gone.run()
    assert "no longer here" in shown(gone)
    assert "c" not in gone.query_params


def test_a_link_fills_the_form_and_asks_once(page: AppTest, store: Conversations) -> None:
    for key, value in {"product": "B", "models": "third,bad", "q": "Is it good?", "stars": "1-2"}.items():
        page.query_params[key] = value
    finished(page.run(), store)
    assert set(page.query_params) == {"c"}
    assert page.multiselect(key="models").value == ["third", "bad"]
    assert page.slider(key="stars").value == (1, 2)
    assert "about Kettle · 1 to 2 stars" in shown(page)
    assert "The price is too high." in shown(page)
    assert "thirty hours" not in shown(page)
    page.run()
    assert len(conversation_of(page, store).turns) == 1


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("product", "B0<script>", "No product has the id 'B0<script>'"),
        ("models", "nobody", "'nobody', which is not here"),
        ("models", "good,bad,third,thinker,endless", "4 are the most"),
        ("since", "../../etc/passwd", "such as 2024-12-31"),
        ("q", "x" * 10_000, "2,000 characters at most"),
    ],
)
def test_a_bad_link_is_a_sentence(page: AppTest, key: str, value: str, said: str) -> None:
    page.query_params["q"] = "Is it good?"
    page.query_params[key] = value
    page.run()
    assert not page.exception
    assert said in page.error[0].value.replace("\\", "").replace("\u200b", "")
    # Still there when something else is clicked, and gone with the next question.
    page.toggle(key="blind").set_value(True).run()
    assert len(page.error) == 1


def test_filters_are_shown_with_the_question_they_applied_to(page: AppTest, store: Conversations) -> None:
    page.run()
    page.slider(key="stars").set_value((4, 5)).run()
    page.date_input(key="since").set_value(date(2020, 1, 1)).run()
    assert [expander.label for expander in page.expander] == ["Filters: 2 set"]
    finished(ask(page), store)
    assert "4 to 5 stars, since 2020-01-01" in shown(page)
    assert "The price is too high." not in shown(page)


def test_reasoning_is_folded_away_and_no_part_of_the_answer(page: AppTest, store: Conversations) -> None:
    page.run()
    page.multiselect(key="models").set_value(["thinker"]).run()
    finished(ask(page), store)
    (folded,) = [expander for expander in page.expander if expander.label == "Reasoning"]
    assert "<b>batteries</b>" in folded.markdown[0].value.replace("\\", "")
    assert THOUGHT.split()[0] not in CONCLUSION
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["words"] == "3"  # "Long enough 1"
    assert "reasoned for" in shown(page)


def test_unsupported_sentences_and_cited_words_are_marked(page: AppTest, store: Conversations) -> None:
    page.run()
    page.multiselect(key="models").set_value(["good"]).run()
    finished(ask(page), store)
    assert ":orange-background[The king of France likes it.]" in shown(page)
    assert "1 sentence is" in shown(page)
    assert ":green-background[battery lasts thirty hours]" in shown(page)


def test_a_blind_vote(page: AppTest, store: Conversations) -> None:
    page.run()
    page.toggle(key="blind").set_value(True).run()
    finished(ask(page), store)
    for telling in ("good", "TTFT", "shared", "do not tell"):
        assert telling not in shown(page)
    assert not page.metric
    votes = {button.label: button for button in page.button if str(button.key).startswith("vote-")}
    assert list(votes) == ["A is better", "B is better", "Tie", "Both bad"]
    votes["Tie"].click().run()
    assert "Voted: Tie" in shown(page)
    assert len(page.metric) == 10
    assert "A · " in shown(page)


def test_of_a_long_conversation_the_latest_questions_are_drawn_unless_all_are_asked_for(
    page: AppTest, store: Conversations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.ask.page, "SHOWN_TURNS", 1)
    page.run()
    page.multiselect(key="models").set_value(["bad"]).run()
    ask(page, "The first?")
    finished(ask(page, "The second?"), store)
    assert "The first?" not in shown(page)
    page.toggle(key="all").set_value(True).run()
    assert "The first?" in shown(page)
    assert "The second?" in shown(page)


def test_a_product_beyond_those_listed_is_found(
    page: AppTest, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form, "LISTED_PRODUCTS", 1)
    with services.retriever.database.connection() as connection:
        resolve_products(connection, [Listing(("X1",), "Copper pan", "Acme")])
    page.run()
    assert page.selectbox(key="product").options == ["Kettle · 3.0 ★ · 2 reviews · A, B"]
    page.text_input(key="search").set_value("acme").run()
    assert page.selectbox(key="product").value == "X1"
    page.text_input(key="search").set_value("nothing such").run()
    assert "No product is called" in shown(page)


def test_without_reviews_the_page_says_what_to_do(
    page: AppTest, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "database", lambda: database)
    page.run()
    assert "There are no reviews yet." in shown(page)
    assert "python -m ingest data/reviews.csv" in shown(page)
    assert page.get("page_link")[0].proto.page == "reviews"
