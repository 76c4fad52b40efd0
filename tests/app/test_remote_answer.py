"""The page and a model behind a server: offered, stopped, broken off, drawn without invented figures."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import resources
from app.ask.live_answer import LiveAnswer
from config import ModelSpec, Settings
from config.errors import DatabaseAway, DatabaseError
from database import Patience
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


class Following:
    """An answer that a thread follows; what was logged of it. `away`: what the database says first."""

    def __init__(self, registry: Registry, *away: DatabaseError) -> None:
        self.recorded: list[Answer] = []
        self.notes: list[str] = []
        self._away = list(away)
        self.live = LiveAnswer("far", "openai")
        ticket = registry.reserve("far")
        self._thread = threading.Thread(
            target=self.live.follow, args=(ticket, "Is it loud?", [], [], self._record)
        )
        self._thread.start()

    def _record(self, answer: Answer, patience: Patience) -> int:
        return patience.repeat(lambda: self._try(answer))

    def _try(self, answer: Answer) -> int:
        self.notes.append(self.live.note)
        if self._away:
            raise self._away.pop(0)
        self.recorded.append(answer)
        return 7

    def wait(self) -> None:
        self._thread.join(20)
        assert not self.live.running


def test_it_is_offered_without_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "near.gguf").touch()
    models = {
        "far": ModelSpec(kind="openai", url="http://localhost:1/v1"),
        "absent": ModelSpec(file="absent.gguf"),
        "near": ModelSpec(file=str(tmp_path / "near.gguf")),
    }
    monkeypatch.setattr(resources, "settings", lambda: Settings(home=tmp_path, models=models))
    assert resources.usable_models() == ["near", "far", "extractive"]


def test_stopping_ends_it_while_it_reads_the_prompt(server: StrangeServer, registry: Registry) -> None:
    server.replies = [hangs_after(), says("Yes.")]
    answer = Following(registry)
    while not server.asked:
        time.sleep(0.01)
    begun = time.perf_counter()
    answer.live.cancel()
    answer.wait()
    assert time.perf_counter() - begun < 1
    assert [(one.stop_reason, one.text) for one in answer.recorded] == [("cancelled", "")]


def test_what_came_before_the_connection_broke_stays(server: StrangeServer, registry: Registry) -> None:
    server.replies = [dies_after(event("It is"))]
    answer = Following(registry)
    answer.wait()
    assert answer.live.text == "It is"
    assert answer.live.error and "broke off" in answer.live.error
    # A server that counts no tokens meanwhile.
    assert answer.live.speed[0] == "words_per_s" and answer.live.speed[1]
    # Half an answer is no answer: it is not logged.
    assert not answer.recorded


def draw() -> None:
    from types import SimpleNamespace

    from app.ask.panel import draw_answer
    from generator import Answer, Timing

    timing = Timing(0.5, 0.5, 2.0, n_prompt=None, n_prompt_reused=None, n_out=None, threads=None)
    answer = Answer(
        "far", "?", "Yes.", (), 0, "end", timing, None, None, None, queue_s=0, mode="interactive", shared=True
    )
    live = SimpleNamespace(
        error=None, note="", text="Yes.", reasoning="", answer=answer, kind="openai", unsupported=()
    )
    draw_answer(live, "far (remote)", "q1")  # type: ignore[arg-type]


def test_figures_that_nobody_knows_are_not_drawn_as_numbers() -> None:
    page = AppTest.from_function(draw).run()
    assert not page.exception
    metrics = {metric.label: metric.value for metric in page.metric}
    assert (metrics["memory"], metrics["tokens/s"], metrics["TTFT"]) == ("remote", "-", "500 ms")
    said = " ".join(caption.value for caption in page.caption)
    assert "the model ran on its server" in said
    assert "its server wrote other answers for us too" in said


def test_an_answer_is_logged_when_the_database_is_back(registry: Registry, server: StrangeServer) -> None:
    answer = Following(registry, DatabaseAway("It is gone."))
    answer.wait()
    assert [one.text for one in answer.recorded] == ["Yes."]
    assert (answer.live.answer_id, answer.live.error, answer.live.note) == (7, None, "")
    assert answer.notes[0] == "" and answer.notes[1].startswith("Not in the answer log yet. It is gone.")


def test_an_answer_that_cannot_be_logged_is_shown(registry: Registry, server: StrangeServer) -> None:
    answer = Following(registry, DatabaseError("Its disk is full."))
    answer.wait()
    assert (answer.live.text, answer.live.answer_id) == ("Yes.", None)
    assert answer.live.error == "This answer is not in the answer log. Its disk is full."
