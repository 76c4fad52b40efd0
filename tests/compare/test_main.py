"""`python -m compare` from the inside: runs that are begun, interrupted, resumed, replaced and judged."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest
import yaml
from psycopg2.extras import Json
from typer.testing import CliRunner, Result

import compare.__main__ as main
from compare.run.run_process import RunProcess
from compare.run.runner import Runner
from config import Settings
from config.errors import DatabaseError, RunError, UserError
from database import Database
from generator import AnswerLog
from retriever import Embedder
from tests.retriever.test_search import fill
from tests.scripted_model import write_scripted_model

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, tmp_path: Path, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in this process, with models that recite, and an embedder that loads nothing."""
    for name in ("praise", "lament"):
        write_scripted_model(tmp_path / f"{name}.gguf", f"This is {name} [1].")
    write_scripted_model(tmp_path / "chooser.gguf", "[1]")
    (tmp_path / "broken.gguf").write_text("GGUF, but not really")
    models = {
        name: {"file": str(tmp_path / f"{name}.gguf"), "n_ctx": 4096, "max_tokens": 9}
        for name in ("praise", "lament", "absent", "broken")
    }
    models["chooser"] = {"file": str(tmp_path / "chooser.gguf"), "n_ctx": 8192}
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"models": models}))
    assert settings.database_url
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path))
    monkeypatch.setenv("REVIEWDUEL_SETTINGS", str(tmp_path / "settings.yaml"))
    monkeypatch.setenv("REVIEWDUEL_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setattr(main, "Embedder", lambda _: fake_embedder)
    with Database.open(settings) as database:
        fill(database, fake_embedder, {"B01": ["The battery is fine."], "B02": ["The screen is not."]})

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main.app, arguments)

    return invoke


@pytest.fixture
def log(database: Database) -> AnswerLog:
    return AnswerLog(database)


def test_a_run_from_a_file_and_its_overrides(run: Run, log: AnswerLog, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("models: [praise, lament]\nproducts: 2\nrepeats: 5\nmax_tokens: 3\n")
    done = run(str(tmp_path / "mine.yaml"), "--repeats", "1", "--question", "Good?", "--name", "mine")
    assert done.exit_code == 0, done.output
    assert len(log.answered("mine")) == 4
    stored = log.run("mine")
    assert stored["plan"]["questions"] == ["Good?"] and len(stored["tasks"]) == 2
    assert stored["plan"]["command"].startswith("python -m compare")
    assert {row["n_out"] for row in log.answers("mine")} == {3}
    (condition,) = stored["conditions"]
    assert condition["load_average"] >= 0 and condition["available_bytes"] > 0


def test_an_interrupted_run_names_what_finishes_it(
    run: Run, log: AnswerLog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = Runner._record

    def interrupted(*arguments: object) -> None:
        if len(log.answered("my run")) == 3:
            raise KeyboardInterrupt
        record(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Runner, "_record", interrupted)
    out = str(tmp_path / "elsewhere")
    stopped = run("--models", "praise,lament", "--repeats", "1", "--name", "my run", "--out", out)
    assert stopped.exit_code == 130
    assert "Stopped after 3 of 8 answers" in stopped.stderr
    assert "python -m compare --resume 'my run'" in stopped.stderr


def test_resuming_finishes_a_run_where_its_files_were_to_be(
    run: Run, log: AnswerLog, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as context:
        context.setattr(Runner, "_record", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        out = str(tmp_path / "elsewhere")
        stopped = run("--models", "praise,lament", "--repeats", "1", "--name", "r", "--out", out)
    assert stopped.exit_code == 130 and not log.answered("r")
    done = run("--resume", "r")
    assert done.exit_code == 0, done.output
    assert len(log.answered("r")) == 8
    assert (tmp_path / "elsewhere" / "answers.jsonl").read_text().count("\n") == 8
    assert len(log.run("r")["conditions"]) == 2


def test_a_database_that_goes_away_ends_a_run_that_can_be_resumed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: object) -> None:
        raise DatabaseError("It went away.")

    monkeypatch.setattr(Runner, "_record", lost)
    stopped = run("--models", "praise", "--repeats", "1", "--name", "r")
    assert stopped.exit_code == 1
    assert "error: It went away." in stopped.stderr and "--resume r" in stopped.stderr


def test_a_name_is_not_used_twice_unless_it_is_said(run: Run, log: AnswerLog) -> None:
    arguments = ("--models", "praise", "--products", "1", "--repeats", "1", "--name", "demo")
    assert run(*arguments).exit_code == 0
    again = run(*arguments, "--seed", "5")
    assert isinstance(again.exception, UserError)
    assert "--resume demo" in str(again.exception) and "--replace" in str(again.exception)
    assert log.run("demo")["plan"]["seed"] == 0
    assert run(*arguments, "--seed", "5", "--replace").exit_code == 0
    assert log.run("demo")["plan"]["seed"] == 5 and len(log.answered("demo")) == 2


def test_a_run_that_is_worked_on_is_not_replaced(run: Run, log: AnswerLog) -> None:
    arguments = ("--models", "praise", "--products", "1", "--repeats", "1", "--name", "demo", "--replace")
    assert run(*arguments).exit_code == 0
    other = Json(asdict(RunProcess.of(psutil.Process(os.getppid()))))
    with log.database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE run SET process = %s", (other,))
    busy = run(*arguments)
    assert isinstance(busy.exception, RunError)
    assert f"Process {os.getppid()} works on the run 'demo' already" in str(busy.exception)
    assert len(log.answered("demo")) == 2


def test_the_judge_of_a_run_that_is_worked_on_stays(run: Run, log: AnswerLog) -> None:
    arguments = ("--models", "praise", "--products", "1", "--repeats", "1", "--judge", "praise")
    assert run(*arguments, "--name", "r").exit_code == 0
    other = Json(asdict(RunProcess.of(psutil.Process(os.getppid()))))
    with log.database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE run SET process = %s", (other,))
    busy = run("--resume", "r", "--judge", "lament")
    assert isinstance(busy.exception, RunError) and "works on the run" in str(busy.exception)
    assert log.run("r")["plan"]["judge"]["name"] == "praise"


def test_where_the_report_lies_is_told_letter_by_letter(run: Run, tmp_path: Path) -> None:
    done = run("--models", "praise", "--products", "1", "--repeats", "1", "--name", "night [b]x")
    assert done.exit_code == 0, done.output
    told = f"Report: {tmp_path / 'runs' / 'night [b]x' / 'report.html'}"
    assert told in done.stdout and told in run("report", "night [b]x").stdout
    elsewhere = tmp_path / "elsewhere["  # with the slash that follows, rich would take it for an end
    again = run("report", "night [b]x", "--out", str(elsewhere / "b]"))
    assert again.exit_code == 0, again.output


def test_thresholds_decide_the_exit_code(run: Run) -> None:
    arguments = ("--models", "praise", "--products", "1", "--repeats", "1", "--replace", "--name", "gate")
    fine = run(*arguments, "--fail-if", "praise.words > 100")
    assert fine.exit_code == 0, fine.output
    failed = run(*arguments, "--fail-if", "praise.words > 100", "--fail-if", "praise.words < 100")
    assert failed.exit_code == 3
    assert "threshold: praise.words < 100: it is " in failed.stderr
    assert "words > 100" not in failed.stderr


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ("lament.words < 1", "lament does not take part"),
        ("praise.word < 1", "did you mean 'words'"),
        ("praise words", "expected one like"),
        ("praise.judged_accuracy < 3", "cannot be judged without a judge"),
    ],
)
def test_a_wrong_threshold_is_refused_before_anything_runs(
    run: Run, log: AnswerLog, condition: str, sentence: str
) -> None:
    refused = run("--models", "praise", "--fail-if", condition, "--name", "gate")
    assert isinstance(refused.exception, UserError) and sentence in str(refused.exception)
    with pytest.raises(UserError):
        log.run("gate")


def test_a_time_is_no_condition_of_a_throughput_run(run: Run) -> None:
    refused = run("--models", "praise", "--throughput", "--fail-if", "praise.decode_tok_s < 8")
    assert isinstance(refused.exception, UserError)
    assert "cannot be judged: a throughput run" in str(refused.exception)


def test_a_taken_name_is_noticed_before_anything_is_searched(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--models", "praise", "--products", "1", "--repeats", "1", "--name", "demo")
    assert run(*arguments).exit_code == 0
    monkeypatch.setattr(main, "Retriever", None)
    again = run(*arguments)
    assert isinstance(again.exception, UserError) and "already" in str(again.exception)


def test_a_failed_model_outweighs_a_threshold(run: Run, log: AnswerLog) -> None:
    done = run(
        "--models", "praise,absent", "--products", "1", "--repeats", "1", "--name", "half", "--json",
        "--fail-if", "absent.words < 1", "--fail-if", "praise.cited < 0.5",
    )  # fmt: skip
    assert done.exit_code == 1
    assert "failed: absent: There is no file" in done.stderr
    summary = json.loads(done.stdout)
    assert summary["run_id"] == "half" and summary["models"].keys() == {"praise"}
    assert [failure["model"] for failure in summary["failures"]] == ["absent"]
    assert [(one["value"], one["failed"]) for one in summary["thresholds"]] == [(None, True), (1.0, False)]
    assert [failure["model"] for failure in log.run("half")["failures"]] == ["absent"]


def test_a_judge_marks_what_was_answered_and_the_report_needs_it_no_more(
    run: Run, log: AnswerLog, tmp_path: Path
) -> None:
    done = run(
        "--models", "praise,lament", "--repeats", "1", "--judge", "lament", "--name", "r", "--json",
        "--fail-if", "praise.judged_accuracy > 5",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "lament, the judge: loading, then 12 judgements" in done.stderr
    summary = json.loads(done.stdout)
    assert summary == json.loads((tmp_path / "runs" / "r" / "summary.json").read_text())
    assert summary["judge"]["model"] == "lament" and summary["judge"]["bias"]["pairs"] == 4
    assert 1 <= summary["thresholds"][0]["value"] <= 5
    (pair,) = summary["judge"]["pairs"]
    assert pair["wins"] + pair["losses"] + pair["ties"] == 4
    folder = tmp_path / "runs" / "r"
    text = (folder / "report.md").read_text()
    assert "lament judges itself" in text and "## Judged by lament" in text
    (tmp_path / "lament.gguf").unlink()
    assert run("report", "r").exit_code == 0
    assert (folder / "report.md").read_text() == text
    assert (folder / "preferences.jsonl").read_text().count("\n") == 4


def test_a_judge_can_come_later_and_its_failure_costs_no_answer(
    run: Run, log: AnswerLog, tmp_path: Path
) -> None:
    assert run("--models", "praise", "--products", "1", "--repeats", "1", "--name", "r").exit_code == 0
    failed = run("--resume", "r", "--judge", "absent")
    assert failed.exit_code == 1 and "failed: absent, the judge: There is no file" in failed.stderr
    assert len(log.answered("r")) == 2
    assert "absent, the judge" in (tmp_path / "runs" / "r" / "report.md").read_text()
    done = run("--resume", "r", "--judge", "lament")
    assert done.exit_code == 0, done.output
    assert "lament marked 2 answers" in (tmp_path / "runs" / "r" / "report.md").read_text()
    assert log.run("r")["plan"]["judge"]["name"] == "lament"


def test_throughput_gives_the_same_answers_without_times(run: Run, log: AnswerLog, tmp_path: Path) -> None:
    arguments = ("--models", "praise,lament", "--repeats", "2")
    assert run(*arguments, "--name", "slow").exit_code == 0
    done = run(*arguments, "--throughput", "--name", "fast", "--fail-if", "praise.words > 100")
    assert done.exit_code == 0, done.output

    def content(name: str) -> set[tuple[object, ...]]:
        return {
            (row["contestant"], row["product_id"], row["question"], row["repeat"], row["answer"])
            for row in log.answers(name)
        }

    assert content("fast") == content("slow") and len(content("fast")) == 16
    figures = json.loads((tmp_path / "runs" / "fast" / "summary.json").read_text())["models"]["praise"][
        "figures"
    ]
    assert figures["decode_tok_s"]["median"] is None and figures["words"]["median"] == 4
    compared = (tmp_path / "runs" / "fast" / "comparisons.jsonl").read_text()
    assert '"words"' in compared and "tok_s" not in compared
    page = (tmp_path / "runs" / "fast" / "report.html").read_text()
    assert "The time of each alone is not known" in page
    dry = run(*arguments, "--throughput", "--dry-run")
    assert "several at a time" in dry.stdout and "written at a time: " in dry.stdout


def test_a_model_that_fails_is_reported_and_the_others_finish(
    run: Run, log: AnswerLog, tmp_path: Path
) -> None:
    done = run(
        "--models", "broken,praise,absent", "--product", "B02", "--question", "Is the screen good?",
        "--repeats", "1", "--name", "second", "--out", str(tmp_path / "out"),
    )  # fmt: skip
    assert done.exit_code == 1
    assert "failed: broken" in done.stderr and "failed: absent" in done.stderr
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["models"]["praise"]["answers"] == 1
    assert {failure["model"] for failure in summary["failures"]} == {"broken", "absent"}
    (row,) = log.answers("second")
    assert (row["product_id"], row["question"], row["answer"]) == (
        "B02", "Is the screen good?", "This is praise [1].",
    )  # fmt: skip


def test_ways_of_answering_are_contestants_and_have_tables_of_their_own(run: Run, tmp_path: Path) -> None:
    done = run(
        "--models", "praise,chooser:verbatim,extractive,extractive:free", "--product", "B01",
        "--question", "How is the battery?", "--repeats", "1", "--name", "ways",
    )  # fmt: skip
    assert "failed: extractive:free: extractive has no language model" in done.stderr
    summary = json.loads((tmp_path / "runs" / "ways" / "summary.json").read_text())
    assert summary["models"].keys() == {"praise", "chooser:verbatim", "extractive"}
    assert summary["models"]["chooser:verbatim"]["figures"]["sentences"]["median"] == 1
    assert summary["models"]["extractive"]["figures"]["n_out"]["median"] is None
    assert "Comparison of verbatim answers" in done.stdout and "the embedder's" in done.stdout
    report = (tmp_path / "runs" / "ways" / "report.md").read_text()
    first, second = report.split("### Verbatim answers")
    assert "| median of | praise |" in first
    assert "| median of | chooser (verbatim) | extractive (no language model) |" in second
    assert "its memory is the embedder's" in first.lower()


def test_a_stored_run_is_reported_once_more(run: Run, tmp_path: Path) -> None:
    run("--models", "praise", "--products", "1", "--repeats", "2", "--name", "r")
    folder = tmp_path / "runs" / "r"
    before = (folder / "answers.jsonl").read_text()
    (folder / "answers.jsonl").unlink()
    assert run("report", "r").exit_code == 0
    assert (folder / "answers.jsonl").read_text() == before


def test_a_dry_run_stores_nothing(run: Run, log: AnswerLog) -> None:
    done = run("--models", "praise,absent", "--products", "1", "--name", "dry", "--dry-run")
    assert done.exit_code == 0, done.output
    assert "2 contestants, 2 questions about 1 product, 6 answers of each" in done.stdout
    assert "absent.gguf for absent" in done.stdout.replace("\n", "")
    with pytest.raises(UserError):
        log.run("dry")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--resume", "r", "--models", "praise"], "goes by the run's stored plan"),
        (["--resume", "r"], "There is no run 'r'"),
        (["--resume", ""], "There is no run ''"),
        (["--name", "../r"], "cannot be a run's name"),
        (["--models", "praise", "--question", ""], "'questions' is ''"),
        (["--models", "praise", "--judge", "extractive"], "extractive has no language model"),
        (["--models", "praise", "--judge", "prase"], "did you mean 'praise'"),
        (["nowhere.yaml"], "nowhere.yaml cannot be read"),
        (["--models", "praise", "--product", "B0"], "No product has the id 'B0'"),
        (["report", "r"], "There is no run 'r'"),
    ],
)
def test_wrong_use_is_told(run: Run, arguments: list[str], sentence: str) -> None:
    refused = run(*arguments)
    assert isinstance(refused.exception, UserError)
    assert sentence in str(refused.exception)


def test_a_contestant_whose_file_is_missing_may_be_left_out(run: Run, log: AnswerLog, tmp_path: Path) -> None:
    given = ("--models", "praise,absent,absent:verbatim", "--repeats", "1", "--question", "Good?")
    done = run(*given, "--name", "some", "--skip-missing", "--show-answers", "--out", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    assert "left out: absent: its file" in done.output
    assert "praise:\nThis is praise [1]." in done.output
    plan = log.run("some")["plan"]
    assert plan["models"] == ["praise"]
    assert [sentence.partition(" ")[0] for sentence in plan["left_out"]] == ["absent:", "absent:verbatim:"]
    for file in ("report.html", "report.md"):
        assert "left out" in (tmp_path / "out" / file).read_text()
    assert run(*given, "--name", "all").exit_code == 1


def test_a_run_needs_somebody_who_is_there(run: Run) -> None:
    done = run("--models", "absent", "--skip-missing")
    assert isinstance(done.exception, UserError)
    assert str(done.exception).endswith("Or name a model that is here: no contestant is left.")
