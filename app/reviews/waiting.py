"""A file that waits for somebody: for a decision after the dry run, for its columns, or to be put away.

Draws; the work is done by `Arrivals`.
"""

from typing import TYPE_CHECKING

import streamlit as st

from config.counted import counted
from generator.markdown import literal

if TYPE_CHECKING:
    from app.reviews.arrival import Arrival
    from app.reviews.arrivals import Arrivals
    from ingest.review import Review

LABELS = {
    "product": "Product's id (needed)",
    "text": "Review's text (needed)",
    "title": "Title",
    "id": "Review's id",
    "rating": "Stars",
    "date": "Date",
    "reviewer": "Reviewer",
    "name": "Product's name",
    "brand": "Brand",
    "categories": "Categories",
}
NOT_CHOSEN = "not chosen"
NO_COLUMN = "no column"
LONGEST_SHOWN = 300  # characters of a sample's text
REPLACE = "The file is the whole truth for its products"
REPLACE_WARNING = (
    "All other reviews of the products in this file will be removed. Meant for a newer export of the same "
    "shop: reviews that it no longer has go. If it is stopped or fails, nothing changes."
)


def draw_settled(arrivals: "Arrivals", arrival: "Arrival") -> None:
    """What is known of the file, and what can be done with it."""
    if arrival.state == "ready":
        _draw_ready(arrivals, arrival)
    elif arrival.state == "unclear":
        _draw_unclear(arrivals, arrival)
    else:
        _draw_ended(arrivals, arrival)


def _draw_ready(arrivals: "Arrivals", arrival: "Arrival") -> None:
    """What the dry run found; how to bring it in."""
    found = arrival.found
    assert found
    rejected = f"; {counted(found.rejected, 'row')} would be rejected" if found.rejected else ""
    st.markdown(f"{counted(found.reviews, 'review')}{rejected}. Nothing is stored yet.")
    _draw_mapping(arrival)
    for review in found.samples:
        _draw_sample(review)
    _draw_rejections([str(rejection) for rejection in found.rejections], found.rejected)
    for note in found.notes:
        st.caption(literal(note))
    with st.expander("Other columns"):
        _draw_columns(arrivals, arrival)
    replace = st.checkbox(REPLACE, key=f"replace-{arrival.key}")
    if replace:
        st.warning(REPLACE_WARNING)
    with st.container(horizontal=True):
        if st.button(
            "Bring in", key=f"bring-{arrival.key}", type="primary", icon=":material/download:",
            disabled=not found.reviews,
        ):  # fmt: skip
            arrivals.bring_in(arrival, replace)
            st.rerun()
        _draw_discard(arrivals, arrival)


def _draw_unclear(arrivals: "Arrivals", arrival: "Arrival") -> None:
    """Which column holds what is for somebody to say."""
    st.warning(
        "Which column holds the product's id, and which the review's text? Choose them, then look again."
    )
    with st.expander("What was looked for"):
        st.markdown(literal(arrival.error))
    _draw_columns(arrivals, arrival)
    _draw_discard(arrivals, arrival)


def _draw_ended(arrivals: "Arrivals", arrival: "Arrival") -> None:
    """Done, stopped or failed."""
    if arrival.state == "done":
        st.success(f"Done: {arrival.counts}. The products are on all pages now.", icon=":material/check:")
    elif arrival.state == "stopped":
        kept = "Nothing was changed." if arrival.replace else f"What was stored stays: {arrival.counts}."
        st.info(f"Stopped. {kept}")
    else:
        st.error(literal(arrival.error))
    _draw_rejections([str(rejection) for rejection in arrival.rejections], arrival.counts.rejected)
    if arrival.state != "done" and not arrival.found:
        _draw_columns(arrivals, arrival)
    with st.container(horizontal=True):
        if arrival.state != "done" and arrival.found and st.button("Go on", key=f"again-{arrival.key}"):
            arrivals.bring_in(arrival, arrival.replace)
            st.rerun()
        _draw_discard(arrivals, arrival, "Close" if arrival.state == "done" else "Discard")


def _draw_discard(arrivals: "Arrivals", arrival: "Arrival", label: str = "Discard") -> None:
    """The button that puts the file away."""
    if st.button(label, key=f"discard-{arrival.key}"):
        arrivals.dismiss(arrival)
        st.rerun()


def _draw_mapping(arrival: "Arrival") -> None:
    """Which column holds what."""
    assert arrival.found
    rows = [
        {"Field": LABELS[field], "Column": ", ".join(columns) or "-"}
        for field, columns in arrival.found.columns.items()
    ]
    with st.expander("Which column holds what"):
        st.dataframe(rows, hide_index=True, width="content")


def _draw_sample(review: "Review") -> None:
    """One review as it would be stored."""
    facts = [
        ", ".join(review.listing.ids[:5]),
        "" if review.rating is None else f"{'★' * round(review.rating)} {review.rating:g}",
        str(review.written_on or ""),
        review.reviewer or "",
    ]
    with st.container(border=True):
        st.caption(literal(" · ".join([f"line {review.line}", *filter(None, facts)])))
        if review.title:
            st.markdown(f"**{literal(' '.join(review.title.split()))}**")
        st.markdown(literal(review.text[:LONGEST_SHOWN] + ("…" if len(review.text) > LONGEST_SHOWN else "")))


def _draw_rejections(sentences: list[str], total: int) -> None:
    """The first rejected rows, and how many there are."""
    if not sentences:
        return
    with st.expander(f"Rejected rows: {total:,}"):
        for sentence in sentences:
            st.markdown(literal(sentence))
        if total > len(sentences):
            st.caption(f"and {total - len(sentences):,} more")


def _draw_columns(arrivals: "Arrivals", arrival: "Arrival") -> None:
    """A column for each field, if the columns are known, and the encoding; sent, the file is read again."""
    from ingest.columns import NAMES, REQUIRED, recognised_by_name

    by_name = recognised_by_name(arrival.available)
    with st.form(f"columns-{arrival.key}", border=False):
        told: dict[str, str | None] = {}
        for field in NAMES if arrival.available else ():
            none = NOT_CHOSEN if field in REQUIRED else NO_COLUMN
            known = next(iter(by_name.get(field, ())), none)
            options = list(arrival.available) if none == NOT_CHOSEN != known else [none, *arrival.available]
            first = arrival.told.get(field, known) or none
            column = st.selectbox(LABELS[field], options, options.index(first) if first in options else 0)
            if column != known:
                told[field] = None if column == none else column
        encoding = st.text_input("Encoding", placeholder="guessed; for example cp1252")
        if st.form_submit_button("Look again"):
            arrival.tell(told, encoding.strip() or None)
            arrivals.look_through(arrival)
            st.rerun()
