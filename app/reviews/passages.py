"""The search in a product's reviews, as the app itself searches, and the marks of harmful passages."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from app import resources
from app.reviews.products import CHOSEN
from app.reviews.query import Query, draw_form
from config.counted import counted
from config.settings import SearchMode
from generator.markdown import literal
from retriever import Match
from retriever.harmful import PERSON, Mark
from retriever.reviews import review_titles

SCORES: Mapping[SearchMode, str] = {
    "hybrid": "Score: by how many standard deviations a passage is better than the product's average one.",
    "dense": "Score: how near a passage's vector is to the question's (cosine, at most 1; or dot product).",
    "lexical": "Score: by how many standard deviations its words fit better than the average one's (BM25).",
}
LONGEST_ID = 24  # characters
LONGEST_SHOWN = 80  # characters of a passage, where it is only named
FOUND, UNDO = "reviews-found", "reviews-undo"  # in the session


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found, best first, and the titles of the reviews by their ids."""

    query: Query
    matches: Sequence[Match]
    titles: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Undo:
    """What was done last: a text was marked, or its mark was lifted."""

    product_id: str
    content_hash: str
    text: str
    marked: bool


def draw_search() -> None:
    """The form, what it found, and all that is marked of the product."""
    query = draw_form()
    if query:
        _search(query)
        st.session_state[CHOSEN] = query.product_id
        st.session_state.pop(UNDO, None)
    found: Found | None = st.session_state.get(FOUND)
    if not found:
        return
    _draw_undo()
    marks = resources.harmful_marks().marks(found.query.product_id)
    by_hash = {mark.content_hash: mark for mark in marks}
    st.header(counted(len(found.matches), "passage"), anchor=False)
    st.caption(
        literal(f"of {found.query.product_id}, for “{found.query.question}”. {SCORES[found.query.mode]}")
    )
    if len(found.matches) < found.query.k:
        st.caption("More do not pass the filters, or there are no more.")
    for rank, match in enumerate(found.matches, start=1):
        mark = by_hash.get(match.passage.content_hash)
        _draw_match(rank, match, found.titles.get(match.passage.review_id), mark)
    _draw_marks(found.query.product_id, marks)


def _search(query: Query) -> None:
    """Search as the app does, and remember what was found."""
    resources.warm_up()
    retriever = resources.retriever()
    matches = retriever.search(
        query.product_id,
        query.question,
        query.k,
        mode=query.mode,
        with_harmful=query.with_harmful,
        **asdict(query.filters),
    )
    st.session_state[FOUND] = Found(query, matches, review_titles(retriever, matches))


def _draw_match(rank: int, match: Match, title: str | None, mark: Mark | None) -> None:
    """A passage with what is known of it, and the button that marks it or lifts its mark."""
    passage = match.passage
    facts = [
        "no stars" if passage.rating is None else f"{'★' * round(passage.rating)} {passage.rating:g}",
        str(passage.written_on or "no date"),
        f"score {match.score:.2f}",
    ]
    if match.agreeing:
        more = "1 more review says so" if match.agreeing == 1 else f"{match.agreeing} more reviews say so"
        facts.append(more)
    with st.container(border=True):
        st.markdown(f"**{rank}.** {literal(' · '.join(facts))}")
        if mark:
            _draw_badge(mark)
        if title and not passage.text.startswith(title):  # as the first passage of a review does
            st.markdown(f"**{literal(' '.join(title.split()))}**")
        st.markdown(literal(passage.text))
        by = f"by {passage.reviewer}, " if passage.reviewer else ""
        st.caption(literal(f"{by}review {_short(passage.review_id)}, passage {passage.number + 1}"))
        _draw_switch(passage.product_id, passage.content_hash, passage.text, mark, f"match-{rank}")


def _short(review_id: str) -> str:
    """The id, or its beginning: where the source has none, it is a hash."""
    return review_id if len(review_id) <= LONGEST_ID else f"{review_id[:12]}…"


def _draw_switch(product_id: str, content_hash: str, text: str, mark: Mark | None, key: str) -> None:
    """The button that marks, or lifts the mark; either can be undone."""
    if mark:
        pressed = st.button("No longer harmful", icon=":material/undo:", key=f"unmark-{key}")
    else:
        pressed = st.button(
            "Mark as harmful", icon=":material/block:", key=f"mark-{key}", type="tertiary",
            help="No model is given it any more. It stays in the review, and the mark can be lifted.",
        )  # fmt: skip
    if pressed:
        _switch(Undo(product_id, content_hash, text, marked=not mark))


def _switch(done: Undo) -> None:
    """Mark or unmark, and search again: another passage takes the place."""
    marks = resources.harmful_marks()
    (marks.mark if done.marked else marks.unmark)(done.product_id, done.content_hash)
    st.session_state[UNDO] = done
    _search(st.session_state[FOUND].query)
    st.rerun()


def _draw_undo() -> None:
    """What was done last, and the button that undoes it."""
    done: Undo | None = st.session_state.get(UNDO)
    if not done:
        return
    shown = done.text[:LONGEST_SHOWN] + ("…" if len(done.text) > LONGEST_SHOWN else "")
    what = (
        "Marked as harmful; no model is given it any more" if done.marked else "No longer marked as harmful"
    )
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/check: {what}: {literal(f'“{shown}”')}", width="stretch")
        if st.button("Undo", key="reviews-undo-button"):
            _switch(Undo(done.product_id, done.content_hash, done.text, not done.marked))


def _draw_marks(product_id: str, marks: Sequence[Mark]) -> None:
    """All marked texts of the product, also those that no review has now."""
    if not marks:
        return
    with st.expander(f"Marked as harmful: {len(marks)}"):
        for number, mark in enumerate(marks):
            with st.container(border=True):
                _draw_badge(mark)
                st.markdown(literal(mark.text))
                if not mark.stored:
                    st.caption("No review has this text now; if it comes back, it is marked.")
                _draw_switch(product_id, mark.content_hash, mark.text, mark, f"mark-{number}")


def _draw_badge(mark: Mark) -> None:
    """Since when, and by whom."""
    by = "a person" if mark.reason == PERSON else mark.reason
    st.badge(
        literal(f"harmful, says {by}, {mark.marked_at:%Y-%m-%d}"), icon=":material/block:", color="orange"
    )
