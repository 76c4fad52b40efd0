"""The products as a table, and what is known of the chosen one: what it is, and how people rated it."""

from collections.abc import Callable, Sequence
from contextlib import suppress

import streamlit as st

from app import resources
from config.errors import UnknownProduct
from generator.markdown import literal
from retriever import Product
from retriever.products import find_products

LISTED = 100  # each rerun sends them all
CHOSEN = "reviews-product"  # the id of the chosen product, for all tabs, in the session


def draw_products(to_search: Callable[[], None]) -> None:
    """The table, and the chosen product below; `to_search` is called for who wants to search its reviews."""
    text = st.text_input("Find a product", placeholder="Name, brand or any id", key="reviews-find")
    products = listed(text)
    if not products:
        st.info(literal(f"No product is called '{text}', and none has an id that begins so."))
        return
    _draw_table(products, text)
    if len(products) == LISTED:
        st.caption(f"The first {LISTED}. Others are found by name, brand or id.")
    _draw_product(chosen(products), to_search)


def listed(text: str) -> list[Product]:
    """The products that the text means; without a text the first ones."""
    if text.strip():
        return find_products(resources.database(), text, LISTED)
    return resources.retriever().products(limit=LISTED)


def chosen(products: Sequence[Product]) -> Product:
    """The product that was chosen last, the first of these if none was."""
    product_id = st.session_state.get(CHOSEN)
    for product in products:
        if product_id in product.ids:
            return product
    with suppress(UnknownProduct):
        if product_id:
            return resources.retriever().product(product_id)
    return products[0]


def _draw_table(products: Sequence[Product], text: str) -> None:
    """One row per product; who selects one chooses it."""
    table = {
        "Name": [product.name for product in products],
        "Brand": [product.brand for product in products],
        "Reviews": [product.reviews for product in products],
        "Stars": [product.mean_rating for product in products],
        "First": [product.first_on for product in products],
        "Last": [product.last_on for product in products],
        "Ids": [", ".join(product.ids) for product in products],
    }
    key = (
        f"reviews-table-{text}"  # another list is another table: a selection by row number must not move over
    )

    def choose() -> None:
        rows = st.session_state[key].selection.rows
        if rows:
            st.session_state[CHOSEN] = products[rows[0]].product_id

    st.dataframe(
        table,
        key=key,
        hide_index=True,
        on_select=choose,
        selection_mode="single-row",
        column_config={
            "Stars": st.column_config.NumberColumn(format="%.1f", help="The mean of the reviews with stars."),
            "Reviews": st.column_config.NumberColumn(help="With a text, or with stars alone."),
            "First": st.column_config.DateColumn(help="The day of the earliest review with a date."),
            "Last": st.column_config.DateColumn(help="The day of the latest review with a date."),
        },
    )


def _draw_product(product: Product, to_search: Callable[[], None]) -> None:
    """What the product is, and its ratings."""
    with st.container(border=True):
        st.header(literal(product.name), anchor=False)
        categories = ", ".join(map(str.strip, (product.categories or "").split(",")))
        shop = f"from {product.source}" if product.source else ""
        about = [product.brand, categories, shop, ", ".join(product.ids)]
        st.caption(literal(" · ".join(part for part in about if part)))
        with st.container(horizontal=True):
            mean = "-" if product.mean_rating is None else f"{product.mean_rating:.1f} ★"
            st.metric("Mean stars", mean, width="content")
            st.metric("Reviews", f"{product.reviews:,}", width="content")
            if product.with_text != product.reviews:
                st.metric("With a text", f"{product.with_text:,}", width="content")
            if product.first_on and product.last_on:
                st.metric("Written", f"{product.first_on} to {product.last_on}", width="content")
        _draw_histogram(product.ratings)
        st.button(
            "Search its reviews", icon=":material/search:", on_click=_take_along, args=(product, to_search)
        )


def _take_along(product: Product, to_search: Callable[[], None]) -> None:
    """Choose the product, and go to the search."""
    st.session_state[CHOSEN] = product.product_id
    to_search()


def _draw_histogram(ratings: Sequence[int]) -> None:
    """How many gave five stars, four, …: bars with their numbers, which a screen reader reads too."""
    total = sum(ratings)
    if not total:
        st.caption("None of its reviews has stars.")
        return
    for stars in range(5, 0, -1):
        count = ratings[stars - 1]
        st.progress(count / total, text=f"{'★' * stars} {count:,} ({count / total:.0%})", width=480)
