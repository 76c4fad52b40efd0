"""One model's column, and the passages below the columns. Draws; decides nothing."""

from collections.abc import Sequence

import streamlit as st

from app.live_answer import LiveAnswer
from generator import Answer
from generator.figures import figure, format_figure, format_memory, remarks
from generator.markdown import literal, with_citations
from retriever import Match


def draw_answer(live: LiveAnswer, label: str, anchor: str) -> None:
    """A column: the model's name, its answer so far or whole, and its figures once it is done."""
    st.markdown(f"**{literal(label)}**")
    if live.error:
        if live.text:
            st.markdown(literal(live.text))
        st.error(literal(live.error))
        return
    if live.reasoning:
        # Folded away: it is not the answer, and often longer.
        with st.expander("Reasoning"):
            st.markdown(literal(live.reasoning))
    citable = range(1, len(live.answer.matches) + 1) if live.answer else ()
    if live.text:
        st.markdown(with_citations(live.text, citable, anchor))
    if live.answer:
        _draw_figures(live.answer, live.kind)
        _draw_remarks(live.answer, live.kind)
    else:
        st.caption(f"{live.status} · {live.seconds:.1f} s")


def draw_passages(matches: Sequence[Match], anchor: str) -> None:
    """The passages all models were given, each the target of its citations."""
    st.markdown("**From the reviews**")
    if not matches:
        st.caption("This product has no passages.")
    for number, match in enumerate(matches, start=1):
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
        st.markdown(literal(passage.text))


def _draw_figures(answer: Answer, kind: str) -> None:
    values = {
        "ttft_s": answer.timing.ttft_s,
        "decode_tok_s": answer.timing.decode_tok_s,
        "words_per_s": answer.words_per_s,
        "words": answer.words,
    }
    shown = {key: format_figure(key, value) for key, value in values.items()}
    peak = answer.memory.peak_rss if answer.memory else None
    shown["peak_rss_bytes"] = format_memory("peak_rss_bytes", peak, kind)
    with st.container(horizontal=True):
        for key, text in shown.items():
            st.metric(figure(key).label, text, help=figure(key).meaning, width="content")


def _draw_remarks(answer: Answer, kind: str) -> None:
    said = remarks(kind, answer.answers)
    if answer.abstained:
        said.append("says that the reviews do not tell")
    if answer.timing.n_reasoning:
        said.append(
            f"reasoned for {answer.timing.n_reasoning} tokens; "
            f"the answer began after {format_figure('ttfo_s', answer.timing.ttfo_s)}"
        )
    if answer.history:
        said.append(f"knew {len(answer.history)} of the earlier questions")
    if answer.history_dropped:
        said.append(f"{answer.history_dropped} earlier questions did not fit its context")
    if answer.shared and answer.timing.threads:
        said.append(f"timing shared: {answer.timing.threads} of the cores while other models answered too")
    elif answer.shared:
        said.append("timing shared: its server wrote other answers for us too")
    if answer.dropped:
        said.append(f"{answer.dropped} of the passages did not fit its context")
    if answer.invalid_citations:
        cited = ", ".join(f"[{number}]" for number in answer.invalid_citations)
        said.append(f"cites {cited}, which it was not given")
    if answer.stop_reason not in ("end", "stop"):
        said.append(f"stopped: {answer.stop_reason}")
    if said:
        st.caption(literal(" · ".join(said)))
