"""One question of a conversation with its columns, its vote and its passages. Draws; decides nothing."""

from collections.abc import Iterator
from itertools import count

import streamlit as st

from app.ask.form import label
from app.ask.link import link_query
from app.ask.panel import draw_answer, draw_passages
from app.ask.turn import Turn
from app.ask.voting import LETTERS, draw_verdict, draw_vote
from app.errors import in_words
from generator.markdown import literal

# How soon it is looked again, and how long a look waits for news: a first word is seen at once, and what is
# being written five times a second.
POLL_SECONDS = 0.05
NEWS_SECONDS = 0.15
STAGES = {
    "waiting": "Waits for the question before it.",
    "searching": "Searching the reviews… The first search loads the embedder.",
    "checking": "Checking what the reviews support…",
}


def draw_turn(turn: Turn, anchor: str, latest: bool) -> None:
    """A question, the answers side by side, and the passages they rest on. `latest`: it may be voted on."""
    with st.chat_message("user"):
        st.markdown(literal(turn.question.text))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(literal(_how(turn)), width="content")
            _draw_link(turn)
    if turn.error:
        st.error(literal(turn.error))
    if turn.running:
        _draw_running(turn, anchor, count())
        return
    if any(live.text or live.error for live in turn.answers) or not turn.error:
        _draw_columns(turn, anchor)
        (draw_vote if latest else draw_verdict)(turn, anchor)
    _draw_passages(turn, anchor)


def _how(turn: Turn) -> str:
    asked = turn.question
    facts = [
        f"about {turn.product.name or turn.product.product_id}",
        str(asked.filters),
        f"{asked.answers} answers" if asked.answers else "",
        "one after the other" if asked.one_by_one else "",
        "blind" if asked.blind else "",
    ]
    return " · ".join(filter(None, facts))


def _draw_link(turn: Turn) -> None:
    with st.popover("Link", icon=":material/link:", type="tertiary"):
        st.caption("Opens the same question, and asks it once:")
        st.code(f"{st.context.url or ''}?{link_query(turn.question)}", language=None, wrap_lines=True)


@st.fragment(run_every=POLL_SECONDS)
@in_words()
def _draw_running(turn: Turn, anchor: str, looks: Iterator[int]) -> None:
    """Look again and again until the last model is done; then let the page draw itself for good.

    `looks`: counts from 0, which is the page's own look and waits for nothing.
    """
    if next(looks):
        turn.wait_for_news(NEWS_SECONDS)
    if not turn.running:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(STAGES.get(turn.stage, "Answering…"), width="content")
        if any(live.running and not live.cancelled for live in turn.answers):
            name = "Stop all" if len(turn.answers) > 1 else "Stop"
            st.button(name, key=f"stop-{anchor}", icon=":material/stop_circle:", on_click=turn.cancel)
    _draw_columns(turn, anchor)
    # Here, too: drawing the whole page anew when they are found would come before the first word.
    _draw_passages(turn, anchor)


def _draw_passages(turn: Turn, anchor: str) -> None:
    if turn.matches is not None:
        with st.container(border=True):
            draw_passages(turn, anchor)


def _draw_columns(turn: Turn, anchor: str) -> None:
    several = len(turn.answers) > 1
    for letter, column, live in zip(
        LETTERS, st.columns(len(turn.answers), border=True), turn.answers, strict=False
    ):
        with column:
            name = f"{letter} · {label(live.model)}" if several else label(live.model)
            draw_answer(live, f"Answer {letter}" if turn.hidden else name, anchor, turn.hidden)
            if several and live.running and not live.cancelled:
                st.button(
                    f"Stop {letter}",
                    key=f"stop-{letter}-{anchor}",
                    icon=":material/stop_circle:",
                    on_click=live.cancel,
                )
