"""One question of a conversation with its columns, its vote and its passages. Draws; decides nothing."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import resources
from app.ask.form import label
from app.ask.link import link_query
from app.ask.live_answer import LiveAnswer
from app.ask.panel import draw_answer, draw_passages
from app.ask.turn import Turn
from app.ask.voting import LETTERS, draw_verdict, draw_vote
from app.errors import in_words
from app.navigation import address
from generator.markdown import literal

# How soon it is looked again, and how long a look waits for news: a first word is seen at once, and what is
# being written five times a second.
POLL_SECONDS = 0.05
NEWS_SECONDS = 0.15
# How long the page's own run waits for a first word: it is to be done within a second, also for many people.
FIRST_WORD_SECONDS = 0.5
ANSWERING = "Answering…"
STAGES = {
    "waiting": "Waits for the question before it.",
    "searching": "Searching the reviews… The first search loads the embedder.",
    "checking": "Checking what the reviews support…",
}


@dataclass(frozen=True, slots=True)
class DrawnTurn:
    """A turn on the page: `answers` is where its columns stand, `passages`, below, what they rest on.

    `status`, above, says how far it is before there are columns.
    """

    turn: Turn
    anchor: str
    status: DeltaGenerator
    answers: DeltaGenerator
    passages: DeltaGenerator

    def complete(self) -> None:
        """Draw what was left out of a turn that goes on: its passages, and the columns while it is answered.

        To be called when all of the page is drawn. A search is waited for: to look at a first one, which
        loads the embedder, would make that longer.
        """
        turn = self.turn
        if turn.stage == "searching":
            turn.wait_for_search()
        searched = turn.matches is not None
        self.status.empty()
        with self.answers:
            _draw_running(turn, self.anchor, searched, count())
        # Behind the first word, if that came soon: a browser takes longer to show these.
        if searched:
            self.draw_passages()
            resources.warm_up()

    def draw_passages(self) -> None:
        """Once, and not with each look at what is written."""
        with self.passages, st.container(border=True):
            draw_passages(self.turn, self.anchor)


def draw_turn(turn: Turn, anchor: str, latest: bool) -> DrawnTurn | None:
    """A question, the answers side by side, and the passages they rest on. `latest`: it may be voted on.

    None if all is drawn; else it is to be completed.
    """
    with st.chat_message("user"):
        st.markdown(literal(turn.question.text))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(literal(_how(turn)), width="content")
            _draw_link(turn)
    if turn.error:
        st.error(literal(turn.error))
    drawn = DrawnTurn(turn, anchor, st.empty(), st.container(), st.container())
    if turn.running:
        drawn.status.caption(STAGES.get(turn.stage, ANSWERING))
        return drawn
    if any(live.text or live.error for live in turn.answers) or not turn.error:
        with drawn.answers:
            _draw_columns(turn, anchor)
            (draw_vote if latest else draw_verdict)(turn, anchor)
    if turn.matches is not None:
        drawn.draw_passages()
    return None


def _how(turn: Turn) -> str:
    asked = turn.question
    facts = [
        f"about {turn.product.name or turn.product.product_id}",
        str(asked.filters),
        f"{asked.answers} answers" if asked.answers else "",
        f"prompt {asked.prompt}" if asked.prompt else "",
        "one after the other" if asked.one_by_one else "",
        "blind" if asked.blind else "",
    ]
    return " · ".join(filter(None, facts))


def _draw_link(turn: Turn) -> None:
    with st.popover("Link", icon=":material/link:", type="tertiary"):
        st.caption("Opens the same question, and asks it once:")
        st.code(f"{address()}?{link_query(turn.question)}", language=None, wrap_lines=True)


@st.fragment(run_every=POLL_SECONDS)
@in_words()
def _draw_running(turn: Turn, anchor: str, with_passages: bool, looks: Iterator[int]) -> None:
    """Look again and again until the last model is done; then let the page draw itself for good.

    `with_passages`: the page has drawn them. `looks`: counts from 0, which is the page's own look.
    """
    first = next(looks) == 0
    if not first:
        turn.wait_for_news(NEWS_SECONDS)
        if not turn.running or (turn.matches is not None and not with_passages):
            st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(STAGES.get(turn.stage, ANSWERING), width="content")
        if any(live.running and not live.cancelled for live in turn.answers):
            name = "Stop all" if len(turn.answers) > 1 else "Stop"
            st.button(name, key=f"stop-{anchor}", icon=":material/stop_circle:", on_click=turn.cancel)
    # Later looks draw over what is there: where a place is emptied before, it flickers.
    redraw = _draw_columns(turn, anchor, redrawn=first)
    if first and turn.stage == "answering":
        _look_until_first_word(turn, redraw)


def _look_until_first_word(turn: Turn, redraw: Sequence[Callable[[], None]]) -> None:
    """In the same run: the next look comes by way of the browser, and quick models write before."""
    end = time.monotonic() + FIRST_WORD_SECONDS
    while turn.running and not any(live.text for live in turn.answers) and time.monotonic() < end:
        turn.wait_for_news(NEWS_SECONDS)
        for draw in redraw:
            draw()


def _draw_columns(turn: Turn, anchor: str, redrawn: bool = False) -> list[Callable[[], None]]:
    """Draw them; what draws each answer, once more where it is to be `redrawn` in this run."""
    several = len(turn.answers) > 1
    redraw: list[Callable[[], None]] = []
    for letter, column, live in zip(
        LETTERS, st.columns(len(turn.answers), border=True), turn.answers, strict=False
    ):
        with column:
            name = f"{letter} · {label(live.model)}" if several else label(live.model)
            shown = f"Answer {letter}" if turn.hidden else name
            place = st.empty().container if redrawn else st.container
            redraw.append(partial(_draw_answer, place, live, shown, anchor, turn.hidden))
            redraw[-1]()
            if several and live.running and not live.cancelled:
                st.button(
                    f"Stop {letter}",
                    key=f"stop-{letter}-{anchor}",
                    icon=":material/stop_circle:",
                    on_click=live.cancel,
                )
    return redraw


def _draw_answer(
    place: Callable[[], DeltaGenerator], live: LiveAnswer, name: str, anchor: str, hidden: bool
) -> None:
    with place():
        draw_answer(live, name, anchor, hidden)
