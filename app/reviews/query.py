"""The form of a search in a product's reviews: what is asked, in which way, with which limits."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import streamlit as st

from app import resources
from app.ask.question import Filters
from app.filters import folded_filters
from app.reviews.products import chosen, listed
from config.errors import UnknownProduct
from config.settings import SearchMode
from retriever import Product

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
    product_id, languages = _choose_product()  # outside the form: its languages are known at once
    with st.form("reviews-search"):
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
            filters = _choose_filters(languages)
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


def _choose_product() -> tuple[str, Sequence[str]]:
    """The id of one that is listed, or any that is typed; and the languages of its reviews."""
    products = listed("")
    first = chosen(products)
    by_id = {product.product_id: product for product in [*products, first]}
    product_id: str = (
        st.selectbox(
            "Product, by name or id",
            list(by_id),
            index=list(by_id).index(first.product_id),
            format_func=lambda one: _title(by_id[one]) if one in by_id else one,
            accept_new_options=True,
        )
        or first.product_id
    )
    if product_id in by_id:
        return product_id, by_id[product_id].languages
    with suppress(UnknownProduct):  # the search says it
        return product_id, resources.retriever().product(product_id).languages
    return product_id, ()


def _title(product: Product) -> str:
    name, product_id = product.name, product.product_id
    return name if name == product_id else f"{name} · {product_id}"


def _choose_filters(languages: Sequence[str]) -> Filters:
    low, high = st.slider(
        "Stars, from and to", *EVERY_STAR, EVERY_STAR, 0.5, format="%.1f", key="reviews-stars"
    )
    st.caption("With a limit, reviews without stars, a date or a language are left out.")
    with st.container(horizontal=True):
        since = st.date_input("Written since", None, min_value=EARLIEST, width=180, key="reviews-since")
        until = st.date_input("Written until", None, min_value=EARLIEST, width=180, key="reviews-until")
        language = _choose_language(languages)
    return Filters(low if low > 1 else None, high if high < 5 else None, since, until, language)


def _choose_language(languages: Sequence[str]) -> str | None:
    """Only where there is a choice, or one was made."""
    last = st.session_state.get("reviews-language")
    if len(languages) < 2 and not last:
        return None
    language: str | None = st.selectbox(
        "Language",
        [None, *languages] if last in (None, *languages) else [None, *languages, last],
        format_func=lambda one: one or "all",
        width=120,
        key="reviews-language",
    )
    return language


def _limits() -> int:
    """How many filters the search that was sent last had."""
    state = st.session_state
    others = (state.get(f"reviews-{key}") for key in ("since", "until", "language", "harmful"))
    return sum(map(bool, others)) + bool(state.get("reviews-stars", EVERY_STAR) != EVERY_STAR)
