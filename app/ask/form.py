"""What is chosen before a question is typed: the product, the models, how they answer, from which reviews."""

from collections.abc import Sequence
from datetime import date
from typing import get_args

import streamlit as st

from app import resources
from app.ask.question import MOST_MODELS, Filters, Question
from app.filters import folded_filters
from config import AnswerMode
from config.errors import UserError
from generator.markdown import literal
from generator.prompts.named import prompt_names
from models.catalogue.catalogue import models_here
from retriever import Product
from retriever.products import find_products, list_products

LISTED_PRODUCTS = 1000
FOUND_PRODUCTS = 50
FRESH_SECONDS = 10
EVERY_STAR = (1, 5)
FIRST_DAY = date(1995, 1, 1)
TOGETHER, ONE_BY_ONE = "together", "one after the other"
ANSWERS = (
    "Free: models write. Verbatim: they only choose sentences, and the page quotes them: nothing is said "
    "that no customer said. Grounded: an embedder chooses sentences, and models report them one by one; "
    "what a sentence does not support is quoted. As set: each model as its settings say."
)
PROMPT = "The words that models are asked with: `generator/prompts`, and yours. As set: each model's own."
AS_SET = "as set"
BLIND = "Names, figures and the order of the columns are hidden until you have voted."
TIMING = (
    "Together is faster: the models divide this machine's cores, and their timing is marked as shared. "
    "One after the other, each has the machine to itself, and their figures can be compared."
)


@st.cache_resource(ttl=FRESH_SECONDS, show_spinner=False)
def _first_products() -> list[Product]:
    return list_products(resources.database(), LISTED_PRODUCTS + 1)


def first_products() -> list[Product]:
    """The first of the products, one more than are listed; seconds old at most, unless there are none."""
    products = _first_products()
    if not products:
        _first_products.clear()
    return products


def product_of(product_id: str) -> Product:
    """The product that has this id, among others; raises UnknownProduct."""
    listed = (product for product in first_products() if product_id in product.ids)
    return next(listed, None) or resources.retriever().product(product_id)


def begin_form(usable: list[str], last: Question | None) -> Question:
    """The usual choices. A form that is first seen now holds them, or those of the `last` question."""
    usual = Question(first_products()[0].product_id, "", _usual_models(usable))
    if "form" not in st.session_state:
        st.session_state["form"] = True
        fill_form(last or usual)
    return usual


def _usual_models(usable: list[str]) -> tuple[str, ...]:
    """Two of them: those on this machine come first, the built-in one to compare them with is among these."""
    return tuple(dict.fromkeys([*models_here(resources.settings()), *usable]))[:2]


def fill_form(question: Question) -> None:
    """Put a question's choices into the form, before it is drawn."""
    filters = question.filters
    least, most = EVERY_STAR
    st.session_state.update(
        search="",
        product=question.product_id,
        models=list(question.models),
        answers=question.answers,
        prompt=question.prompt,
        blind=question.blind,
        timing=ONE_BY_ONE if question.one_by_one else TOGETHER,
        stars=(int(filters.min_rating or least), int(filters.max_rating or most)),
        since=filters.since,
        until=filters.until,
        language=filters.language,
    )


def draw_form(usable: list[str]) -> Question:
    """The choices, as a question that has no text yet."""
    product_column, models_column = st.columns([3, 2])
    with product_column:
        _choose_product()
    with models_column:
        st.multiselect(
            "Models",
            usable,
            format_func=label,
            key="models",
            max_selections=MOST_MODELS,
            placeholder="Choose two to four",
            persist_state="session",
        )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        _choose_or_leave("Answers", get_args(AnswerMode), ANSWERS, "answers")
        _choose_or_leave("Prompt", prompt_names(resources.settings()), PROMPT, "prompt")
        st.toggle("Blind", help=BLIND, key="blind", persist_state="session")
        # No segmented control, here and elsewhere: what is chosen there is hard to read in dark colours.
        st.radio(
            "Timing",
            [TOGETHER, ONE_BY_ONE],
            help=TIMING,
            key="timing",
            horizontal=True,
            persist_state="session",
        )
    _choose_filters()
    return chosen_question()


def chosen_question() -> Question:
    """What the form holds, as a question that has no text yet."""
    state = st.session_state
    return Question(
        product_id=state["product"] or first_products()[0].product_id,
        text="",
        models=tuple(state["models"]),
        answers=state["answers"],
        prompt=state["prompt"],
        filters=_chosen_filters(),
        one_by_one=state["timing"] == ONE_BY_ONE,
        blind=state["blind"],
    )


def _choose_or_leave(name: str, choices: Sequence[str], explained: str, key: str) -> None:
    """One of the choices, or none: then each model's settings decide."""
    st.selectbox(
        name,
        [None, *choices],
        format_func=lambda choice: choice or AS_SET,
        help=explained,
        key=key,
        width=130,
        persist_state="session",
    )


def _choose_product() -> None:
    """Any id may be typed, listed or not."""
    products = first_products()
    if len(products) > LISTED_PRODUCTS:
        text = st.text_input(
            "Search all products",
            key="search",
            placeholder="name, brand or id",
            on_change=_choose_first_found,
            persist_state="session",
        )
        if text:
            products = find_products(resources.database(), text, FOUND_PRODUCTS)
            if not products:
                st.caption(literal(f"No product is called “{text}”."))
                products = first_products()
    by_id = {product.product_id: product for product in products[:LISTED_PRODUCTS]}

    def title(product_id: str) -> str:
        return _product_title(by_id[product_id]) if product_id in by_id else product_id

    st.selectbox(
        "Product, by name, brand or id",
        list(by_id),
        format_func=title,
        accept_new_options=True,
        key="product",
        persist_state="session",
    )


def _choose_first_found() -> None:
    """A search leads to its likeliest product at once."""
    try:
        found = find_products(resources.database(), st.session_state["search"], 1)
    except UserError:
        return  # the page asks again, where it is told
    if found:
        st.session_state["product"] = found[0].product_id


def _product_title(product: Product) -> str:
    """A product on one line: its name, its stars, how many reviews, its ids."""
    facts = [
        product.name or product.product_id,
        product.brand if product.brand and product.brand not in (product.name or "") else "",
        f"{product.mean_rating:.1f} ★" if product.mean_rating is not None else "",
        f"{product.reviews:,} {'review' if product.reviews == 1 else 'reviews'}",
        ", ".join(product.ids),
    ]
    return " · ".join(filter(None, facts))


def _choose_filters() -> None:
    with folded_filters("filters", _chosen_filters().limits), st.container(horizontal=True, gap="medium"):
        st.slider("Stars, from and to", *EVERY_STAR, key="stars", width=280, persist_state="session")
        for name, key in (("Written since", "since"), ("Written until", "until")):
            st.date_input(
                name,
                value=None,
                min_value=FIRST_DAY,
                max_value="today",
                format="YYYY-MM-DD",
                key=key,
                width=200,
                persist_state="session",
            )
        _choose_language()
        st.caption("A review without stars, a date or a language passes no filter on it.")


def _choose_language() -> None:
    """Only where there is a choice, or one was made."""
    product_id = st.session_state["product"]
    listed = (product for product in first_products() if product_id in product.ids)
    languages = next((product.languages for product in listed), ())
    chosen = st.session_state.get("language")
    if len(languages) > 1 or chosen:
        st.selectbox(
            "Language",
            [None, *languages] if chosen in (None, *languages) else [None, *languages, chosen],
            format_func=lambda language: language or "all",
            key="language",
            width=120,
            persist_state="session",
        )


def _chosen_filters() -> Filters:
    """What the form holds; nothing before it is drawn for the first time."""
    state = st.session_state
    stars = state.get("stars", EVERY_STAR)
    least, most = stars if stars != EVERY_STAR else (None, None)
    return Filters(least, most, state.get("since"), state.get("until"), state.get("language"))


def label(model: str) -> str:
    """A model's name, with the warning that belongs to it."""
    spec = resources.spec(model)
    if spec.remote:
        return f"{model} (remote)"
    if spec.kind == "extractive":
        return f"{model} (no language model)"
    return model
