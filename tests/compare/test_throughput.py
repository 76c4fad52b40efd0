"""Many answers at once: each asked once, alike prompts together, and nothing left behind. Real models."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.plan.plan import Asking
from compare.run.throughput import MOST_AT_ONCE, alike_together, answer_all, at_once
from config import ModelSpec, Settings
from config.errors import GenerationFailed, PromptTooLong
from generator import Answer, Generator
from generator.llama.llama_model import SHORTEST_PIECE
from tests.compare.plans import make_task
from tests.generator.strange_server import Handler, StrangeServer, refuses, says
from tests.scripted_model import write_scripted_model

ASKINGS = [
    Asking(make_task(product, question), repeat)
    for repeat in range(2)
    for question in ("Is it good?", "Is it loud?")
    for product in ("B02", "B01", "B03")
]
# As a share of the cores: two threads on a tiny model wait for each other longer than they work.
ONE_THREAD = 1000


@given(st.integers(1, 500))
def test_a_batch_fits_all_or_divides_them_evenly(answers: int) -> None:
    size = at_once(answers)
    assert 1 <= size <= MOST_AT_ONCE
    rounds = -(-answers // size)
    assert rounds == -(-answers // MOST_AT_ONCE)
    # The last round is not much smaller than the others.
    assert answers - (rounds - 1) * size > 0
    assert size * rounds - answers < 4 * rounds


def test_prompts_that_begin_alike_follow_each_other() -> None:
    ordered = alike_together(ASKINGS)
    assert sorted(map(id, ordered)) == sorted(map(id, ASKINGS))
    beginnings = [(one.task.product_id, one.task.question) for one in ordered]
    assert beginnings == sorted(beginnings)


def ask(answerer: Generator, asking: Asking) -> Answer:
    task = asking.task
    return answerer.answer(
        task.question, task.matches, mode="throughput", sharing=ONE_THREAD, seed=asking.repeat
    )


@pytest.fixture
def generator(tmp_path: Path) -> Iterator[Generator]:
    write_scripted_model(tmp_path / "m.gguf", "It is good [1].")
    spec = ModelSpec(name="m", file=str(tmp_path / "m.gguf"), n_ctx=2048, max_tokens=50)
    with Generator(spec, Settings(home=tmp_path), at_once=4) as generator:
        yield generator


def test_all_are_answered_once_in_one_batch(generator: Generator) -> None:
    answered = list(answer_all(generator, ASKINGS, lambda asking: ask(generator, asking)))
    assert sorted(id(asking) for asking, _ in answered) == sorted(map(id, ASKINGS))
    answers = [answer for _, answer in answered if isinstance(answer, Answer)]
    assert {answer.text for answer in answers} == {"It is good [1]."}
    assert {answer.mode for answer in answers} == {"throughput"}
    # The second repeat of a prompt reads its end alone.
    again = [answer.timing.n_prompt - answer.timing.n_prompt_reused for answer in answers]
    assert again.count(SHORTEST_PIECE) >= len(ASKINGS) // 2


def test_a_prompt_that_is_too_long_is_the_matter_of_its_question_alone(generator: Generator) -> None:
    long = Asking(make_task("B09", "Why? " * 3000), 0)
    answered = dict(answer_all(generator, [*ASKINGS[:3], long], lambda asking: ask(generator, asking)))
    assert isinstance(answered.pop(long), PromptTooLong)
    assert {type(answer) for answer in answered.values()} == {Answer}


def test_a_caller_who_leaves_leaves_nothing_behind(tmp_path: Path) -> None:
    write_scripted_model(tmp_path / "m.gguf", "It goes on", ends=False)
    endless = ModelSpec(name="m", file=str(tmp_path / "m.gguf"), n_ctx=2**16, max_tokens=60_000)
    short = threading.Event()
    with Generator(endless, Settings(home=tmp_path), at_once=2) as writing:

        def ask_one(asking: Asking) -> Answer:
            if not short.is_set():
                short.set()
                raise PromptTooLong("to have something to leave at")
            return ask(writing, asking)

        with closing(answer_all(writing, ASKINGS, ask_one)) as answers:
            next(answers)
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("asking")]
        # Loading is not interrupted; afterwards the model is there, and free.
        assert writing.pid


class Busiest:
    """Replies slowly, and knows how many were asked at the same time."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.lock = threading.Lock()

    def __call__(self, handler: Handler) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.now, self.most)
        time.sleep(0.05)
        with self.lock:
            self.now -= 1
        says("Yes.")(handler)


@pytest.fixture
def server() -> Iterator[StrangeServer]:
    server = StrangeServer()
    yield server
    server.stop()


def far(server: StrangeServer, home: Path, concurrency: int) -> Generator:
    spec = ModelSpec.model_validate(
        {"name": "far", "kind": "openai", "url": server.url, "served_model": "m", "concurrency": concurrency}
    )
    return Generator(spec, Settings(home=home), at_once=24)


def test_a_server_is_asked_as_much_as_it_may_be(server: StrangeServer, tmp_path: Path) -> None:
    busiest = Busiest()
    server.replies = [busiest]
    with far(server, tmp_path, 3) as generator:
        answered = list(answer_all(generator, ASKINGS, lambda asking: ask(generator, asking)))
    assert len(answered) == len(ASKINGS)
    assert busiest.most == 3


def test_an_error_ends_all(server: StrangeServer, tmp_path: Path) -> None:
    server.replies = [says("Yes."), says("Yes."), refuses(500)]
    with far(server, tmp_path, 2) as generator, pytest.raises(GenerationFailed, match="500"):
        list(answer_all(generator, ASKINGS, lambda asking: ask(generator, asking)))
    assert len(server.asked) < len(ASKINGS)
