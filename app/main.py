"""What `streamlit run app/main.py` runs for each look at a page. Knows nothing of what is on it."""

import streamlit as st

from app.errors import in_words
from app.navigation import pages


def main() -> None:
    """Draw the page that was asked for."""
    # An icon of its own: without one, browsers would fetch that of the open page from elsewhere.
    st.set_page_config("ReviewDuel", page_icon="⚖️", layout="wide")
    page = st.navigation(pages(), position="top")
    with in_words():
        page.run()


main()
