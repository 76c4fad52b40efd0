"""Models loaded before they are asked, what each uses, and unloading; a model that answers is left alone."""

import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config import ModelSpec, Settings
from config.errors import GenerationFailed, ModelBusy, ModelUnavailable, UnknownModel
from config.machine import usable_cores
from generator import Loading, Registry, Text
from generator.registry.registry import AS_GUARD
from generator.registry.ticket import Ticket
from tests.scripted_model import write_scripted_model

MODELS = {
    "a": ModelSpec(file="a.gguf", n_ctx=2048, max_tokens=20),
    "endless": ModelSpec(file="endless.gguf", n_ctx=100_000, max_tokens=90_000),
}


@pytest.fixture(scope="module")
def held_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("home"), models=MODELS)
    settings.models_folder.mkdir()
    write_scripted_model(settings.models_folder / "a.gguf", "I am a.")
    write_scripted_model(settings.models_folder / "endless.gguf", "on and off", ends=False)
    return settings


@pytest.fixture
def registry(held_settings: Settings) -> Iterator[Registry]:
    with Registry(held_settings) as registry:
        yield registry


def answering(ticket: Ticket) -> threading.Thread:
    """A thread in which its first words have been written."""
    begun = threading.Event()

    def ask() -> None:
        for event in ticket.stream("?", []):
            if isinstance(event, Text):
                begun.set()

    thread = threading.Thread(target=ask)
    thread.start()
    assert begun.wait(30)
    return thread


def test_a_loaded_model_need_not_be_loaded_for_its_first_question(registry: Registry) -> None:
    assert registry.held == []
    registry.load("a")
    (held,) = registry.held
    assert (held.model, held.answering, held.threads) == ("a", 0, 0)
    assert held.rss == pytest.approx(psutil.Process(held.pid).memory_info().rss, rel=0.1)
    assert held.pss is None or 0 < held.pss <= held.rss
    assert 0 < held.kv_cache < held.foretold
    events = list(registry.reserve("a").stream("?", []))
    assert not [event for event in events if isinstance(event, Loading)]
    (after,) = registry.held
    assert after.pid == held.pid
    assert after.since > held.since


def test_a_model_that_answers_is_told_and_not_unloaded(registry: Registry) -> None:
    ticket = registry.reserve("endless")
    thread = answering(ticket)
    (held,) = registry.held
    assert (held.answering, held.threads) == (1, usable_cores())
    with pytest.raises(ModelBusy, match="endless is answering"):
        registry.unload("endless")
    ticket.cancel()
    thread.join()
    registry.unload("endless")
    assert registry.held == []
    assert not psutil.pid_exists(held.pid)
    # Once more, and of one that never was there: nothing to do.
    registry.unload("endless")
    registry.unload("a")


def test_loading_waits_for_room_as_a_question_does(registry: Registry) -> None:
    ticket = registry.reserve("endless")
    assert ticket.answerer.predicted
    registry.budget = ticket.answerer.predicted.process
    thread = answering(ticket)
    loading = threading.Thread(target=registry.load, args=("a",))
    loading.start()
    loading.join(0.3)
    assert loading.is_alive()
    ticket.cancel()
    thread.join()
    loading.join(30)
    assert registry.loaded == ["a"]


def test_a_file_that_was_replaced_is_read_anew_after_unloading(
    registry: Registry, held_settings: Settings, tmp_path: Path
) -> None:
    registry.load("a")
    registry.unload("a")
    kept = (held_settings.models_folder / "a.gguf").rename(tmp_path / "kept.gguf")
    with pytest.raises(ModelUnavailable, match="There is no file"):
        registry.load("a")
    kept.rename(held_settings.models_folder / "a.gguf")
    registry.load("a")
    with pytest.raises(UnknownModel):
        registry.load("b")


def test_the_guard_is_told_apart_from_the_same_model_that_answers(held_settings: Settings) -> None:
    with Registry(held_settings.model_copy(update={"guard": "a"})) as registry:
        registry.load("a")
        registry.load(AS_GUARD)
        assert [(one.model, one.guard) for one in registry.held] == [("a", False), ("a", True)]
        registry.unload("a")
        assert [one.guard for one in registry.held] == [True]


def test_who_waits_at_the_end_is_sent_away_without_an_answer(held_settings: Settings) -> None:
    with Registry(held_settings) as registry:
        asked, waiting = registry.reserve("endless"), registry.reserve("endless")
        with pytest.raises(GenerationFailed):  # noqa: PT012: it fails at its end, while it is read
            for event in asked.stream("?", []):
                if isinstance(event, Text):
                    registry.close()
        assert list(waiting.stream("?", [])) == []
        assert registry.loaded == []
