"""Everything logged, in figures: filters, a table and charts for each form of answer, and the log as CSV.

Draws; what is summed up, and what may be, is `compare.log.answer_figures`.
"""

import io
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from app import resources
from app.filters import folded_filters
from app.results.charts import daily_chart, place_on, scatter_chart
from compare.log.answer_figures import AnswerFigures, AnswerFilter, Choices, Division, LoggedFigures, Source
from compare.report.files import guarded
from compare.report.overview import FORMS, HOW_TO_READ, LINES
from database import Database
from generator import AnswerLog
from generator.figures import figure, format_figure, remarks
from generator.log.export import write_csv
from generator.markdown import literal

SOURCES: dict[Source, str] = {"all": "Chats and runs", "chats": "Chats", "runs": "Runs"}
DIVISIONS: dict[Division, str] = {"nothing": "Contestant", "product": "… and product", "day": "… and day"}
SHARED = (
    "Times and speeds of an answer that shared the cores with another one tell as much of the other. "
    "Those of throughput runs are those of no answer alone, and never count."
)
MEANINGS = {
    "timed": "answers that count in times and speeds",
    "cited": "share of the answers that cite a passage they were given",
    "abstained": "answers that say that the reviews do not tell",
}
# While the log is still, nothing is summed up twice; a run that was forgotten is noticed after so long.
KEPT_S = 60


def draw() -> None:
    """Draw this part."""
    latest = AnswerFigures(resources.database()).latest()
    choices = _choices(latest)
    if choices is None:
        st.info("Nothing was answered yet. Ask a question on the page Ask, or start a run in the part Runs.")
        return
    with folded_filters("figures_filters", _limits()):
        wanted = _filter(choices)
    by: Division = st.radio(
        "One line for each",
        list(DIVISIONS),
        horizontal=True,
        format_func=DIVISIONS.__getitem__,
        key="figures_divided_by",
        persist_state="session",
    )
    found = _figures(latest, wanted, by)
    if not found:
        st.info("No answer passes these filters.")
    for form in FORMS:
        if group := [one for one in found if one.summary.answering == form]:
            _draw_form(form, group, by, choices.products)
    _draw_remarks(found, _broken_off(latest, wanted), wanted)
    st.download_button(
        "Download these answers as CSV",
        data=partial(_csv, resources.database(), wanted),
        file_name="answers.csv",
        mime="text/csv",
        on_click="ignore",
        icon=":material/download:",
        help="Every answer that passes the filters, with every figure, its text and its passages.",
    )


def _limits() -> int:
    """How many filters are set."""
    state = st.session_state
    keys = ("models", "products", "since", "until", "measured", "shared")
    others = sum(bool(state.get(f"figures_{key}")) for key in keys)
    return others + bool(state.get("figures_source", "all") != "all")


def _filter(choices: Choices) -> AnswerFilter:
    models = st.multiselect(
        "Models", choices.models, placeholder="All", key="figures_models", persist_state="session"
    )
    products = st.multiselect(
        "Products",
        list(choices.products),
        format_func=lambda product: choices.products[product] or product,
        placeholder="All",
        key="figures_products",
        persist_state="session",
    )
    with st.container(horizontal=True):
        first, last = choices.first_day, choices.last_day
        since = st.date_input(
            "From", None, first, last, key="figures_since", persist_state="session", width=160
        )
        until = st.date_input(
            "To", None, first, last, key="figures_until", persist_state="session", width=160
        )
        source: Source = st.radio(
            "Asked in",
            list(SOURCES),
            horizontal=True,
            format_func=SOURCES.__getitem__,
            key="figures_source",
            persist_state="session",
        )
    with st.container(horizontal=True):
        measured = st.toggle("Only measured runs", key="figures_measured", persist_state="session", help=(
            "One model at a time, warmed up, no prompt reused: what speeds should be compared by."
        ))  # fmt: skip
        shared = st.toggle(
            "Count shared timings too", key="figures_shared", persist_state="session", help=SHARED
        )
    return AnswerFilter(tuple(models), tuple(products), since, until, source, measured, shared)


def _draw_form(form: str, found: Sequence[LoggedFigures], by: Division, products: Mapping[str, str]) -> None:
    st.header(FORMS[form])
    parts = [products.get(one.part) or one.part for one in found]
    _draw_charts(form, found, parts, by)
    keys = (*LINES[form], "peak_rss_bytes", "predicted_bytes")
    formats: dict[Any, Any] = {figure(key).label: partial(format_figure, key) for key in keys}
    meanings = MEANINGS | {figure(key).label: figure(key).meaning for key in keys}
    st.dataframe(
        _frame(found, parts, form, by).style.format(formats | {"cited": "{:.0%}"}),
        hide_index=True,
        placeholder="-",
        column_config={label: st.column_config.Column(help=meaning) for label, meaning in meanings.items()},
        alt=f"Figures of {FORMS[form].lower()}",
    )


def _draw_charts(form: str, found: Sequence[LoggedFigures], parts: Sequence[str], by: Division) -> None:
    if by == "day":
        alt = f"The speed of {FORMS[form].lower()} from day to day"
        st.vega_lite_chart(daily_chart(found, form), alt=alt)
        return
    drawn = [x for x in ("peak_rss_bytes", "words") if any(place_on(one, x) is not None for one in found)]
    for column, x in zip(st.columns(len(drawn)), drawn, strict=True):
        with column:
            alt = f"The speed of {FORMS[form].lower()} against {figure(x).label}"
            st.vega_lite_chart(scatter_chart(found, parts, form, x), alt=alt)


def _frame(found: Sequence[LoggedFigures], parts: Sequence[str], form: str, by: Division) -> pd.DataFrame:
    rows = [
        {
            "contestant": one.summary.label,
            **({} if by == "nothing" else {by: part}),
            "answers": one.summary.answers,
            "timed": one.timed,
            **{figure(key).label: one.summary.figures[key].median for key in LINES[form]},
            figure("peak_rss_bytes").label: one.summary.peak_rss_bytes,
            figure("predicted_bytes").label: one.summary.predicted_bytes,
            "cited": one.summary.cited,
            "abstained": one.summary.abstained,
        }
        for one, part in zip(found, parts, strict=True)
    ]
    return pd.DataFrame(rows)


def _draw_remarks(found: Sequence[LoggedFigures], broken_off: int, wanted: AnswerFilter) -> None:
    answers, timed = sum(one.summary.answers for one in found), sum(one.timed for one in found)
    said = [HOW_TO_READ] if found else []
    if timed < answers:
        why = "came from throughput runs" if wanted.shared else "were given while others were being written"
        said.append(f"Times and speeds are those of {timed:,} of the {answers:,} answers; the others {why}.")
    if broken_off:
        said.append(f"{broken_off:,} answers that broke off or were stopped count in no figure.")
    for one in found:
        said += remarks(one.summary.kind, one.summary.answering)
    for remark in dict.fromkeys(said):
        st.caption(literal(remark))


def _csv(database: Database, wanted: AnswerFilter) -> str:
    """Called when the button is clicked, and outside any session."""
    columns = AnswerLog(database).columns()
    file = io.StringIO(newline="")
    write_csv(columns, (guarded(row, columns) for row in AnswerFigures(database).rows(wanted)), file)
    return file.getvalue()


# `latest`, the latest answer's id, is part of what is remembered by: after the next answer all is read anew.
@st.cache_data(ttl=KEPT_S, max_entries=4, show_spinner=False)
def _choices(latest: int) -> Choices | None:
    return AnswerFigures(resources.database()).choices()


@st.cache_data(ttl=KEPT_S, max_entries=50, show_spinner=False)
def _figures(latest: int, wanted: AnswerFilter, by: Division) -> list[LoggedFigures]:
    return AnswerFigures(resources.database()).figures(wanted, by)


@st.cache_data(ttl=KEPT_S, max_entries=50, show_spinner=False)
def _broken_off(latest: int, wanted: AnswerFilter) -> int:
    return AnswerFigures(resources.database()).broken_off(wanted)
