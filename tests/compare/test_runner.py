"""A run gives each answer of its plan once, whatever happens to it on the way. Real models, real database."""

import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from compare.plan.contestant import Contestant
from compare.plan.plan import Plan
from compare.report.facts import entrants
from compare.run.runner import Answered, Failure, Runner, Started
from compare.statistics import summarise
from config import Settings
from config.errors import RunError
from database import Database
from generator import AnswerLog
from retriever import Embedder
from tests.compare.plans import make_contestant, make_plan, make_task
from tests.scripted_model import write_scripted_model

# Does what its arguments say, and kills itself in the middle of the n-th call of a function.
KILLED = """
import os, pkgutil, signal, sys
from compare.plan.plan import Plan
from compare.run.runner import Runner
from config import load_settings
from database import Database
from generator import AnswerLog
from retriever import Embedder

owner, _, name = sys.argv[1].rpartition(".")
original, calls = getattr(pkgutil.resolve_name(owner), name), int(sys.argv[2])

def deadly(*arguments, **named):
    global calls
    calls -= 1
    if calls == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*arguments, **named)

setattr(pkgutil.resolve_name(owner), name, deadly)
settings = load_settings()
with Database.open(settings) as database:
    log = AnswerLog(database)
    for _ in Runner(settings, Embedder(settings.embedder), log).run("night", Plan.from_run(log.run("night"))):
        pass
"""

# One after the other: the run goes on from each.
MOMENTS = [
    ("compare.run.runner._require_same_origin", 1),  # warmed up, and nothing logged yet
    ("generator.transcript:Transcript.take", 40),  # in the middle of an answer
    ("generator.log.answer_log:AnswerLog.record", 2),  # one is logged, the next given and not yet logged
]


@pytest.fixture
def log(database: Database) -> AnswerLog:
    return AnswerLog(database)


@pytest.fixture
def runner(settings: Settings, log: AnswerLog, fake_embedder: Embedder) -> Runner:
    return Runner(settings, fake_embedder, log)


def begin(log: AnswerLog, plan: Plan, run_id: str = "night") -> None:
    log.begin_run(run_id, plan.to_row(), plan.task_rows())


def content(log: AnswerLog, run_id: str = "night") -> set[tuple[Any, ...]]:
    """What must be the same, however often the run was interrupted."""
    columns = ("contestant", "product_id", "question", "repeat", "answer", "prompt_sha256", "stop_reason")
    rows = log.answers(run_id)
    found = {(*(row[column] for column in columns), row["model_settings"]["seed"]) for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_ends_as_an_undisturbed_one(
    runner: Runner, log: AnswerLog, random_models: Path, environment: dict[str, str]
) -> None:
    contestants = [make_contestant(name, random_models / f"{name}.gguf") for name in ("llama", "mistral")]
    plan = make_plan(*contestants)
    begin(log, plan, "undisturbed")
    assert not [event for event in runner.run("undisturbed", plan) if isinstance(event, Failure)]

    begin(log, plan)
    for place, calls in MOMENTS:
        command = [sys.executable, "-c", KILLED, place, str(calls)]
        killed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    half = len(log.answered("night"))
    assert 0 < half < plan.answers
    resumed = list(runner.run("night", Plan.from_run(log.run("night"))))
    assert sum(isinstance(event, Answered) for event in resumed) == plan.answers - half
    assert content(log) == content(log, "undisturbed")
    assert list(runner.run("night", plan)) == []


@pytest.mark.slow
def test_a_killed_throughput_run_ends_as_an_undisturbed_one(
    runner: Runner, log: AnswerLog, random_models: Path, environment: dict[str, str]
) -> None:
    tasks = tuple(make_task(product) for product in ("B01", "B02", "B03", "B04"))
    plan = make_plan(make_contestant("llama", random_models / "llama.gguf"), tasks=tasks, mode="throughput")
    begin(log, plan, "undisturbed")
    list(runner.run("undisturbed", plan))
    begin(log, plan)
    command = [sys.executable, "-c", KILLED, "generator.log.answer_log:AnswerLog.record", "4"]
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(log.answered("night")) == 3
    resumed = list(runner.run("night", Plan.from_run(log.run("night"))))
    assert sum(isinstance(event, Answered) for event in resumed) == 5
    assert content(log) == content(log, "undisturbed")
    assert {(row["mode"], row["shared"]) for row in log.answers("night")} == {("throughput", True)}


def test_repeats_differ_by_their_seed_and_nothing_else(
    runner: Runner, log: AnswerLog, random_models: Path
) -> None:
    contestant = make_contestant("llama", random_models / "llama.gguf", seed=2**32 - 1)
    plan = make_plan(contestant, tasks=(make_task(repeats=3),))
    begin(log, plan)
    list(runner.run("night", plan))
    rows = sorted(log.answers("night"), key=lambda row: row["repeat"])
    assert [row["model_settings"]["seed"] for row in rows] == [2**32 - 1, 0, 1]
    assert len({row["prompt_sha256"] for row in rows}) == 1
    assert len({row["answer"] for row in rows}) == 3
    assert {(row["mode"], row["n_prompt_reused"], row["shared"]) for row in rows} == {("measured", 0, False)}


def test_without_temperature_repeats_say_the_same(
    runner: Runner, log: AnswerLog, random_models: Path
) -> None:
    plan = make_plan(make_contestant("llama", random_models / "llama.gguf", temperature=0))
    begin(log, plan)
    list(runner.run("night", plan))
    assert set(Counter(key[1:3] for key in log.answered("night")).values()) == {2}
    assert len({(row["product_id"], row["answer"]) for row in log.answers("night")}) == 2


def test_who_fails_is_passed_over_and_asked_again_when_resumed(
    runner: Runner, log: AnswerLog, random_models: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_text("GGUF, but not really")
    plan = make_plan(
        make_contestant("broken", broken), make_contestant("llama", random_models / "llama.gguf")
    )
    begin(log, plan)
    events = list(runner.run("night", plan))
    assert [event.model for event in events if isinstance(event, Failure)] == ["broken"]
    assert {key[0] for key in log.answered("night")} == {"llama"}
    write_scripted_model(broken, "Mended [1].")
    again = list(runner.run("night", plan))
    assert [event.contestant for event in again if isinstance(event, Started)] == ["broken"]
    assert len(log.answered("night")) == plan.answers


def test_a_question_that_is_too_long_costs_only_itself(
    runner: Runner, log: AnswerLog, random_models: Path
) -> None:
    tasks = (make_task(question="Why? " * 500, repeats=3), make_task(repeats=1))
    plan = make_plan(make_contestant("llama", random_models / "llama.gguf"), tasks=tasks)
    begin(log, plan)
    failures = [event for event in runner.run("night", plan) if isinstance(event, Failure)]
    assert len(failures) == 1 and "B01" in failures[0].reason
    assert [key[2] for key in log.answered("night")] == ["Is it good?"]


def test_another_file_under_the_same_name_is_not_mixed_in(
    runner: Runner, log: AnswerLog, tmp_path: Path
) -> None:
    file = tmp_path / "m.gguf"
    write_scripted_model(file, "The first file [1].")
    plan = make_plan(make_contestant("m", file))
    begin(log, plan)
    events = runner.run("night", plan)
    while not isinstance(next(events), Answered):
        pass
    events.close()
    file.unlink()
    write_scripted_model(file, "The second file [1].")
    failures = [event for event in runner.run("night", plan) if isinstance(event, Failure)]
    assert len(failures) == 1 and "another one than when the run began" in failures[0].reason
    assert {row["answer"] for row in log.answers("night")} == {"The first file [1]."}


def test_another_prompt_under_the_same_name_is_not_mixed_in(
    runner: Runner, log: AnswerLog, settings: Settings, tmp_path: Path
) -> None:
    write_scripted_model(tmp_path / "m.gguf", "It is good [1].")
    settings.prompts_folder.mkdir(parents=True)
    file = settings.prompts_folder / "mine.yaml"
    file.write_text("description: Mine.\ntext: '{passages} {question}'\n")
    plan = make_plan(make_contestant("m", tmp_path / "m.gguf", prompt="mine"))
    begin(log, plan)
    events = runner.run("night", plan)
    while not isinstance(next(events), Answered):
        pass
    events.close()
    file.write_text("description: Mine.\ntext: '{passages} Now, {question}'\n")
    resumed = Plan.from_run(log.run("night"))
    failures = [event for event in runner.run("night", resumed) if isinstance(event, Failure)]
    assert [failure.model for failure in failures] == ["m@mine"]
    assert "The prompt of m@mine is another one than when the run began" in failures[0].reason
    assert {row["model_settings"]["template"]["text"] for row in log.answers("night")} == {
        "{passages} {question}"
    }


def test_contestants_that_differ_by_prompt_alone_are_two(
    runner: Runner, log: AnswerLog, tmp_path: Path
) -> None:
    write_scripted_model(tmp_path / "m.gguf", "It is good [1].")
    file = tmp_path / "m.gguf"
    plan = make_plan(make_contestant("m", file), make_contestant("m", file, prompt="short"))
    begin(log, plan)
    answered = [event for event in runner.run("night", plan) if isinstance(event, Answered)]
    assert Counter(event.contestant for event in answered) == {"m": 4, "m@short": 4}
    rows = log.answers("night")
    assert [(one.name, one.label, one.answers) for one in summarise(rows)] == [
        ("m", "m", 4), ("m@short", "m (prompt short)", 4),
    ]  # fmt: skip
    first, second = entrants(summarise(rows), rows)
    assert "prompt default" in first.settings and "prompt short" in second.settings
    by_prompt = {row["model_settings"]["prompt"]: row["prompt_sha256"] for row in rows}
    assert len(set(by_prompt.values())) == 2
    assert list(runner.run("night", Plan.from_run(log.run("night")))) == []


def test_two_who_resume_the_same_run_are_told(runner: Runner, log: AnswerLog, random_models: Path) -> None:
    plan = make_plan(make_contestant("llama", random_models / "llama.gguf"))
    begin(log, plan)
    one, other = runner.run("night", plan), runner.run("night", plan)
    next(one), next(other)
    assert isinstance(next(one), Answered)
    with pytest.raises(RunError, match="Another process"):
        next(other)
    one.close()


def test_the_free_the_choosing_and_the_one_without_a_model(
    runner: Runner, log: AnswerLog, settings: Settings, tmp_path: Path, fake_embedder: Embedder
) -> None:
    from models.catalogue.catalogue import EXTRACTIVE

    write_scripted_model(tmp_path / "chooser.gguf", "[1]")
    chooser = make_contestant("chooser", tmp_path / "chooser.gguf", n_ctx=8192)
    plan = make_plan(
        replace(chooser, answers="verbatim"), Contestant(EXTRACTIVE, "verbatim"), tasks=(make_task(),)
    )
    begin(log, plan)
    assert not [event for event in runner.run("night", plan) if isinstance(event, Failure)]
    assert Counter(row["contestant"] for row in log.answers("night")) == {
        "chooser:verbatim": 2,
        "extractive": 2,
    }
