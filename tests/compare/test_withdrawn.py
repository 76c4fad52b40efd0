"""What is marked as harmful after a run began is given to no model, and nothing else takes its place."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from compare.plan.experiment import Experiment
from compare.plan.plan import Plan
from compare.plan.tasks import prepare_tasks
from compare.plan.withdrawn import withdrawn
from compare.run.judging import Judged, Judging
from compare.run.runner import Answered, Failure, Runner
from config import ModelSpec, PassageSettings, Settings
from database import Database
from generator import AnswerLog
from ingest import Review, ingest
from ingest.review import sha256
from retriever import Embedder, Retriever
from retriever.harmful import HarmfulMarks
from retriever.products import Listing
from tests.compare.plans import make_contestant, make_plan, make_task

BAD = "The battery is fine, it lasts for two days."
# Two passages each.
REVIEWS = {
    "B01": f"{BAD} Its price is more than people should pay.",
    "B02": "The screen is bright, and it does not shine. Its stand is not what people like.",
}


@pytest.fixture
def stored(database: Database, fake_embedder: Embedder) -> Database:
    """A review of each product."""
    rows = [
        Review(2, Listing((product,)), None, text, None, None, None, "r") for product, text in REVIEWS.items()
    ]
    ingest(rows, database, fake_embedder, PassageSettings(size=50, overlap=0, scan=False))
    return database


def planned(database: Database, embedder: Embedder, unit: Literal["passages", "reviews"], file: Path) -> Plan:
    experiment = Experiment(questions=("Is it fine?", "Is it loud?"), passages=unit, repeats=1)
    tasks = prepare_tasks(Retriever(database, embedder), experiment, 1 if unit == "reviews" else 9)
    return make_plan(make_contestant("a", file), make_contestant("b", file), tasks=tasks, passages=unit)


@pytest.mark.parametrize("unit", ["passages", "reviews"])
def test_questions_are_withdrawn_by_what_they_are_asked_from(
    stored: Database, fake_embedder: Embedder, unit: Literal["passages", "reviews"]
) -> None:
    plan = planned(stored, fake_embedder, unit, Path("m.gguf"))
    assert withdrawn(stored, plan) == set()
    marks = HarmfulMarks(stored)
    marks.mark("B01", sha256(BAD))
    assert withdrawn(stored, plan) == {("B01", "Is it fine?"), ("B01", "Is it loud?")}
    # Asked from the product's other passage alone, a question stays.
    good = [match for match in plan.tasks[0].matches if match.passage.text != BAD]
    if unit == "passages":
        assert len(good) == 1
        assert withdrawn(stored, replace(plan, tasks=(replace(plan.tasks[0], matches=tuple(good)),))) == set()
    marks.unmark("B01", sha256(BAD))
    assert withdrawn(stored, plan) == set()


def test_products_that_are_gone_have_no_marks(database: Database) -> None:
    assert withdrawn(database, make_plan(make_contestant("a"), tasks=(make_task("gone"),))) == set()


def test_neither_contestants_nor_the_judge_are_given_it(
    stored: Database, fake_embedder: Embedder, settings: Settings, random_models: Path
) -> None:
    log = AnswerLog(stored)
    runner = Runner(settings, fake_embedder, log)
    plan = planned(stored, fake_embedder, "passages", random_models / "llama.gguf")
    log.begin_run("night", plan.to_row(), plan.task_rows())
    events = runner.run("night", plan)
    while len(log.answered("night")) < 4:  # those of one contestant
        next(events)
    HarmfulMarks(stored).mark("B01", sha256(BAD))
    rest = list(events)
    (failure,) = [event for event in rest if isinstance(event, Failure)]
    assert failure.model == plan.shuffled()[1].name and "Questions about B01 are left out" in failure.reason
    assert sum(isinstance(event, Answered) for event in rest) == 2
    later = [row for row in log.answers("night") if row["contestant"] == failure.model]
    assert {row["product_id"] for row in later} == {"B02"}

    judge = ModelSpec(name="judge", file=str(random_models / "mistral.gguf"), n_ctx=2048)
    told, *said = Judging(runner, "night", judge).run()
    assert isinstance(told, Failure) and "Questions about B01 are left out" in told.reason
    # Of B02 four answers and two pairs.
    assert sum(isinstance(event, Judged) for event in said) == 6

    HarmfulMarks(stored).unmark("B01", sha256(BAD))
    assert sum(isinstance(event, Answered) for event in runner.run("night", plan)) == 2
    assert sum(isinstance(event, Judged) for event in Judging(runner, "night", judge).run()) == 6
