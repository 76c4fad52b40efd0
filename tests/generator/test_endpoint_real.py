"""Everything that takes a model's name, with a model behind a real server."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
import typer
import yaml
from typer.testing import CliRunner

from compare.__main__ import app as compare_app
from config import ModelSpec, Settings
from config.errors import GenerationFailed, ModelUnavailable
from generator import Answer, Generator, Text
from generator.__main__ import app as generator_app
from ingest.__main__ import app as ingest_app
from models.__main__ import app as models_app
from retriever.passage import Match
from tests.generator.asking import QUESTION
from tests.generator.real_server import KINDS, available, serving
from tests.scripted_model import write_scripted_model

PRAISE = "This is praise [1], so much of it."
KEY = "sk-5ecre7"
REVIEWS = "asins,reviews.title,reviews.text,reviews.rating\nB0TEST0001,,The battery is fine.,4\n"

Far = Callable[..., ModelSpec]


@pytest.fixture(scope="module", params=KINDS)
def far(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    """Specs of the model that a server recites PRAISE with."""
    if not available(request.param):
        pytest.skip(f"{request.param} is not installed")
    folder = tmp_path_factory.mktemp("served")
    write_scripted_model(folder / "praise.gguf", PRAISE)
    with (
        pytest.MonkeyPatch.context() as patch,
        serving(request.param, folder / "praise.gguf", 4096, folder / "log", KEY) as url,
    ):
        patch.setenv("FAR_KEY", KEY)
        given = {"name": "far", "kind": "openai", "url": url, "served_model": "praise", "temperature": 0}
        yield lambda **fields: ModelSpec.model_validate(given | {"api_key_env": "FAR_KEY"} | fields)


def test_it_says_what_the_same_file_says_here(far: Far, matches: list[Match], tmp_path: Path) -> None:
    write_scripted_model(tmp_path / "near.gguf", PRAISE)
    settings = Settings(home=tmp_path)
    near = ModelSpec(name="near", file=str(tmp_path / "near.gguf"), temperature=0, n_ctx=4096)
    with Generator(near, settings) as here, Generator(far(), settings) as there:
        expected = here.answer(QUESTION, matches)
        *events, answer = there.stream(QUESTION, matches)
        assert isinstance(answer, Answer)
        assert answer.text == expected.text == PRAISE
        assert (answer.stop_reason, answer.citations) == ("end", (1,))
        assert len([piece for piece in events if isinstance(piece, Text)]) > 3
        timing = answer.timing
        assert timing.ttft_s is not None and timing.e2e_s is not None
        assert 0 < timing.ttft_s <= timing.e2e_s < 30
        # llama_cpp.server counts nothing in a stream. llama-server counts the end token too.
        assert timing.n_out in (None, (expected.timing.n_out or 0) + 1)
        assert (timing.n_out is None) == (timing.n_prompt is None)
        cut = Generator(far(max_tokens=3), settings)
        with cut:
            assert cut.answer(QUESTION, matches).stop_reason == "max_tokens"


def test_what_it_refuses_is_told_in_words(
    far: Far, make_match: Callable[..., Match], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path)
    long = [make_match(rank, "so " * 500) for rank in range(6)]
    with Generator(far(), settings) as generator:
        try:
            answer = generator.answer(QUESTION, long)
            # llama-server says that it was too long, and is asked again.
            assert 0 < len(answer.matches) == 6 - answer.dropped
        except GenerationFailed as error:
            # llama_cpp.server only breaks off.
            assert "its log may say why, such as a prompt that was too long" in str(error)
    with Generator(far(n_ctx=1024), settings) as generator:
        answer = generator.answer(QUESTION, long)
        assert 0 < len(answer.matches) == 6 - answer.dropped
    monkeypatch.setenv("FAR_KEY", "sk-wr0ng")
    with Generator(far(), settings) as generator, pytest.raises(ModelUnavailable) as caught:
        generator.answer(QUESTION, [])
    assert "sk-wr0ng" not in str(caught.value)


def test_cancelling_frees_the_server(tmp_path: Path) -> None:
    write_scripted_model(tmp_path / "endless.gguf", PRAISE, ends=False)
    with serving(KINDS[0], tmp_path / "endless.gguf", 2048, tmp_path / "log") as url:
        spec = ModelSpec(name="far", kind="openai", url=url, temperature=0, max_tokens=100_000)
        with Generator(spec, Settings(home=tmp_path)) as generator:
            events = generator.stream(QUESTION, [])
            while not isinstance(next(events), Text):
                pass
            threading.Timer(0.05, generator.cancel).start()
            *_, answer = events
            assert isinstance(answer, Answer)
            assert answer.stop_reason == "cancelled"
            begun = time.perf_counter()
            *_, again = generator.stream(QUESTION, [])
            assert isinstance(again, Answer)
            assert again.stop_reason in ("max_tokens", "context")
            assert time.perf_counter() - begun < 60


def run(app: typer.Typer, *arguments: str) -> str:
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert KEY not in done.output
    return done.output


def test_the_commands_take_it_like_any_other(
    far: Far, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_scripted_model(tmp_path / "near.gguf", PRAISE)
    models = {
        "far": {key: getattr(far(), key) for key in ("kind", "url", "served_model", "api_key_env")},
        "gone": {"kind": "openai", "url": "http://127.0.0.1:9/v1"},
        "near": {"file": str(tmp_path / "near.gguf"), "n_ctx": 4096},
    }
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"models": models}))
    (tmp_path / "reviews.csv").write_text(REVIEWS)
    assert settings.database_url is not None
    database_url = settings.database_url.get_secret_value()
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path))
    monkeypatch.setenv("REVIEWDUEL_SETTINGS", str(tmp_path / "settings.yaml"))
    monkeypatch.setenv("REVIEWDUEL_DATABASE_URL", database_url)
    listed = run(models_app, "list")
    assert f"far: praise at {far().url}" in listed
    assert "gone: the server at http://127.0.0.1:9/v1 cannot be reached" in listed
    assert all(len(line) <= 80 for line in listed.splitlines() if line.startswith("│"))

    run(ingest_app, str(tmp_path / "reviews.csv"))
    asked = run(generator_app, "ask", "far", "B0TEST0001", QUESTION)
    assert PRAISE in asked
    assert "Remote: the model ran on its server." in asked

    out = tmp_path / "out"
    compared = run(
        compare_app,
        "--models",
        "far,near",
        "--question",
        QUESTION,
        "--repeats",
        "1",
        "--name",
        "both",
        "--out",
        str(out),
    )
    assert "far (remote)" in compared
    summary = json.loads((out / "summary.json").read_text())["models"]
    assert (summary["far"]["remote"], summary["near"]["remote"]) == (True, False)
    assert (summary["far"]["peak_rss_bytes"], summary["far"]["load_s"]) == (None, None)
    assert summary["far"]["figures"]["ttft_s"]["median"] > 0
    report = (out / "report.md").read_text()
    assert "| memory | remote |" in report
    assert "Remote: the model ran on its server." in report

    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT answer, mode, peak_rss_bytes, load_s, threads, ttft_s > 0, model_settings->>'kind',"
            " model_settings->>'api_key_env' FROM answer WHERE model = 'far' ORDER BY answer_id"
        )
        rows = cursor.fetchall()
    connection.close()
    assert rows == [
        (PRAISE, mode, None, None, None, True, "openai", "FAR_KEY") for mode in ("interactive", "measured")
    ]
