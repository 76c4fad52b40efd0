"""One model's column, and the passages below the columns. Draws; decides nothing."""

import streamlit as st

from app.ask.live_answer import LiveAnswer
from app.ask.marking import marked_answer, marked_passage
from app.ask.measured import said_of, shown_figures
from app.ask.turn import Turn
from generator import Answer
from generator.figures import figure
from generator.markdown import literal


def draw_answer(live: LiveAnswer, label: str, anchor: str, hidden: bool = False) -> None:
    """A column: who answers, the answer so far or whole, and its figures once it is done.

    `hidden`: nothing that tells which model it is, beside what it says.
    """
    st.markdown(f"**{literal(label)}**")
    if live.reasoning and not hidden:
        # Folded away: it is not the answer, and often longer.
        with st.expander("Reasoning"):
            st.markdown(literal(live.reasoning))
    if live.answer:
        st.markdown(marked_answer(live.answer, live.unsupported, anchor))
        _draw_unsupported(live)
    elif live.text:
        st.markdown(literal(live.text))
    if live.note:
        st.warning(literal(live.note))
    if live.error:
        st.error("This answer failed. Reveal the names to see why." if hidden else literal(live.error))
    elif hidden:
        st.caption(_progress_of_somebody(live))
    elif live.answer:
        _draw_figures(live.answer, live.kind)
    else:
        _draw_progress(live)


def _draw_progress(live: LiveAnswer) -> None:
    """What it is doing, how fast, and for how long."""
    key, speed = live.speed
    meant, so_far = None, ""
    if speed is not None and live.running:
        meant = f"{figure(key).label} so far: {figure(key).meaning}"
        so_far = f"{speed:,.1f} {figure(key).label} so far"
    told = [live.status, so_far, f"{live.seconds:.1f} s"]
    st.caption(literal(" · ".join(filter(None, told))), help=meant)


def _progress_of_somebody(live: LiveAnswer) -> str:
    if live.answer and live.answer.stop_reason == "cancelled":
        return "stopped"
    if live.answer:
        return "done"
    return "writing" if live.text else "not begun yet" if live.running else "stopped before its turn came"


def _draw_unsupported(live: LiveAnswer) -> None:
    if count := len(live.unsupported):
        sentences = "1 sentence is" if count == 1 else f"{count} sentences are"
        st.caption(
            f":material/help: {sentences} :orange-background[marked]: no passage says so, as far as words, "
            "numbers and nearness tell."
        )


def draw_passages(turn: Turn, anchor: str) -> None:
    """The passages all models were given, each the target of its citations."""
    if turn.matches is None:
        return
    st.header("From the reviews", anchor=False)
    if not turn.matches:
        st.caption("This product has no such passages.")
    if any(turn.cited):
        st.caption(
            "What the answers cite is :green-background[marked]: their quotations, or words in common."
        )
    cited = turn.cited or ((),) * len(turn.matches)
    for number, match in enumerate(turn.matches, start=1):
        passage = match.passage
        facts = [
            "★" * round(passage.rating) if passage.rating is not None else "",
            passage.written_on.isoformat() if passage.written_on else "",
            passage.reviewer or "",
            f"score {match.score:.2f}",
        ]
        # A heading, for only headings can be the target of a link.
        heading = literal(" · ".join([f"[{number}]", *(fact for fact in facts if fact)]))
        st.subheader(heading, anchor=f"{anchor}-{number}")
        # Of the last passages, those that no model had room for were not there to be cited.
        st.markdown(marked_passage(passage.text, cited[number - 1] if number <= len(cited) else ()))


def _draw_figures(answer: Answer, kind: str) -> None:
    with st.container(horizontal=True):
        for key, text in shown_figures(answer, kind).items():
            st.metric(figure(key).label, text, help=figure(key).meaning, width="content")
    if said := said_of(answer, kind):
        st.caption(literal(" · ".join(said)))
