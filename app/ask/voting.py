"""The vote below the answers to the latest question. Draws; what votes add up to is on the page Results."""

from collections.abc import Iterator

import streamlit as st

from app.ask.turn import Turn, Verdict

LETTERS = "ABCD"


def _letter_of(turn: Turn, answer_id: int) -> str:
    """The letter of an answer, by its column."""
    return next(
        letter for letter, live in zip(LETTERS, turn.answers, strict=False) if live.answer_id == answer_id
    )


def draw_vote(turn: Turn, key: str) -> None:
    """Which is best; it may be changed as long as this is drawn."""
    if len(turn.candidates) < 2:
        if turn.hidden:
            _draw_reveal(turn, key, "Reveal the names")
        return
    st.markdown("**Which answer is best?**")
    with st.container(horizontal=True):
        for verdict, words in _choices(turn):
            chosen = turn.verdict == verdict
            if st.button(words, key=f"vote-{verdict}-{key}", type="primary" if chosen else "secondary"):
                turn.vote(verdict)
                st.rerun()
        if turn.hidden:
            _draw_reveal(turn, key, "Reveal without a vote")
    if turn.hidden:
        st.caption("Names and figures are hidden until you vote.")
    elif turn.verdict is not None:
        st.caption(f"Voted: {verdict_in_words(turn)}. It can be changed until the next question.")


def draw_verdict(turn: Turn, key: str) -> None:
    """What was voted on an earlier question, if anything."""
    if turn.verdict is not None:
        st.caption(f"Voted: {verdict_in_words(turn)}")
    elif turn.hidden:
        _draw_reveal(turn, key, "Reveal the names")


def _draw_reveal(turn: Turn, key: str, words: str) -> None:
    if st.button(words, key=f"reveal-{key}", type="tertiary", icon=":material/visibility:"):
        turn.reveal()
        st.rerun()


def verdict_in_words(turn: Turn) -> str:
    """What was voted."""
    return dict(_choices(turn))[turn.verdict] if turn.verdict is not None else "nothing"


def _choices(turn: Turn) -> Iterator[tuple[Verdict, str]]:
    two = len(turn.candidates) == 2
    for live in turn.candidates:
        assert live.answer_id is not None
        yield live.answer_id, f"{_letter_of(turn, live.answer_id)} is {'better' if two else 'best'}"
    yield "tie", "Tie"
    yield "bad", "Both bad" if two else "All bad"
