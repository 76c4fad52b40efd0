"""The side-by-side chat: the form, the question, and the conversation. Draws; what it shows lives elsewhere.

Which conversation it is stands in the address (`?c=`), so a reload or another tab shows the same one.
"""

from dataclasses import replace

import streamlit as st

from app import resources
from app.ask.conversation import MOST_CONVERSATIONS, Conversation, Limits
from app.ask.export import as_markdown
from app.ask.form import begin_form, chosen_question, draw_form, fill_form, first_products, product_of
from app.ask.link import KEYS, read_link
from app.ask.question import MOST_CHARACTERS, Question
from app.ask.suggestions import suggested_questions
from app.ask.turns import DrawnTurn, draw_turn
from app.errors import in_words
from app.navigation import models_page, reviews_page
from config.errors import UserError
from generator.markdown import literal
from generator.prompts.named import prompt_names

WATCH_SECONDS = 2
# Drawing more would make every click slower.
SHOWN_TURNS = 8


def draw() -> None:
    """Choices and the question above; below, the conversation, the latest question first."""
    st.title("ReviewDuel")
    if not first_products():
        st.info("There are no reviews yet. Bring some in; the sample reviews are there, too.")
        st.page_link(reviews_page(), label="Bring reviews in")
        st.caption("From a terminal: `python -m ingest data/reviews.csv`; then reload.")
        return
    usable = resources.usable_models()
    if len(usable) == 1:
        st.info(
            f"There is no language model yet, only `{usable[0]}`, which quotes without one. The page Models "
            "brings one."
        )
        st.page_link(models_page(), label="Get a model")
    conversation = _current_conversation()
    turns = conversation.turns if conversation else ()
    usual = begin_form(usable, turns[-1].question if turns else None)
    linked = None if conversation else _linked_question(usual, usable)
    form = draw_form(usable)
    # In a container, so not at the bottom: from there Streamlit would scroll past the answers.
    with st.container():
        st.chat_input(
            "Ask about the product" if form.models else "Choose a model to ask",
            disabled=not form.models,
            max_chars=MOST_CHARACTERS,
            key="question",
            on_submit=_ask_typed,
        )
    if linked:
        conversation = _ask(conversation, linked)
    elif not turns:
        _draw_suggestions(form)
    if "problem" in st.session_state:
        st.error(literal(st.session_state["problem"]))
    if conversation:
        for turn in _draw_conversation(conversation):
            turn.complete()


def _current_conversation() -> Conversation | None:
    """The one of the address; coming from another page, the one that was seen last."""
    wanted = st.query_params.get("c") or st.session_state.get("conversation")
    if not wanted:
        return None
    found = resources.conversations().find(wanted)
    if found:
        st.session_state.setdefault("limits", found.limits)
        _remember(found)
    else:
        st.session_state.pop("conversation", None)
        st.query_params.clear()
        st.info(
            f"This conversation is no longer here: the latest {MOST_CONVERSATIONS} are kept, until the "
            "server is started anew. Its answers are on the page Results."
        )
    return found


def _remember(conversation: Conversation) -> None:
    st.session_state["conversation"] = conversation.id
    if dict(st.query_params) != {"c": conversation.id}:
        st.query_params.from_dict({"c": conversation.id})


def _linked_question(usual: Question, usable: list[str]) -> Question | None:
    """The question of the link that was opened, if it has a text; once. The form gets its choices."""
    query = {key: st.query_params[key] for key in KEYS if key in st.query_params}
    if not query or query == st.session_state.get("link"):
        return None
    st.session_state["link"] = query
    try:
        linked = read_link(query, usual, usable, prompt_names(resources.settings()))
        product = resources.retriever().product(linked.product_id)
    except UserError as error:
        st.session_state["problem"] = str(error)
        return None
    fill_form(replace(linked, product_id=product.product_id))
    return linked if linked.text.strip() else None


@in_words()
def _ask_typed() -> None:
    """Called before the page is drawn, so that it is answered meanwhile."""
    if text := (st.session_state["question"] or "").strip():
        _ask(_current_conversation(), replace(chosen_question(), text=text))


def _ask(conversation: Conversation | None, question: Question) -> Conversation | None:
    """The conversation that the question was asked in; a problem with it is shown until the next one."""
    st.session_state.pop("problem", None)
    limits: Limits = st.session_state.setdefault("limits", Limits())
    try:
        asked = conversation or resources.conversations().begin(limits)
        asked.ask(question)
    except UserError as error:
        st.session_state["problem"] = str(error)
        return conversation
    _remember(asked)
    return asked


def _draw_suggestions(form: Question) -> None:
    """Questions to begin with, a click each; none for an id that is typed and unknown."""
    if not form.models:
        return
    try:
        product = product_of(form.product_id)
    except UserError:
        return
    with st.container(horizontal=True):
        for text in suggested_questions(product):
            if st.button(literal(text), key=f"suggested-{text}", icon=":material/lightbulb:"):
                _ask(None, replace(form, text=text))
                st.rerun()


def _draw_conversation(conversation: Conversation) -> list[DrawnTurn]:
    """The turns that go on: they are to be completed."""
    with st.container(horizontal=True):
        st.download_button(
            "Download the conversation",
            data=lambda: as_markdown(conversation),
            file_name="conversation.md",
            mime="text/markdown",
            icon=":material/download:",
            on_click="ignore",
        )
        if st.button("New conversation", icon=":material/add:"):
            st.session_state.pop("conversation", None)
            st.query_params.clear()
            st.rerun()
    turns = conversation.turns
    shown = list(enumerate(turns, start=1))
    if len(turns) > SHOWN_TURNS and not st.toggle(f"Show all {len(turns)} questions", key="all"):
        shown = shown[-SHOWN_TURNS:]
    drawn = [
        draw_turn(turn, anchor=f"question-{number}", latest=number == len(turns))
        for number, turn in reversed(shown)
    ]
    going_on = [turn for turn in drawn if turn]
    # Who follows an answer draws all anew at its end. A fragment that is there before and after it could lose
    # that on a busy machine: what a run has drawn and not sent yet, Streamlit drops when it looks again.
    if not going_on:
        _watch(conversation, conversation.state)
    return going_on


@st.fragment(run_every=WATCH_SECONDS)
@in_words()
def _watch(conversation: Conversation, drawn: tuple[object, ...]) -> None:
    """Somebody with the same link may ask or vote in another tab."""
    if conversation.state != drawn:
        st.rerun()
