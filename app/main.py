"""The pages and the way between them: `streamlit run app/main.py`.

Knows each page's title and address; knows nothing of what is on it.
"""

from collections.abc import Callable
from importlib import import_module

import streamlit as st

from app.errors import in_words


def main() -> None:
    """Draw the page that was asked for."""
    st.set_page_config("ReviewDuel", page_icon="⚖️", layout="wide")
    page = st.navigation(
        [
            st.Page(_drawn_by("ask"), title="Ask", icon=":material/forum:", url_path="ask", default=True),
            st.Page(_drawn_by("results"), title="Results", icon=":material/bar_chart:", url_path="results"),
            st.Page(_drawn_by("catalogue"), title="Models", icon=":material/memory:", url_path="models"),
            st.Page(_drawn_by("reviews"), title="Reviews", icon=":material/reviews:", url_path="reviews"),
        ],
        position="top",
    )
    with in_words():
        page.run()


def _drawn_by(package: str) -> Callable[[], None]:
    """Draws a page. It is imported when it is first looked at: no other page waits for its libraries."""
    return lambda: import_module(f"app.{package}.page").draw()


main()
