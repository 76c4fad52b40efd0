"""The report of one run, or of several beside each other: its verdict and tables here, all of it as one file.

Draws; what a report says is `compare.report`.
"""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from app import resources
from compare.report.contents import Contents, contents
from compare.report.overview import FORMS, HOW_TO_READ, Overview
from compare.report.page import page
from compare.report.visible import visible
from compare.run.batch import finished_run
from config.errors import UserError
from generator import AnswerLog
from generator.markdown import literal

HEIGHT = 900
# Votes and judgements may come after the last answer.
KEPT_S = 60


@dataclass(frozen=True, slots=True)
class _Opened:
    """A report's `contents`, and all of it as one HTML file."""

    contents: Contents
    html: str


def draw_report(run_ids: tuple[str, ...], answers: int) -> None:
    """The report of these runs; `answers`: how many they have, for after the next one it is made anew."""
    try:
        opened = _open(run_ids, answers)
    except UserError as error:
        st.error(literal(str(error)))
        return
    told = opened.contents
    st.header(literal(told.title), anchor="report")
    for verdict in told.measured.verdicts:
        st.markdown(f"**{literal(visible(verdict))}**")
    st.caption(literal(told.measured.looked_at))
    for overview in told.overviews:
        st.markdown(FORMS[overview.form])
        st.dataframe(
            _frame(overview),
            height="content",
            hide_index=True,
            alt=f"Overview of {FORMS[overview.form].lower()}",
        )
    st.caption(HOW_TO_READ)
    with st.container(horizontal=True):
        st.download_button(
            "Download the report",
            opened.html,
            file_name="report.html",
            mime="text/html",
            on_click="ignore",
            icon=":material/download:",
            help="One file with everything in it, which needs no network.",
        )
        if st.button("Close"):
            del st.session_state["report"]
            st.rerun()
    if st.toggle("Show all of it here", key="whole_report"):
        # It holds no script, all text in it is escaped, and its own policy forbids to run or load anything.
        st.iframe(opened.html, height=HEIGHT)


def _frame(overview: Overview) -> pd.DataFrame:
    rows = [(line.heading, *line.cells) for line in overview.lines]
    return pd.DataFrame(rows, columns=["median of", *overview.labels])


@st.cache_resource(ttl=KEPT_S, max_entries=4, show_spinner="Scoring the answers…")
def _open(run_ids: tuple[str, ...], answers: int) -> _Opened:
    log = AnswerLog(resources.database())
    told = contents([finished_run(log, run_id, resources.embedder()) for run_id in run_ids])
    return _Opened(told, page(told))
