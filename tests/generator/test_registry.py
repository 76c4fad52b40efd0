"""Several models within a memory budget: who is loaded, who goes, who waits, and who gets which cores."""

import threading
from collections.abc import Callable, Iterator

import pytest

from config import ModelSpec, Settings
from config.errors import ModelUnavailable, UnknownModel
from config.machine import usable_cores
from generator import Answer, Generator, Loading, PromptProgress, Registry, Text
from generator.registry.ticket import Ticket
from retriever.passage import Match
from tests.scripted_model import write_scripted_model

SPECS = {name: ModelSpec(file=f"{name}.gguf", n_ctx=2048, max_tokens=20) for name in ("a", "b", "c")}
ENDLESS = ModelSpec(file="endless.gguf", n_ctx=100_000, max_tokens=90_000)
MakeRegistry = Callable[..., Registry]


@pytest.fixture(scope="module")
def scripted_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Three models that recite, one that never ends, one that is damaged, and one whose file is missing."""
    settings = Settings(
        home=tmp_path_factory.mktemp("home"),
        models=SPECS | {"endless": ENDLESS, "absent": ModelSpec(file="absent.gguf")},
    )
    settings.models_folder.mkdir()
    for name in SPECS:
        write_scripted_model(settings.models_folder / f"{name}.gguf", f"I am {name}.")
    write_scripted_model(settings.models_folder / "endless.gguf", "on and off", ends=False)
    return settings


@pytest.fixture
def make_registry(scripted_settings: Settings) -> Iterator[MakeRegistry]:
    """A registry with room for so many of the small models; closed at the end of the test."""
    made: list[Registry] = []

    def make(models: float = 10) -> Registry:
        registry = Registry(scripted_settings)
        ticket = registry.reserve("a")
        registry.budget = int(models * ticket.answerer.predicted.process)
        ticket.give_back()
        made.append(registry)
        return registry

    yield make
    for registry in made:
        registry.close()


def ask(ticket: Ticket, matches: list[Match]) -> Answer:
    *_, answer = ticket.stream("Who?", matches)
    assert isinstance(answer, Answer)
    return answer


def say(registry: Registry, name: str) -> str:
    return ask(registry.reserve(name), []).text


class Asking:
    """A ticket that is asked in a thread; `writing` is set once its answer begins."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self.answer: Answer | None = None
        self.writing = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def _ask(self) -> None:
        for event in self.ticket.stream("Who?", []):
            if isinstance(event, Text):
                self.writing.set()
            if isinstance(event, Answer):
                self.answer = event

    def end(self) -> Answer | None:
        self.ticket.cancel()
        return self.join()

    def join(self) -> Answer | None:
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.answer


def test_the_least_recently_used_model_leaves(make_registry: MakeRegistry) -> None:
    registry = make_registry(models=2.5)
    assert [say(registry, name) for name in "aba"] == ["I am a.", "I am b.", "I am a."]
    assert registry.loaded == ["b", "a"]
    assert say(registry, "c") == "I am c."
    assert registry.loaded == ["a", "c"]
    assert say(registry, "b") == "I am b."
    assert registry.loaded == ["c", "b"]


def test_loading_is_seen_only_when_it_happens(make_registry: MakeRegistry) -> None:
    registry = make_registry()
    first, second = (list(registry.reserve("a").stream("Who?", [])) for _ in range(2))
    assert isinstance(first[0], Loading)
    assert isinstance(second[0], PromptProgress)


def test_a_model_larger_than_the_budget_is_loaded_alone(make_registry: MakeRegistry) -> None:
    registry = make_registry(models=0.5)
    assert say(registry, "a") == "I am a."
    assert say(registry, "b") == "I am b."
    assert registry.loaded == ["b"]


def test_a_busy_model_is_not_pushed_out_but_waited_for(make_registry: MakeRegistry) -> None:
    registry = make_registry(models=1.2)
    busy = Asking(registry.reserve("endless"))
    assert busy.writing.wait(20)
    waiting = Asking(registry.reserve("b"))
    assert not waiting.writing.wait(0.3)
    assert registry.loaded == ["endless"]
    assert registry.answering == 1
    answer = busy.end()
    assert answer is not None
    assert answer.stop_reason == "cancelled"
    # Who only waits takes no core and disturbs no timing.
    assert not answer.shared
    after = waiting.join()
    assert after is not None
    assert after.queue_s >= 0.3
    assert (after.shared, registry.loaded) == (False, ["b"])


def test_models_asked_together_divide_the_cores_from_the_start(make_registry: MakeRegistry) -> None:
    registry = make_registry()
    tickets = [registry.reserve(name) for name in "abc"]
    assert registry.answering == 3
    for ticket in tickets:
        answer = ask(ticket, [])
        assert answer.shared
    assert answer.timing.threads == usable_cores()


def test_a_second_tab_takes_its_part_of_the_cores_at_once(make_registry: MakeRegistry) -> None:
    registry = make_registry()
    first = Asking(registry.reserve("endless"))
    assert first.writing.wait(20)
    second = ask(registry.reserve("b"), [])
    assert second.shared
    assert second.timing.threads == max(1, usable_cores() // 2)
    answer = first.end()
    assert answer is not None
    # It began alone, and gave cores away in the middle of its answer.
    assert answer.shared
    assert answer.timing.threads == max(1, usable_cores() // 2)
    alone = ask(registry.reserve("b"), [])
    assert (alone.shared, alone.timing.threads) == (False, usable_cores())


def test_two_questions_to_one_model_come_one_after_the_other_and_share_nothing(
    make_registry: MakeRegistry,
) -> None:
    registry = make_registry()
    first, second = (Asking(registry.reserve("endless")) for _ in range(2))
    assert first.writing.wait(20)
    assert registry.answering == 1
    assert not second.writing.wait(0.2)
    answer = first.end()
    assert second.writing.wait(20)
    after = second.end()
    assert answer is not None
    assert after is not None
    assert (answer.shared, after.shared) == (False, False)
    assert after.queue_s >= 0.2


def test_a_ticket_knows_how_many_come_before_it(make_registry: MakeRegistry) -> None:
    registry = make_registry()
    tickets = [registry.reserve("a") for _ in range(3)]
    other = registry.reserve("b")
    assert [ticket.ahead for ticket in [*tickets, other]] == [0, 1, 2, 0]
    tickets[1].give_back()
    assert [ticket.ahead for ticket in tickets] == [0, 0, 1]
    ask(tickets[0], [])
    assert [ticket.ahead for ticket in tickets] == [0, 0, 0]


def test_who_waits_can_give_up(make_registry: MakeRegistry) -> None:
    registry = make_registry()
    first, second = (Asking(registry.reserve("endless")) for _ in range(2))
    assert first.writing.wait(20)
    assert second.end() is None
    assert first.end() is not None
    assert registry.answering == 0


def test_a_model_that_cannot_be_loaded_leaves_no_trace(
    make_registry: MakeRegistry, scripted_settings: Settings
) -> None:
    registry = make_registry(models=1.2)
    with pytest.raises(UnknownModel):
        registry.reserve("d")
    with pytest.raises(ModelUnavailable, match="no file"):
        registry.reserve("absent")
    ticket = registry.reserve("a")
    assert isinstance(ticket.answerer, Generator)
    file = ticket.answerer.path
    assert file
    whole = file.read_bytes()
    try:
        file.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ModelUnavailable):
            ask(ticket, [])
    finally:
        file.write_bytes(whole)
    assert (registry.answering, registry.loaded) == (0, [])
    assert [say(registry, name) for name in "ba"] == ["I am b.", "I am a."]


def test_the_default_budget_is_a_part_of_what_is_available(scripted_settings: Settings) -> None:
    with Registry(scripted_settings) as registry:
        assert registry.budget > 2**28
    chosen = scripted_settings.model_copy(update={"memory_budget": 2**30})
    assert Registry(chosen).budget == 2**30
    assert Settings(home=scripted_settings.home, memory_budget="2GiB").memory_budget == 2**31  # type: ignore[arg-type]


def test_questions_from_many_threads_are_all_answered(make_registry: MakeRegistry) -> None:
    registry = make_registry(models=2.5)
    answers: list[tuple[str, str]] = []

    def run(names: str) -> None:
        answers.extend((name, say(registry, name)) for name in names)

    threads = [threading.Thread(target=run, args=(names,)) for names in ("abcab", "cbacb", "bbaca")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 15
    assert all(text == f"I am {name}." for name, text in answers)
    assert registry.answering == 0
    assert len(registry.loaded) <= 2
