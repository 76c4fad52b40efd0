"""The pages and where they are: each one's title, sign and address. Knows nothing of what is on them."""

from collections.abc import Callable
from importlib import import_module

import streamlit as st
from streamlit.navigation.page import Page


def pages() -> list[Page]:
    """All of them, the first one first."""
    return [
        st.Page(_drawn_by("ask"), title="Ask", icon=":material/forum:", url_path="ask", default=True),
        st.Page(_drawn_by("results"), title="Results", icon=":material/bar_chart:", url_path="results"),
        models_page(),
        reviews_page(),
    ]


def models_page() -> Page:
    """To link to."""
    return st.Page(_drawn_by("catalogue"), title="Models", icon=":material/memory:", url_path="models")


def reviews_page() -> Page:
    """To link to."""
    return st.Page(_drawn_by("reviews"), title="Reviews", icon=":material/reviews:", url_path="reviews")


def _drawn_by(package: str) -> Callable[[], None]:
    """Draws a page. It is imported when it is first looked at: no other page waits for its libraries."""
    return lambda: import_module(f"app.{package}.page").draw()
