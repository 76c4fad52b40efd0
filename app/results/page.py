"""The page Results: its parts, each drawn only while it is looked at."""

import streamlit as st

PARTS = ("Figures", "Votes", "Runs")


def draw() -> None:
    """Draw the page; which part is open stands in its address."""
    # Not at the top: the statistics' libraries would hold up the first paint of every page.
    from app.results import figures, runs, votes

    st.title("Results")
    tabs = st.tabs(PARTS, key="part", bind="query-params")
    for tab, draw_part in zip(tabs, (figures.draw, votes.draw, runs.draw), strict=True):
        if tab.open:
            with tab:
                draw_part()
