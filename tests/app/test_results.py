"""The parts of the page Results, drawn without a browser: what they say of log, votes and runs."""

import io
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import psutil
import pytest
import streamlit as st
from psycopg2.extras import Json
from streamlit.testing.v1 import AppTest

from app import resources
from app.results import runs
from app.results.figures import _csv
from app.results.run_form import _Wanted
from app.results.votes import order_in_words
from compare.log.answer_figures import AnswerFilter
from compare.log.vote_log import VoteLog
from compare.run.run_process import OUTPUT, RunProcess
from compare.run.runner import Failure
from compare.statistics import Vote, win_rates
from config import Settings
from database import Database
from generator import AnswerLog
from retriever import Embedder, Retriever
from tests.compare.logged import log_answer
from tests.compare.plans import make_contestant, make_plan, make_task


@pytest.fixture
def shared(
    database: Database, settings: Settings, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> Database:
    """The database that the page reads."""
    monkeypatch.setattr(resources, "database", lambda: database)
    monkeypatch.setattr(resources, "settings", lambda: settings)
    monkeypatch.setattr(resources, "embedder", lambda: fake_embedder)
    monkeypatch.setattr(resources, "answer_log", lambda: AnswerLog(database))
    monkeypatch.setattr(
        resources, "retriever", lambda: Retriever(database, fake_embedder, settings.retrieval)
    )
    st.cache_data.clear()
    st.cache_resource.clear()
    return database


def figures_part() -> None:
    from app.results import figures

    figures.draw()


def votes_part() -> None:
    from app.results import votes

    votes.draw()


def runs_part() -> None:
    from app.results import runs

    runs.draw()


def drawn(part: object) -> AppTest:
    page = AppTest.from_function(part, default_timeout=60).run()  # type: ignore[arg-type]
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    return " ".join(
        one.value for one in [*page.caption, *page.markdown, *page.info, *page.warning, *page.error]
    )


@pytest.mark.parametrize("part", [figures_part, votes_part, runs_part])
def test_empty_parts_say_what_fills_them(shared: Database, part: object) -> None:
    page = drawn(part)
    assert not page.dataframe
    assert any(word in page.info[0].value for word in ("Ask", "begins one"))


def test_free_and_verbatim_answers_stand_apart(shared: Database) -> None:
    log_answer(shared, "a", speed=8)
    log_answer(shared, "far", kind="openai", memory=None)
    log_answer(shared, "a", quoted=2)
    page = drawn(figures_part)
    assert [one.value for one in page.header] == ["Free answers", "Verbatim answers"]
    free, verbatim = (one.value for one in page.dataframe)
    assert list(free["contestant"]) == ["a", "far (remote)"]
    assert free["tokens/s"][0] == pytest.approx(8) and pd.isna(free["memory"][1])
    assert list(verbatim["contestant"]) == ["a (verbatim)"] and verbatim["sentences"][0] == 2
    assert "tokens/s" not in verbatim
    assert "Its tokens are decisions" in said(page) and "the model ran on its server" in said(page)


def test_shared_timings_are_left_out_and_the_page_says_so(shared: Database) -> None:
    log_answer(shared, "a", speed=8)
    log_answer(shared, "a", speed=2, shared=True)
    page = drawn(figures_part)
    assert page.dataframe[0].value["tokens/s"][0] == pytest.approx(8)
    assert "those of 1 of the 2 answers" in said(page)
    page.toggle(key="figures_shared").set_value(True).run()
    assert page.dataframe[0].value["tokens/s"][0] == pytest.approx(5)
    assert "of the 2 answers" not in said(page)


def test_the_next_answer_is_seen_at_once(shared: Database) -> None:
    log_answer(shared, "a")
    page = drawn(figures_part)
    log_answer(shared, "b")
    assert list(page.run().dataframe[0].value["contestant"]) == ["a", "b"]


def test_filters_and_lines(shared: Database) -> None:
    log_answer(shared, "a")
    log_answer(shared, "b", product="B02")
    page = drawn(figures_part)
    page.multiselect(key="figures_models").set_value(["b"]).run()
    assert list(page.dataframe[0].value["contestant"]) == ["b"]
    page.radio(key="figures_divided_by").set_value("product").run()
    assert list(page.dataframe[0].value["product"]) == ["B02"]
    page.radio(key="figures_divided_by").set_value("day").run()
    assert not page.exception and len(page.dataframe) == 1
    page.toggle(key="figures_measured").set_value(True).run()
    assert page.expander[0].label == "Filters: 2 set"
    assert not page.dataframe and "No answer passes these filters" in said(page)


def test_the_csv_holds_the_answers_and_no_formula(shared: Database) -> None:
    log_answer(shared, "a", text="=1+1", question="Ü\n?")
    log_answer(shared, "b")
    read = pd.read_csv(io.StringIO(_csv(shared, AnswerFilter(models=("a",)))))
    assert list(read.columns) == AnswerLog(shared).columns()
    assert (read["answer"][0], read["question"][0], len(read)) == ("'=1+1", "Ü\n?", 1)


def test_only_blind_votes_count_unless_it_is_said(shared: Database) -> None:
    log = VoteLog(shared)
    for _ in range(9):
        ids = [log_answer(shared, "a"), log_answer(shared, "b")]
        log.record(ids, ids[0], blind=True)
    ids = [log_answer(shared, "a"), log_answer(shared, "b")]
    log.record(ids, ids[1], blind=False)
    page = drawn(votes_part)
    (pair,) = page.dataframe[0].value.to_dict("records")
    assert (pair["votes"], pair["A better"], pair["win rate of A"]) == (9, 9, "100%")
    assert pair["95 % interval"] == "70% to 100%"
    assert "1. a, 2. b" in said(page).replace("\\", "") and "9 blind votes, 1 with" in said(page)
    page.toggle(key="seen").set_value(True).run()
    assert page.dataframe[0].value["votes"][0] == 10


def test_votes_that_rank_nobody() -> None:
    few = [Vote("a", "b", "a", True), Vote("b", "c", "tie", True)]
    assert "do not support an order of all 3 (a, b, c)" in order_in_words(win_rates(few))
    clear = [Vote("a", "b", "a", True)] * 20 + [Vote("b", "c", "tie", True)]
    told = order_in_words(win_rates(clear))
    assert "do not support" in told and "They do show this much: a is preferred to b." in told
    assert "do not support an order of both" in order_in_words(win_rates([Vote("a", "b", "bad", True)]))


def begin(database: Database, run_id: str) -> None:
    plan = make_plan(make_contestant("a"), make_contestant("b"))
    AnswerLog(database).begin_run(run_id, plan.to_row(), plan.task_rows())


def test_runs_and_their_states(shared: Database, settings: Settings) -> None:
    for run_id in ("stopped", "failed", "running"):
        begin(shared, run_id)
        log_answer(shared, "a", run=run_id, contestant="a")
    AnswerLog(shared).note_failures("failed", [asdict(Failure("b", "It *broke*."))])
    with shared.connection() as connection, connection.cursor() as cursor:
        own = Json(asdict(RunProcess.of(psutil.Process())))
        cursor.execute("UPDATE run SET process = %s WHERE run_id = 'running'", (own,))
    folder = settings.home / "runs" / "running"
    folder.mkdir(parents=True)
    (folder / OUTPUT).write_text("a: loading, then 4 answers\n")
    page = drawn(runs_part)
    table = page.dataframe[0].value
    assert list(zip(table["run"], table["state"], table["answers"], strict=True)) == [
        ("running", "running", "1 of 8"),
        ("failed", "finished", "1 of 8"),
        ("stopped", "stopped", "1 of 8"),
    ]
    assert page.button(key="stop-running").label == "Stop"
    assert page.code[0].value == "a: loading, then 4 answers"
    page.selectbox(key="run").set_value("failed").run()
    assert "b\\: It \\*broke\\*." in said(page) and page.button(key="resume")
    page.selectbox(key="run").set_value("stopped").run()
    assert "It was stopped after 1 of 8 answers" in said(page) and page.button(key="resume")


def test_the_list_of_runs_is_looked_at_again_only_while_one_runs(
    shared: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    polled: list[float] = []

    def fragment(draw: Callable[..., None], run_every: float) -> Callable[..., None]:
        polled.append(run_every)
        return draw

    monkeypatch.setattr(st, "fragment", fragment)
    begin(shared, "night")
    assert len(drawn(runs_part).dataframe) == 1
    assert polled == []
    with shared.connection() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE run SET process = %s", (Json(asdict(RunProcess.of(psutil.Process()))),))
    drawn(runs_part)
    assert polled == [runs.POLL_SECONDS]


def test_a_run_stopped_while_its_judge_worked_goes_on_there(shared: Database) -> None:
    plan = make_plan(make_contestant("a"), tasks=(make_task(repeats=1),), judge=make_contestant("j").spec)
    AnswerLog(shared).begin_run("night", plan.to_row(), plan.task_rows())
    log_answer(shared, "a", run="night", contestant="a")
    page = drawn(runs_part)
    assert page.dataframe[0].value["state"][0] == "stopped while judging"
    assert "after 0 of 1 judgements" in said(page) and page.button(key="resume")


def test_a_run_that_cannot_be_is_a_sentence(shared: Database) -> None:
    begin(shared, "taken")
    page = drawn(runs_part)

    def forecast(name: str) -> str:
        page.text_input(key="run_name").set_value(name)
        next(one for one in page.button if one.label == "Forecast").click()
        page.run()
        assert not page.exception
        return page.error[0].value.replace("\\", "")

    assert "cannot be a run's name" in forecast("../../etc")
    assert "There is a run 'taken' already" in forecast("taken")
    assert "There is nothing to ask" in forecast("new")
    assert [run for (run,) in _rows(shared, "SELECT run_id FROM run")] == ["taken"]


def test_names_of_strangers_are_shown_as_they_are(shared: Database) -> None:
    name = "[x](javascript:1) :red[y] <b>"
    begin(shared, name)
    log_answer(shared, name, run=name, contestant=name)
    with shared.connection() as connection, connection.cursor() as cursor:
        own = Json(asdict(RunProcess.of(psutil.Process())))
        cursor.execute("UPDATE run SET process = %s", (own,))
    page = drawn(runs_part)
    assert "[x](" not in said(page) and ":red[" not in said(page)


def _rows(database: Database, statement: str) -> list[tuple[str, ...]]:
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def test_the_report_of_a_run_opens_and_closes(shared: Database, tmp_path: Path) -> None:
    begin(shared, "night")
    for model in ("a", "b"):
        for product in ("B01", "B02"):
            log_answer(
                shared,
                model,
                product=product,
                question="Is it good?",
                run="night",
                contestant=model,
                mode="measured",
            )
    page = drawn(runs_part)
    next(one for one in page.button if one.label == "Open its report").click()
    page.run()
    assert not page.exception
    assert "Comparison night" in [one.value for one in page.header]
    overview = page.dataframe[1].value
    assert list(overview.columns) == ["median of", "a", "b"]
    page.toggle(key="whole_report").set_value(True).run()
    assert not page.exception
    next(one for one in page.button if one.label == "Close").click()
    page.run()
    assert "Comparison night" not in [one.value for one in page.header]


def test_runs_stand_beside_each_other_in_one_report(shared: Database) -> None:
    for run in ("first", "second"):
        begin(shared, run)
        for product in ("B01", "B02"):
            log_answer(shared, "a", product=product, question="Is it good?", run=run, contestant="a")
    page = drawn(runs_part)
    page.selectbox(key="run").set_value("first")
    page.multiselect(key="beside").set_value(["second"])
    next(one for one in page.button if one.label == "Open its report").click()
    page.run()
    assert not page.exception
    assert list(page.dataframe[1].value.columns) == ["median of", "a @ first", "a @ second"]


@pytest.mark.parametrize(
    ("file", "keys", "expected"),
    [
        (None, {"questions": ("Good?", "It's?")}, "--question 'Good?' --question 'It'\"'\"'s?' --name n"),
        (
            Path("demo.yaml"),
            {"models": ("a", "a:free"), "products": 3},
            "experiments/demo.yaml --models a,a:free --products 3 --name n",
        ),
        (
            None,
            {"products": ("B 1", "B2"), "repeats": 2},
            "--product 'B 1' --product B2 --repeats 2 --name n",
        ),
    ],
)
def test_the_same_run_from_a_terminal(file: Path | None, keys: dict[str, object], expected: str) -> None:
    assert _Wanted(file, keys, "n").command("n") == f"python -m compare {expected}"
