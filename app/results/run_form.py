"""A new batch run: what is asked of whom, its forecast, and the start.

Draws and clicks. The plan that was forecast is the one that is stored, with its passages; a process of its
own then finishes it, as it would one that was interrupted.
"""

import io
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import streamlit as st

from app import resources
from compare.forecast.dry_run import print_forecast
from compare.forecast.forecast import forecast, judge_forecast
from compare.plan.experiment import PRODUCTS, QUESTIONS, REPEATS, read_experiment
from compare.plan.plan import Plan
from compare.plan.planning import make_plan, require_run_name, usual_run_name
from compare.run.run_process import start_run
from config import AnswerMode
from config.command import plain_console
from config.errors import RunError, UserError
from config.settings import CLONE
from generator.markdown import literal

OWN = "Questions of my own"
FROM_FILE = "As the file says"
LISTED_PRODUCTS = 200
FORECAST_WIDTH = 100


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What was filled in: an experiment's keys and values, in place of those of its `file`, if it has one."""

    file: Path | None
    keys: dict[str, Any]
    name: str

    def command(self, name: str) -> str:
        """The same from a terminal."""
        words = ["python", "-m", "compare", *([f"experiments/{self.file.name}"] if self.file else [])]
        for key, value in self.keys.items():
            if key == "models":
                words += ["--models", ",".join(value)]
            elif isinstance(value, tuple):
                words += [word for one in value for word in (f"--{key[:-1]}", one)]
            else:
                words += [f"--{key}", str(value)]
        return shlex.join([*words, "--name", name])


@dataclass(frozen=True, slots=True)
class _Draft:
    """A run that could start: its `plan` under a `name`, and what it takes, in words."""

    wanted: _Wanted
    name: str
    plan: Plan
    forecast: str


def draw_form(taken: Sequence[str]) -> None:
    """The form, and below it the forecast of what was filled in; `taken`: names of runs that there are."""
    wanted = _fill_in()
    if st.button("Forecast", icon=":material/schedule:", help="Loads no model and stores nothing."):
        st.session_state.pop("draft", None)
        try:
            with st.spinner("Finding the passages, and counting the prompts…"):
                st.session_state["draft"] = _draft(wanted, taken)
        except UserError as error:
            st.error(literal(str(error)))
    draft: _Draft | None = st.session_state.get("draft")
    if draft is None or draft.wanted != wanted:
        st.caption("The forecast comes first; after it, the run can be started.")
        return
    st.code(draft.forecast, language=None, wrap_lines=True)
    st.caption("The same from a terminal:")
    st.code(draft.plan.command, language=None, wrap_lines=True)
    if st.button("Start this run", type="primary", icon=":material/play_arrow:"):
        _start(draft)


def _fill_in() -> _Wanted:
    files = {file.stem: file for file in sorted((CLONE / "experiments").glob("*.yaml"))}
    what = st.selectbox("What is asked", [OWN, *files], key="experiment", persist_state="session")
    keys: dict[str, Any] = {}
    if what == OWN:
        text = st.text_area(
            "Questions, one in each line", "\n".join(QUESTIONS), key="own", persist_state="session"
        )
        keys["questions"] = tuple(line.strip() for line in text.splitlines() if line.strip())
    keys |= {key: value for key, value in {**_who(what), **_how_much(what)}.items() if value}
    name = st.text_input(
        "Name of the run", placeholder="The time", key="run_name", persist_state="session", width=440
    )
    return _Wanted(files.get(what), keys, name.strip())


def _who(what: str) -> dict[str, Any]:
    """Contestants and judge; empty: as the file says, or the usual ones."""
    usable = resources.usable_models()
    models = st.multiselect(
        "Contestants",
        _contestants(usable),
        default=usable[:2] if what == OWN else [],
        placeholder="All of this machine" if what == OWN else FROM_FILE,
        key=f"contestants of {what}",
        persist_state="session",
        accept_new_options=True,
        help="A model, and a model in its other ways of answering: free against verbatim is a comparison "
        "too. So is one prompt against another: type smollm2@short, or smollm2@examples:verbatim.",
    )
    judge = st.selectbox(
        "Judge",
        [model for model in usable if resources.spec(model).kind != "extractive"],
        index=None,
        placeholder="Nobody" if what == OWN else FROM_FILE,
        key=f"judge of {what}",
        persist_state="session",
        help="A model that reads the answers when all are given, marks each, and compares each two.",
    )
    return {"models": tuple(models), "judge": judge}


def _how_much(what: str) -> dict[str, Any]:
    """Products, by their ids or how many, and repeats; empty: as the file says."""
    listed = {one.product_id: one.name for one in resources.retriever().products(LISTED_PRODUCTS)}
    products = st.multiselect(
        "Products",
        list(listed),
        format_func=lambda product: f"{listed[product]} · {product}" if listed.get(product) else product,
        accept_new_options=True,
        placeholder="The first ones" if what == OWN else FROM_FILE,
        key=f"products of {what}",
        persist_state="session",
    )
    with st.container(horizontal=True):
        first = st.number_input(
            "How many of the first",
            min_value=1,
            value=PRODUCTS if what == OWN else None,
            placeholder=FROM_FILE,
            disabled=bool(products),
            key=f"first of {what}",
            persist_state="session",
            width=212,
        )
        repeats = st.number_input(
            "Answers to each question",
            min_value=1,
            max_value=100,
            value=REPEATS if what == OWN else None,
            placeholder=FROM_FILE,
            key=f"repeats of {what}",
            persist_state="session",
            width=212,
        )
    return {"products": tuple(products) or first, "repeats": repeats}


def _contestants(usable: Sequence[str]) -> list[str]:
    """Every model in its own way of answering, and after it, where it has another one, in that."""
    found = []
    for model in usable:
        spec = resources.spec(model)
        found.append(model)
        if spec.kind == "gguf":
            found += [f"{model}:{answers}" for answers in get_args(AnswerMode) if answers != spec.answers]
    return found


def _draft(wanted: _Wanted, taken: Sequence[str]) -> _Draft:
    """Plan the run and foretell it. Raises UserError for whatever cannot be run."""
    name = wanted.name or usual_run_name()
    require_run_name(name)
    if name in taken:
        raise RunError(
            f"There is a run '{name}' already. Resume that one below, or give this one another name."
        )
    settings = resources.settings()
    experiment = read_experiment(wanted.file, wanted.keys)
    resources.warm_up()
    folder = settings.home / "runs" / name
    plan = make_plan(experiment, settings, resources.retriever(), folder, wanted.command(name))
    text = io.StringIO()
    console = plain_console(file=text, width=FORECAST_WIDTH, color_system=None)
    log = resources.answer_log()
    forecasts = forecast(plan, settings, log)
    print_forecast(plan, forecasts, judge_forecast(plan, settings, log), to=console)
    return _Draft(wanted, name, plan, text.getvalue().rstrip())


def _start(draft: _Draft) -> None:
    resources.answer_log().begin_run(draft.name, draft.plan.to_row(), draft.plan.task_rows())
    start_run(resources.database(), draft.name, Path(draft.plan.out))
    del st.session_state["draft"]
    st.session_state["run"] = draft.name
    st.rerun()
