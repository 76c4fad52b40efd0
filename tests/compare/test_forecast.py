"""What a plan takes, told before anything is loaded."""

from dataclasses import replace
from pathlib import Path

import pytest

from compare.forecast.dry_run import print_forecast
from compare.forecast.forecast import forecast, judge_forecast
from compare.judge import JudgementLog, Trial
from compare.plan.contestant import Contestant
from compare.run.runner import Runner
from config import ModelSpec, Settings
from database import Database
from generator import AnswerLog
from models.catalogue.catalogue import EXTRACTIVE, find_spec
from models.gguf.identity import file_sha256
from retriever import Embedder
from tests.compare.plans import make_contestant, make_plan, make_task


@pytest.fixture
def log(database: Database) -> AnswerLog:
    return AnswerLog(database)


def test_tokens_are_counted_as_the_model_will_read_them_and_time_is_learnt(
    settings: Settings, log: AnswerLog, random_models: Path, fake_embedder: Embedder
) -> None:
    free = make_contestant("llama", random_models / "llama.gguf")
    plan = make_plan(free, replace(free, answers="verbatim"), tasks=(make_task(), make_task("B02", "Why?")))
    unknown = forecast(plan, settings, log)
    assert [one.seconds for one in unknown] == [None, None]
    assert all(one.sizes and one.sizes.counted and one.memory for one in unknown)
    log.begin_run("night", plan.to_row(), plan.task_rows())
    list(Runner(settings, fake_embedder, log).run("night", plan))
    rows = log.answers("night")
    for one in unknown:
        assert one.sizes
        read = {row["n_prompt"] for row in rows if row["contestant"] == one.contestant.name}
        assert set(one.sizes.tokens) == read
        assert one.memory and one.memory.process == rows[0]["predicted_bytes"]
    assert all(one.seconds is not None and one.seconds > 0 for one in forecast(plan, settings, log))


def test_what_cannot_be_counted_is_estimated_and_said(
    settings: Settings, log: AnswerLog, capsys: pytest.CaptureFixture[str]
) -> None:
    absent = Contestant(find_spec("mistral-7b", settings), "free")
    far = make_contestant("far", file="", kind="openai", url="http://localhost:1/v1", temperature=0)
    plan = make_plan(absent, far, Contestant(EXTRACTIVE, "verbatim"))
    catalogued, remote, control = forecast(plan, settings, log)
    assert catalogued.sizes and not catalogued.sizes.counted
    assert catalogued.memory and 4 * 2**30 < catalogued.memory.process < 5 * 2**30
    assert (remote.memory, control.memory, control.sizes) == (None, None, None)
    print_forecast(plan, (catalogued, remote, control))
    printed = capsys.readouterr().out
    assert "Tokens are estimated, at 4 characters each, for mistral-7b, far" in printed
    assert "python -m models pull mistral-7b" in printed
    assert "repeats measure speed alone for far, extractive" in printed


def test_what_will_not_fit_is_named(
    settings: Settings, log: AnswerLog, random_models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = make_task(question="Why? " * 200)
    small = make_contestant("llama", random_models / "llama.gguf", n_ctx=512)
    (one,) = forecast(make_plan(small, tasks=(long, make_task())), settings, log)
    assert one.sizes and one.sizes.tokens[0] is None
    print_forecast(make_plan(small), [one])
    assert "1 of 2 questions will not fit its context of 512 tokens" in capsys.readouterr().out

    large = Contestant(find_spec("llama-2-70b", settings), "free")
    (one,) = forecast(make_plan(large), settings, log)
    assert one.memory and one.memory.process > 35 * 2**30


def test_a_damaged_file_is_told_and_nothing_is_loaded(
    settings: Settings, log: AnswerLog, tmp_path: Path
) -> None:
    (tmp_path / "broken.gguf").write_text("GGUF, but not really")
    (one,) = forecast(make_plan(make_contestant("broken", tmp_path / "broken.gguf")), settings, log)
    assert one.remarks and "cannot be loaded" in one.remarks[0]
    assert one.sizes and not one.sizes.counted


def test_a_throughput_run_is_foretold_as_one(
    settings: Settings, log: AnswerLog, random_models: Path, fake_embedder: Embedder,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    contestant = make_contestant("llama", random_models / "llama.gguf")
    plan = make_plan(contestant, tasks=tuple(make_task(product) for product in ("B01", "B02")))
    log.begin_run("alone", plan.to_row(), plan.task_rows())
    list(Runner(settings, fake_embedder, log).run("alone", plan))
    together = replace(plan, mode="throughput")
    (alone,), (unknown,) = forecast(plan, settings, log), forecast(together, settings, log)
    # Nothing can be told from answers that were given one at a time.
    assert alone.seconds and unknown.seconds is None
    assert (alone.at_once, unknown.at_once) == (1, 4)
    assert alone.memory and unknown.memory and alone.memory.kv_cache < unknown.memory.kv_cache
    print_forecast(together, [unknown])
    assert "there was no throughput run on this machine yet" in capsys.readouterr().out
    log.begin_run("together", together.to_row(), together.task_rows())
    list(Runner(settings, fake_embedder, log).run("together", together))
    (known,) = forecast(together, settings, log)
    rows = log.answers("together")
    assert known.seconds is not None
    assert rows[0]["load_s"] < known.seconds < rows[0]["load_s"] + 60
    assert forecast(plan, settings, log)[0].seconds == alone.seconds


def test_the_judges_prompts_are_counted(
    settings: Settings, log: AnswerLog, random_models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("a", "b", "c")
    judge = ModelSpec(name="judge", file=str(random_models / "llama.gguf"), n_ctx=600)
    contestants = [make_contestant(name, random_models / "mistral.gguf", max_tokens=300) for name in names]
    plan = make_plan(*contestants, tasks=(make_task(repeats=2), make_task("B02", repeats=1)), judge=judge)
    found = judge_forecast(plan, settings, log)
    assert found and (found.ratings, found.pairs, found.prompts) == (9, 9, 27)
    assert found.sizes.counted and found.memory and found.verdict == "fits"
    assert found.tokens == 3 * 3 * found.sizes.rating[0] + 3 * 6 * found.sizes.pair[0]
    print_forecast(plan, forecast(plan, settings, log), found)
    printed = capsys.readouterr().out
    assert "judge judges: it marks 9 answers and compares 9 pairs in both orders, 27 prompts" in printed
    assert "its context has 600. What does not fit gets no mark" in printed
    assert "judge is first asked about 6 pairs with an obviously right answer" in printed
    log.begin_run("earlier", plan.to_row(), plan.task_rows())
    trial = Trial(((1, 1),) * 6, ((20, 20),) * 6)
    sha256 = file_sha256(random_models / "llama.gguf", settings.home)
    JudgementLog(log.database).record_trial("earlier", "judge", sha256, trial)
    print_forecast(plan, forecast(plan, settings, log), judge_forecast(plan, settings, log))
    assert "judge is useless as a judge: it chooses what stands first" in capsys.readouterr().out
    # What another file said under that name tells nothing of this one.
    JudgementLog(log.database).record_trial("earlier", "judge", "cd" * 32, trial)
    print_forecast(plan, forecast(plan, settings, log), judge_forecast(plan, settings, log))
    assert "useless" not in capsys.readouterr().out
    assert judge_forecast(make_plan(*contestants), settings, log) is None
    # Who is alone is compared with nobody: no prompt holds two answers.
    alone = judge_forecast(make_plan(contestants[0], judge=judge), settings, log)
    assert alone and alone.longest_prompt == max(alone.sizes.rating) + 300
    assert found.longest_prompt == max(found.sizes.pair) + 600


def test_a_context_beyond_the_trained_one_is_said(
    settings: Settings, log: AnswerLog, random_models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = make_contestant("llama", random_models / "llama.gguf", n_ctx=8192)
    judge = ModelSpec(name="judge", file=str(random_models / "mistral.gguf"), n_ctx=5000)
    plan = make_plan(one, make_contestant("b", random_models / "mistral.gguf"), judge=judge)
    print_forecast(plan, forecast(plan, settings, log), judge_forecast(plan, settings, log))
    printed = capsys.readouterr().out
    assert "llama: Its context of 8,192 tokens is longer than the 4,096 that it was trained for" in printed
    assert "judge: Its context of 5,000 tokens is longer" in printed
    assert "b: Its" not in printed
