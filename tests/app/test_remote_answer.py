"""The page and a model behind a server: offered, stopped, broken off, drawn without invented figures."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import resources
from app.live_answer import LiveAnswer
from config import ModelSpec, Settings
from generator import Answer, Registry
from tests.generator.strange_server import StrangeServer, dies_after, event, hangs_after, says


@pytest.fixture
def server() -> Iterator[StrangeServer]:
    server = StrangeServer()
    yield server
    server.stop()


@pytest.fixture
def registry(server: StrangeServer, tmp_path: Path) -> Iterator[Registry]:
    spec = ModelSpec(kind="openai", url=server.url, served_model="m")
    with Registry(Settings(home=tmp_path, models={"far": spec})) as registry:
        yield registry


def live(registry: Registry, recorded: list[Answer]) -> LiveAnswer:
    return LiveAnswer(registry.reserve("far"), "Is it loud?", [], [], recorded.append)


def test_it_is_offered_without_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "near.gguf").touch()
    models = {
        "far": ModelSpec(kind="openai", url="http://localhost:1/v1"),
        "absent": ModelSpec(file="absent.gguf"),
        "near": ModelSpec(file=str(tmp_path / "near.gguf")),
    }
    monkeypatch.setattr(resources, "settings", lambda: Settings(home=tmp_path, models=models))
    assert resources.usable_models() == ["near", "demo-llama", "demo-mistral", "far", "extractive"]


def test_stopping_ends_it_while_it_reads_the_prompt(server: StrangeServer, registry: Registry) -> None:
    server.replies = [hangs_after(), says("Yes.")]
    recorded: list[Answer] = []
    answer = live(registry, recorded)
    while not server.asked:
        time.sleep(0.01)
    begun = time.perf_counter()
    answer.cancel()
    answer.wait()
    assert time.perf_counter() - begun < 1
    assert [(one.stop_reason, one.text) for one in recorded] == [("cancelled", "")]


def test_what_came_before_the_connection_broke_stays(server: StrangeServer, registry: Registry) -> None:
    server.replies = [dies_after(event("It is"))]
    recorded: list[Answer] = []
    answer = live(registry, recorded)
    answer.wait()
    assert answer.text == "It is"
    assert answer.error and "broke off" in answer.error
    # Half an answer is no answer: it is not logged.
    assert not recorded


def draw() -> None:
    from types import SimpleNamespace

    from app.panel import draw_answer
    from generator import Answer, Timing

    timing = Timing(0.5, 0.5, 2.0, n_prompt=None, n_prompt_reused=None, n_out=None, threads=None)
    answer = Answer(
        "far", "?", "Yes.", (), 0, "end", timing, None, None, None, queue_s=0, mode="interactive", shared=True
    )
    live = SimpleNamespace(error=None, text="Yes.", reasoning="", answer=answer, kind="openai")
    draw_answer(live, "far (remote)", "q1")  # type: ignore[arg-type]


def test_figures_that_nobody_knows_are_not_drawn_as_numbers() -> None:
    page = AppTest.from_function(draw).run()
    assert not page.exception
    metrics = {metric.label: metric.value for metric in page.metric}
    assert (metrics["memory"], metrics["tokens/s"], metrics["TTFT"]) == ("remote", "-", "500 ms")
    said = " ".join(caption.value for caption in page.caption)
    assert "the model ran on its server" in said
    assert "its server wrote other answers for us too" in said
