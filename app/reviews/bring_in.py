"""Bringing reviews in: the upload, and every file on its way, whoever brought it. Only draws.

The work is done by `Arrivals`, which all sessions share.
"""

from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app import resources
from app.errors import in_words
from app.reviews.waiting import draw_settled
from config.errors import UserError
from config.settings import CLONE
from generator.markdown import literal

if TYPE_CHECKING:
    from app.reviews.arrival import Arrival
    from app.reviews.arrivals import Arrivals

TYPES = [
    "csv",
    "tsv",
    "txt",
    "jsonl",
    "json",
    "parquet",
    "xlsx",
    "xls",
    "ods",
    "gz",
    "zst",
    "bz2",
    "xz",
    "zip",
]
SAMPLE = CLONE / "data" / "reviews.csv"
POLL_SECONDS, LOADING_POLL_SECONDS = 0.5, 4.0
UPLOADS = "reviews-uploads"  # in the session: how many files were uploaded


@st.cache_resource(show_spinner=False)
def arrivals() -> "Arrivals":
    """One line for all sessions."""
    # Only who brings reviews in waits for the libraries that read them.
    from app.reviews.arrivals import Arrivals

    settings = resources.settings()
    return Arrivals(
        settings.home / "uploads",
        resources.database(),
        resources.embedder(),
        settings.passages,
        # Whatever a page keeps of the products is old now.
        on_ingested=st.cache_data.clear,
    )


def draw_empty() -> None:
    """What helps where there are no reviews yet."""
    st.info("There are no reviews yet. Begin with the sample reviews, or bring in a file of your own.")
    if SAMPLE.is_file() and not any(one.busy for one in arrivals().all()):
        if st.button("Bring in the sample reviews", icon=":material/download:", type="primary"):
            arrivals().take_own(SAMPLE)
            st.rerun()
        st.caption("Some hundred reviews of ten products, invented for ReviewDuel, come with it.")
    draw_bring_in()


def draw_bring_in() -> None:
    """The upload, and the files that are here."""
    _draw_upload()
    for arrival in reversed(arrivals().all()):
        with st.container(border=True):
            size = (
                f"{arrival.size / 1e6:,.1f} MB"
                if arrival.size >= 1e6
                else f"{max(arrival.size / 1e3, 0.1):,.1f} kB"
            )
            st.markdown(f"**{literal(arrival.name)}** · {size}")
            if arrival.busy:
                loading = arrivals().loading
                seconds = LOADING_POLL_SECONDS if loading else POLL_SECONDS
                st.fragment(_draw_busy, run_every=seconds)(arrival, loading)
            else:
                draw_settled(arrivals(), arrival)


def _draw_upload() -> None:
    """Takes a file, hands it over, and is ready for the next one."""
    taken: int = st.session_state.setdefault(UPLOADS, 0)
    limit = st.get_option("server.maxUploadSize")
    uploaded = st.file_uploader(
        "A file of reviews",
        type=TYPES,
        # A new key is a new widget, which is empty.
        key=f"reviews-upload-{taken}",
    )
    st.caption(
        "CSV, TSV, JSON, XLSX or Parquet, as it is or packed. You see what is in it before anything "
        f"is stored. At most {limit} MB; `python -m ingest FILE` reads larger ones."
    )
    if not uploaded:
        return
    try:
        arrivals().take(uploaded, uploaded.name)
    except UserError as error:
        # What is here is still drawn, so that room can be made.
        st.error(literal(str(error)))
    else:
        _let_go(uploaded)
        st.session_state[UPLOADS] = taken + 1
        st.rerun()


def _let_go(uploaded: UploadedFile) -> None:
    """Streamlit would hold the bytes a second time, in memory, for as long as the tab is open."""
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, uploaded.file_id)


@in_words()
def _draw_busy(arrival: "Arrival", loading: bool) -> None:
    """Look again and again until it needs somebody, or is done; then the whole page is drawn anew.

    So it is when the embedder is loaded: from then on it is looked at more often.
    """
    if not arrival.busy or arrivals().loading != loading:
        st.rerun()
    if arrival.state == "reading":
        st.progress(arrival.fraction, text=f"Looking through it: {arrival.rows:,} rows")
        if st.button("Discard", key=f"discard-{arrival.key}"):
            arrivals().dismiss(arrival)
            st.rerun()
        return
    if arrival.state == "waiting":
        before = arrivals().ahead(arrival)
        st.markdown(f"In line: {before} {'file is' if before == 1 else 'files are'} ingested before it.")
    else:
        _draw_progress(arrival)
    if st.button("Stop", icon=":material/stop:", key=f"stop-{arrival.key}"):
        arrivals().stop(arrival)


def _draw_progress(arrival: "Arrival") -> None:
    """How far an ingest is."""
    counts = arrival.counts
    if arrival.note:
        st.warning(literal(arrival.note))
    st.progress(arrival.fraction, text=f"{arrival.fraction:.0%} of the file, {arrival.rows:,} rows read")
    st.caption(
        f"Stored so far: {counts.new:,} new, {counts.updated:,} updated, {counts.unchanged:,} unchanged, "
        f"{counts.rejected:,} rejected"
        + (". Nothing is changed before the end." if arrival.replace else "")
        + (". The embedder is loaded first, which takes some seconds." if arrivals().loading else "")
    )
