"""The form of a search in a product's reviews: what is asked, in which way, with which limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import streamlit as st

from app import resources
from app.ask.question import Filters
from app.filters import folded_filters
from app.reviews.products import chosen, listed
from config.settings import SearchMode

MODES: Mapping[SearchMode, str] = {
    "hybrid": "Meaning and words",
    "dense": "Meaning",
    "lexical": "Words",
}
MOST_PASSAGES = 50
EARLIEST = date(1990, 1, 1)
EVERY_STAR = (1.0, 5.0)


@dataclass(frozen=True, slots=True)
class Query:
    """What was searched for, and among which passages: what `Retriever.search` takes."""

    product_id: str
    question: str
    k: int
    mode: SearchMode
    filters: Filters
    with_harmful: bool


def draw_form() -> Query | None:
    """The form; the query if it was sent."""
    settings = resources.settings().retrieval
    with st.form("reviews-search"):
        product_id = _choose_product()
        question = st.text_input(
            "Question",
            placeholder="How long does the battery last?",
            key="reviews-question",
            persist_state="page",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            mode: SearchMode = st.radio(
                "Search by",
                list(MODES),
                list(MODES).index(settings.mode),
                format_func=MODES.__getitem__,
                horizontal=True,
            )
            k = st.number_input("Passages", 1, MOST_PASSAGES, settings.k, width=140)
        with folded_filters("reviews-filters", _limits()):
            filters = _choose_filters()
            with_harmful = st.toggle(
                "Also what is marked as harmful",
                key="reviews-harmful",
                help="Models are never given these; here they can be looked at.",
            )
        sent = st.form_submit_button("Search", icon=":material/search:", type="primary")
    if not sent:
        return None
    if not question.strip():
        st.info("Type a question, then search.")
        return None
    return Query(product_id, question, int(k), mode, filters, with_harmful)


def _choose_product() -> str:
    """The id of one that is listed, or any that is typed."""
    products = listed("")
    first = chosen(products)
    names = {product.product_id: product.name for product in [*products, first]}
    product_id: str | None = st.selectbox(
        "Product, by name or id",
        list(names),
        index=list(names).index(first.product_id),
        format_func=lambda product_id: f"{names.get(product_id, product_id)} · {product_id}",
        accept_new_options=True,
    )
    return product_id or first.product_id


def _choose_filters() -> Filters:
    low, high = st.slider(
        "Stars, from and to", *EVERY_STAR, EVERY_STAR, 0.5, format="%.1f", key="reviews-stars"
    )
    st.caption("With a limit, reviews without stars or without a date are left out.")
    with st.container(horizontal=True):
        since = st.date_input("Written since", None, min_value=EARLIEST, width=180, key="reviews-since")
        until = st.date_input("Written until", None, min_value=EARLIEST, width=180, key="reviews-until")
    return Filters(low if low > 1 else None, high if high < 5 else None, since, until)


def _limits() -> int:
    """How many filters the search that was sent last had."""
    state = st.session_state
    others = (state.get(f"reviews-{key}") for key in ("since", "until", "harmful"))
    return sum(map(bool, others)) + bool(state.get("reviews-stars", EVERY_STAR) != EVERY_STAR)
