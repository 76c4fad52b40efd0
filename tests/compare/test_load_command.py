"""`python -m compare load` from the inside: against a model of this machine, and against a server."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

import compare.__main__ as main
import compare.load.load_command as load_command
from config import Settings
from config.errors import UserError
from database import Database
from retriever import Embedder
from tests.generator.strange_server import StrangeServer, refuses, says
from tests.retriever.test_search import fill
from tests.scripted_model import write_scripted_model

Run = Callable[..., Result]


@pytest.fixture
def server() -> Iterator[StrangeServer]:
    server = StrangeServer()
    yield server
    server.stop()


@pytest.fixture
def run(
    settings: Settings,
    server: StrangeServer,
    tmp_path: Path,
    fake_embedder: Embedder,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """The command in this process; an embedder that loads nothing."""
    write_scripted_model(tmp_path / "near.gguf", "It is good [1].")
    models = {
        "near": {"file": str(tmp_path / "near.gguf"), "n_ctx": 2048},
        "far": {"kind": "openai", "url": server.url, "served_model": "m"},
    }
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"models": models}))
    assert settings.database_url
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path))
    monkeypatch.setenv("REVIEWDUEL_SETTINGS", str(tmp_path / "settings.yaml"))
    monkeypatch.setenv("REVIEWDUEL_DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setattr(load_command, "Embedder", lambda _: fake_embedder)
    with Database.open(settings) as database:
        fill(database, fake_embedder, {"B01": ["The battery is fine."], "B02": ["The screen is not."]})

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(main.app, ["load", *arguments])

    return invoke


def test_a_model_of_this_machine(run: Run) -> None:
    done = run("--model", "near", "--concurrency", "2,1", "--requests", "3", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [(level["clients"], level["requests"], level["failed"]) for level in found["levels"]] == [
        (1, 3, 0), (2, 3, 0),
    ]  # fmt: skip
    assert all(level["tokens_per_s"] > 0 and level["ttft"]["p50"] > 0 for level in found["levels"])
    assert found["limits"] == {"ttft_s": 2.0, "tpot_s": 0.2} and "can be served" in found["sentence"]


def test_a_server_and_the_table_for_people(run: Run, server: StrangeServer) -> None:
    server.replies = [says("It ", "is.")]
    done = run("--model", "far", "--concurrency", "2", "--requests", "4", "--max-tokens", "7")
    assert done.exit_code == 0, done.output
    # The warm-up, too.
    assert len(server.asked) == 5 and {body["max_tokens"] for body in server.asked} == {7}
    assert "Load test of far" in done.stdout and "TTFT p99" in done.stdout
    assert "2 at the same time: 4 requests in " in done.stderr


def test_a_server_that_only_fails_is_an_error(run: Run, server: StrangeServer) -> None:
    server.replies = [says("Yes."), refuses(500)]
    done = run("--model", "far", "--concurrency", "1", "--requests", "2")
    assert isinstance(done.exception, UserError) and "far answered nothing" in str(done.exception)


def test_what_a_server_says_is_no_markup(run: Run, server: StrangeServer) -> None:
    server.replies = [
        says("Yes."),
        says("Yes."),
        lambda handler: handler.send(500, {"error": "[/b] [red]no"}),
    ]
    done = run("--model", "far", "--concurrency", "1", "--requests", "2")
    assert done.exit_code == 0, done.output
    assert "[/b] [red]no" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--concurrency", "0"], "expected numbers from 1 to 256"),
        (["--concurrency", "4", "--requests", "2"], "some of 4 clients would never ask"),
        (["--requests", "9", "--seconds", "1"], "not both"),
    ],
)
def test_wrong_use_is_told(run: Run, arguments: list[str], sentence: str) -> None:
    refused = run("--model", "near", *arguments)
    assert isinstance(refused.exception, UserError) and sentence in str(refused.exception)
