"""Batch runs: what there is, how those that go on get on, one to look at, and a new one.

Draws and clicks; runs work in processes of their own, which neither a reload nor the server's end stops.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from app import errors, resources
from app.results.report import draw_report
from app.results.run_form import draw_form
from compare.plan.planning import require_run_name
from compare.run.progress import in_words
from compare.run.run_list import ListedRun, RunList
from compare.run.run_process import output_of, start_run, stop_run
from generator.markdown import literal

LISTED = 100
POLL_SECONDS = 1.0
STATES = {
    "running": "running",
    "elsewhere": "on another machine",
    "stopped": "stopped",
    "unjudged": "stopped while judging",
    "finished": "finished",
}


def draw() -> None:
    """Draw this part."""
    runs = RunList(resources.database()).latest(LISTED)
    with st.expander("Start a run", icon=":material/play_arrow:", expanded=not runs):
        draw_form([run.run_id for run in runs])
    if not runs:
        st.info("No run yet. `python -m compare experiments/demo.yaml` begins one from a terminal.")
        return
    running = _running(runs)
    # No fragment where nothing changes by itself. One that polled until a run ended, and is there after
    # it, could lose what the page says of that: Streamlit drops what is not sent yet when one looks again.
    draw_list = st.fragment(_draw_list, run_every=POLL_SECONDS) if running else _draw_list
    draw_list(running)
    _draw_one(runs)


@errors.in_words()
def _draw_list(running: Sequence[str]) -> None:
    """Those that go on, and all: looked at again and again, until another set of runs is `running`."""
    runs = RunList(resources.database()).latest(LISTED)
    if _running(runs) != running:
        st.rerun()
    for run in runs:
        if run.state == "running":
            _draw_progress(run)
    st.header("All runs")
    st.dataframe(
        pd.DataFrame(map(_row, runs)),
        hide_index=True,
        column_config={"started": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", help="in UTC")},
        alt="All runs and their state",
    )


def _running(runs: Sequence[ListedRun]) -> list[str]:
    return [run.run_id for run in runs if run.state == "running"]


def _draw_progress(run: ListedRun) -> None:
    pace = RunList(resources.database()).pace(run)
    with st.container(border=True):
        st.markdown(f"**{literal(run.run_id)}**")
        _draw_bar(run.answered, run.planned, "answers")
        if run.judgements and run.answered >= run.planned:
            _draw_bar(run.judged, run.judgements, "judgements")
        if run.answered >= run.planned:
            judging = run.judged < run.judgements
            now = "all answered; " + ("the judge works" if judging else "what comes after is in what it says")
        elif pace.contestant is None:
            now = "loading"
        elif pace.seconds_left is None:
            now = f"the last answer was by {pace.contestant}"
        else:
            now = f"the last answer was by {pace.contestant}; about {in_words(pace.seconds_left)} remaining"
        st.caption(literal(now))
        _draw_output(run)
        stop = st.button(
            "Stop", key=f"stop-{run.run_id}", icon=":material/stop:", help="What was answered is kept."
        )
        if stop and run.process and stop_run(run.process):
            st.toast(literal(f"{run.run_id} is asked to stop."))


def _draw_bar(done: int, total: int, what: str) -> None:
    st.progress(min(done / total, 1.0) if total else 0.0, f"{done:,} of {total:,} {what}")


def _draw_one(runs: Sequence[ListedRun]) -> None:
    """One run, and others beside it: its state in words, what can be done about it, and its report."""
    by_id = {run.run_id: run for run in runs}
    st.header("One run")
    chosen = st.selectbox("Run", list(by_id), key="run", bind="query-params")
    run = by_id[chosen]
    st.markdown(literal(_in_a_sentence(run)))
    for failure in run.failures:
        st.warning(literal(f"{failure.model}: {failure.reason}"))
    if run.state != "running":
        _draw_output(run)
    others = [name for name in by_id if name != run.run_id]
    beside = st.multiselect("Beside it in one report", others, placeholder="Only this one", key="beside")
    with st.container(horizontal=True):
        opened = st.button("Open its report", disabled=not run.answered, icon=":material/lab_profile:")
        if run.state in ("stopped", "unjudged", "elsewhere") or (run.state == "finished" and run.failures):
            _draw_resume(run)
    if opened:
        st.session_state["report"] = (run.run_id, *beside)
    run_ids = st.session_state.get("report", ())
    if run_ids and run_ids[0] == run.run_id:
        draw_report(run_ids, sum(by_id[name].answered for name in run_ids if name in by_id))


def _draw_resume(run: ListedRun) -> None:
    if st.button(
        "Resume", key="resume", icon=":material/resume:", help="Gives what is missing: answers, judgements."
    ):
        require_run_name(run.run_id)
        start_run(resources.database(), run.run_id, _folder(run.run_id))
        st.rerun()


def _in_a_sentence(run: ListedRun) -> str:
    """A run's state, for people."""
    done = f"{run.answered:,} of {run.planned:,} answers"
    if run.state == "running":
        return "It is running; how far it is stands above."
    if run.state == "elsewhere":
        host = run.process.host if run.process else ""
        return (
            f"The machine {host} works on it, or did until it was interrupted there: {done} so far. "
            "Resume it here only if it was."
        )
    if run.state == "stopped":
        return f"It was stopped after {done}, which are kept. Resume it to get the others."
    if run.state == "unjudged":
        return (
            f"All {run.planned:,} answers are there. It was stopped while its judge worked, after "
            f"{run.judged:,} of {run.judgements:,} judgements, which are kept. Resume it to get the others."
        )
    if run.answered < run.planned:
        return f"It is finished, with {done}: not every contestant could answer everything."
    return f"It is finished: {done}."


def _draw_output(run: ListedRun) -> None:
    lines = output_of(_folder(run.run_id))
    if lines:
        with st.expander("What it says"):
            st.code("\n".join(lines), language=None, wrap_lines=True)


def _row(run: ListedRun) -> dict[str, object]:
    return {
        "run": run.run_id,
        "started": run.started_at,
        "state": STATES[run.state],
        "answers": f"{run.answered:,} of {run.planned:,}",
        "failures": len(run.failures),
        "contestants": ", ".join(run.contestants),
    }


def _folder(run_id: str) -> Path:
    return resources.settings().home / "runs" / Path(run_id).name
