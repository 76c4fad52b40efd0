"""A file that waits for somebody: for a decision after the dry run, for its columns, or to be put away.

Draws; the work is done by `Arrivals`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from config.counted import counted
from config.errors import UserError
from generator.markdown import literal

if TYPE_CHECKING:
    from app.reviews.arrival import Arrival
    from app.reviews.arrivals import Arrivals
    from ingest.dates import DateOrder
    from ingest.review import Review

LABELS = {
    "product": "Product's id",
    "name": "Product's name",
    "text": "Review's text (needed)",
    "title": "Title",
    "rating": "Rating",
    "date": "Date",
    "reviewer": "Reviewer",
    "id": "Review's id",
    "language": "Language",
    "status": "Status (hidden reviews are left out)",
    "brand": "Brand",
    "categories": "Categories",
}
SHOWN, DAY_FIRST, MONTH_FIRST = "as the file shows", "day first: 31/12/2024", "month first: 12/31/2024"
ORDERS: Mapping[str, "DateOrder | None"] = {SHOWN: None, DAY_FIRST: "dmy", MONTH_FIRST: "mdy"}
LONGEST_SHOWN = 300  # characters of a sample's text
OTHERWISE = "Other columns, product, scale, dates or encoding"
REPLACE = "Remove reviews that the file does not have"
REPLACE_WARNING = (
    "All other reviews of the products in this file will be removed. Meant for a newer export of the same "
    "shop. If a row cannot be read, nothing that may be its review is removed. If it is stopped or fails, "
    "nothing changes."
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
    from ingest.dry_run import summary

    found = arrival.found
    assert found
    left = f"; {counted(found.left_out, 'row')} left out" if found.left_out else ""
    rejected = f"; {counted(found.rejected, 'row')} would be rejected" if found.rejected else ""
    what, *more = summary(found)
    st.markdown(literal(f"{what}{left}{rejected}. Nothing is stored yet."))
    st.caption(literal(f"{found.kind}; recognised as {found.format}" if found.format else found.kind))
    st.markdown("\n".join(f"- {literal(line)}" for line in more))
    _draw_mapping(arrival)
    for review in found.samples:
        _draw_sample(review, found.unit)
    _draw_problems(found.notes)
    with st.expander(OTHERWISE):
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
        "Which column holds the product's id, and which the review's text? Choose them, or name the product "
        "if all of it is one; then look again. If the first line is a review, take away "
        "first the tick at “The first line names the columns”."
    )
    with st.expander("What was looked for"):
        st.markdown(literal(arrival.error))
    if arrival.beginning:
        st.caption("The first rows:")
        st.dataframe(arrival.beginning, hide_index=True)
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
    _draw_problems(list(arrival.problems.lines()))
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
    """Which column holds what, and why; which columns nothing is taken from."""
    found = arrival.found
    assert found
    rows = [
        {"Field": LABELS[field], "Column": ", ".join(columns) or "-", "Found": found.why.get(field, "")}
        for field, columns in found.columns.items()
    ]
    with st.expander("Which column holds what"):
        st.dataframe(rows, hide_index=True, height="content")
        if found.unused:
            st.caption(literal(f"Nothing is taken from: {', '.join(found.unused)}."))


def _draw_sample(review: "Review", unit: str) -> None:
    """One review as it would be stored."""
    facts = [
        ", ".join(review.listing.ids[:5]),
        "" if review.rating is None else f"{'★' * round(review.rating)} {review.rating:g}",
        str(review.written_on or ""),
        review.reviewer or "",
    ]
    with st.container(border=True):
        st.caption(literal(" · ".join([f"{unit} {review.line}", *filter(None, facts)])))
        if review.title:
            st.markdown(f"**{literal(' '.join(review.title.split()))}**")
        text = review.text or ""
        st.markdown(literal(text[:LONGEST_SHOWN] + ("…" if len(text) > LONGEST_SHOWN else "")))


def _draw_problems(sentences: Sequence[str]) -> None:
    """What there is to say of the rows, by field; without the options of the command line that help."""
    said = [sentence.rpartition("; --")[0] or sentence for sentence in sentences]
    if said:
        st.caption("\n".join(f"- {literal(sentence)}" for sentence in said))


def _draw_columns(arrivals: "Arrivals", arrival: "Arrival") -> None:
    """A column for each field, if the columns are known, and what else can be told; sent, it is reread."""
    from ingest.columns import FIELDS
    from ingest.mapping import FileMapping

    told = arrival.mapping
    found = arrival.found.columns if arrival.found else {}
    with st.form(f"columns-{arrival.key}", border=False):
        columns: dict[str, tuple[str, ...]] = {}
        places = _places()
        for field in FIELDS if arrival.available else ():
            known = [one for one in told.columns.get(field, found.get(field, ())) if one in arrival.available]
            with next(places):
                chosen = st.multiselect(LABELS[field], arrival.available, known, placeholder="none")
            if tuple(chosen) != tuple(found.get(field, ())) or field in told.columns:
                columns[field] = tuple(chosen)
        left, middle, right = st.columns(3)
        product = left.text_input("All of it is one product, called", told.product or "")
        source = middle.text_input(
            "Shop", told.source or "", help="Equal ids of two shops are two products. Empty: no name."
        )
        scale = right.text_input(
            "Scale of the ratings", told.rating_scale or "", placeholder="found; such as 0-10"
        )
        left, middle, _ = st.columns(3)
        order = ORDERS[left.selectbox("Dates", list(ORDERS), list(ORDERS.values()).index(told.date_order))]
        encoding = middle.text_input(
            "Encoding", told.encoding or "", placeholder="guessed; for example cp1252"
        )
        header = st.checkbox("The first line names the columns", told.header)
        if st.form_submit_button("Look again"):
            if header != told.header:
                columns = {}  # they are called otherwise then
            if product.strip():
                columns.pop("product", None)
            try:
                arrival.mapping = FileMapping(
                    {field: names for field, names in columns.items() if names or field in found},
                    product.strip() or None, source.strip() or None, told.language, scale.strip() or None,
                    order, encoding.strip() or None, header, told.path,
                )  # fmt: skip
            except UserError as error:
                st.error(literal(str(error)))
                return
            arrivals.look_through(arrival)
            st.rerun()


def _places() -> Iterator[DeltaGenerator]:
    """Row after row, three to a row: so they follow each other on a narrow screen and for the tab key too."""
    while True:
        yield from st.columns(3)
