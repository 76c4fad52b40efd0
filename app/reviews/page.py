"""The page Reviews: products, the search in their reviews, how reviews come in. Draws its parts, in tabs."""

import streamlit as st

from app import resources
from app.reviews.bring_in import draw_bring_in, draw_empty
from app.reviews.passages import draw_search
from app.reviews.products import draw_products

TAB = "part"  # in the address too, so that a link leads to the same tab


def draw() -> None:
    """Draw the tab that is open, or what helps where there is nothing yet."""
    st.title("Reviews")
    if not resources.retriever().products(limit=1):
        # Where one is when the first reviews have come.
        st.session_state[TAB] = "Bring in"
        draw_empty()
        return
    products, search, bring_in = st.tabs(
        ["Products", "Search", "Bring in"], key=TAB, on_change="rerun", bind="query-params"
    )
    # Only what is seen is drawn: the others ask the database too.
    if products.open:
        with products:
            draw_products(lambda: st.session_state.update({TAB: "Search"}))
    if search.open:
        with search:
            draw_search()
    if bring_in.open:
        with bring_in:
            draw_bring_in()
