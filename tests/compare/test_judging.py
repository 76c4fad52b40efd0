"""A run before its judge: every answer and pair once, whatever happens. Real models, real database."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from compare.judge import JudgementLog, Judgements
from compare.plan.plan import Plan
from compare.run.judging import Judged, Judging, Tried
from compare.run.runner import Failure, Runner, Started
from config import ModelSpec, Settings
from config.errors import RunError
from database import Database
from generator import Answer, AnswerLog
from generator.measured import Timing
from generator.origin import Origin
from models.gguf.identity import file_sha256
from retriever import Embedder
from tests.compare.plans import make_contestant, make_plan

# Judges the run "night", and kills itself when it has stored as many judgements as its argument says.
KILLED = """
import os, signal, sys
from compare.judge import JudgementLog
from compare.run.judging import Judged, Judging
from compare.plan.plan import Plan
from compare.run.runner import Runner
from config import load_settings
from database import Database
from generator import AnswerLog
from retriever import Embedder

settings = load_settings()
with Database.open(settings) as database:
    log = AnswerLog(database)
    runner = Runner(settings, Embedder(settings.embedder), log)
    judge = Plan.from_run(log.run("night")).judge
    judged = 0
    for event in Judging(runner, "night", judge).run():
        judged += isinstance(event, Judged)
        if judged == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def log(database: Database) -> AnswerLog:
    return AnswerLog(database)


@pytest.fixture
def runner(settings: Settings, log: AnswerLog, fake_embedder: Embedder) -> Runner:
    return Runner(settings, fake_embedder, log)


@pytest.fixture
def judge(random_models: Path) -> ModelSpec:
    return ModelSpec(name="judge", file=str(random_models / "llama.gguf"), n_ctx=2048)


def answered(runner: Runner, judge: ModelSpec, praise_sha256: str = "ab" * 32) -> Plan:
    """A run "night" that two contestants have answered: 8 answers, 4 pairs. `praise_sha256`: of a file."""
    plan = make_plan(make_contestant("praise"), make_contestant("lament"), judge=judge)
    runner.log.begin_run("night", plan.to_row(), plan.task_rows())
    for contestant in plan.contestants:
        for asking in plan.askings(contestant):
            task, name = asking.task, contestant.name
            answer = Answer(
                model=name,
                question=task.question,
                text=f"This is {name} [1].",
                matches=task.matches,
                dropped=0,
                stop_reason="end",
                timing=Timing(0.5, 0.5, 1.0, n_prompt=9, n_prompt_reused=0, n_out=5, threads=1),
                memory=None,
                predicted_bytes=None,
                load_s=None,
                queue_s=0.0,
                mode="measured",
                shared=False,
                origin=Origin(file_sha256=praise_sha256 if name == "praise" else "cd" * 32),
            )
            runner.log.record(answer, contestant.spec, task.product_id, 0.1, "night", name, asking.repeat)
    return plan


@pytest.fixture
def plan(runner: Runner, judge: ModelSpec) -> Plan:
    return answered(runner, judge)


def judgements(log: AnswerLog, judge: ModelSpec) -> Judgements:
    return JudgementLog(log.database).judgements("night", judge.name)


def goes_on_as_if_undisturbed(runner: Runner, judge: ModelSpec) -> None:
    """After five judgements."""
    judging = Judging(runner, "night", judge)
    assert (judging.total, judging.done) == (12, 5)
    events = list(judging.run())
    assert isinstance(events[0], Started) and events[0].left == 7
    assert sum(isinstance(event, Judged) for event in events) == 7
    assert not any(isinstance(event, Tried) for event in events)
    found = judgements(runner.log, judge)
    assert found.trial and (len(found.ratings), len(found.preferences)) == (8, 4)
    assert found.file_sha256 and not any(one.itself for one in found.ratings)
    assert list(Judging(runner, "night", judge).run()) == []
    # Another name for the same file judges all anew, at one go.
    again = judge.model_copy(update={"name": "again"})
    list(Judging(runner, "night", again).run())
    assert judgements(runner.log, again) == replace(found, judge="again")


def test_an_interrupted_judge_goes_on_where_it_was(runner: Runner, plan: Plan, judge: ModelSpec) -> None:
    events = Judging(runner, "night", judge).run()
    assert isinstance(next(events), Started)
    tried = next(events)
    assert isinstance(tried, Tried) and "judge" in tried.said
    for _ in range(5):
        next(events)
    events.close()
    goes_on_as_if_undisturbed(runner, judge)


@pytest.mark.slow
def test_a_killed_judge_goes_on_where_it_was(
    runner: Runner, plan: Plan, judge: ModelSpec, environment: dict[str, str]
) -> None:
    command = [sys.executable, "-c", KILLED, "5"]
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    goes_on_as_if_undisturbed(runner, judge)


def test_a_judge_that_fails_is_told_and_the_answers_stay(
    runner: Runner, plan: Plan, judge: ModelSpec, tmp_path: Path
) -> None:
    broken = judge.model_copy(update={"file": str(tmp_path / "absent.gguf")})
    started, failure = Judging(runner, "night", broken).run()
    assert isinstance(started, Started)
    assert isinstance(failure, Failure) and "absent.gguf" in failure.reason
    assert len(runner.log.answered("night")) == 8 and not judgements(runner.log, judge).keys


def test_neither_another_file_nor_another_process_mixes_in(
    runner: Runner, plan: Plan, judge: ModelSpec, random_models: Path
) -> None:
    one, other = Judging(runner, "night", judge).run(), Judging(runner, "night", judge).run()
    next(one), next(other)
    # Both try it, with the same result.
    assert isinstance(next(one), Tried) and isinstance(next(other), Tried)
    assert isinstance(next(one), Judged)
    one.close()
    with pytest.raises(RunError, match="Another process"):
        next(other)
    replaced = judge.model_copy(update={"file": str(random_models / "mistral.gguf")})
    _, failure = Judging(runner, "night", replaced).run()
    assert isinstance(failure, Failure) and "another one than when it began" in failure.reason
    assert len(judgements(runner.log, judge).keys) == 1


def test_a_contestant_as_judge_is_marked(
    runner: Runner, judge: ModelSpec, settings: Settings, random_models: Path
) -> None:
    # By its file, whatever its name.
    answered(runner, judge, file_sha256(random_models / "llama.gguf", settings.home))
    list(Judging(runner, "night", judge).run())
    found = judgements(runner.log, judge)
    assert sorted(one.itself for one in found.ratings) == [False] * 4 + [True] * 4
    assert all(one.itself for one in found.preferences)
    assert all(one.marks and set(one.marks.values()) <= {1, 2, 3, 4, 5} for one in found.ratings)
    runner.log.begin_run("night", {}, [], replace=True)
    assert not judgements(runner.log, judge).keys, "what was said of a run goes with it"
