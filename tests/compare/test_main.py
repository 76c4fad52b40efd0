"""`python -m compare` from the inside: runs that are begun, interrupted, resumed, replaced and judged."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

import compare.__main__ as main
from compare.runner import Runner
from config import Settings
from config.errors import DatabaseError, UserError
from database import Database
from generator import AnswerLog
from retriever import Embedder
from tests.retriever.test_search import fill
from tests.scripted_model import write_scripted_model

Run = Callable[..., Result]


@pytest.fixture
def run(settings: Settings, tmp_path: Path, fake_embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command in this process, with two models that recite, and an embedder that loads nothing."""
    for name in ("praise", "lament"):
        write_scripted_model(tmp_path / f"{name}.gguf", f"This is {name} [1].")
    models = {
        name: {"file": str(tmp_path / f"{name}.gguf"), "n_ctx": 4096, "max_tokens": 9}
        for name in ("praise", "lament", "absent")
    }
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
    ],
)
def test_a_wrong_threshold_is_refused_before_anything_runs(
    run: Run, log: AnswerLog, condition: str, sentence: str
) -> None:
    refused = run("--models", "praise", "--fail-if", condition, "--name", "gate")
    assert isinstance(refused.exception, UserError) and sentence in str(refused.exception)
    with pytest.raises(UserError):
        log.run("gate")


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
    assert "2 contestants, 2 questions about 1 products" in done.stdout
    assert "There is no file of absent here" in done.stdout
    with pytest.raises(UserError):
        log.run("dry")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--resume", "r", "--models", "praise"], "goes by the run's stored plan"),
        (["--resume", "r"], "There is no run 'r'"),
        (["--name", "../r"], "cannot be a run's name"),
        (["--models", "praise", "--question", ""], "'questions' is ''"),
        (["nowhere.yaml"], "nowhere.yaml cannot be read"),
        (["report", "r"], "There is no run 'r'"),
    ],
)
def test_wrong_use_is_told(run: Run, arguments: list[str], sentence: str) -> None:
    refused = run(*arguments)
    assert isinstance(refused.exception, UserError)
    assert sentence in str(refused.exception)
