"""A server whose answer is cancelled, left or closed: the connection ends, and the next is answered."""

import threading
import time
from collections.abc import Callable

import pytest

from config.errors import GenerationFailed, UserError
from generator import Answer, Generator, PromptProgress, Text
from tests.generator.asking import QUESTION
from tests.generator.strange_server import DONE, StrangeServer, event, hangs_after, says, streams

Ask = Callable[..., Generator]


@pytest.mark.parametrize("before", [[], [event("It")]], ids=["in the prompt", "in the answer"])
def test_cancelling_closes_the_connection_at_once(
    before: list[bytes], start_remote: Ask, strange_server: StrangeServer
) -> None:
    strange_server.replies = [hangs_after(*before), says("Yes.")]
    generator = start_remote()
    events: list[object] = []
    begun = threading.Event()

    def follow() -> None:
        for happened in generator.stream(QUESTION, []):
            events.append(happened)
            if isinstance(happened, Text if before else PromptProgress):
                begun.set()

    thread = threading.Thread(target=follow)
    thread.start()
    assert begun.wait(30)
    time.sleep(0.1)
    cancelled = time.perf_counter()
    generator.cancel()
    thread.join(30)
    assert time.perf_counter() - cancelled < 0.5
    answer = events[-1]
    assert isinstance(answer, Answer)
    assert (answer.stop_reason, answer.text, answer.timing.n_out) == (
        "cancelled",
        "It" if before else "",
        None,
    )
    assert strange_server.left.wait(2)
    # The next question is not meant.
    assert generator.answer(QUESTION, []).text == "Yes."


def test_leaving_early_closes_the_connection(start_remote: Ask, strange_server: StrangeServer) -> None:
    strange_server.replies = [hangs_after(event("It")), says("Yes.")]
    generator = start_remote()
    events = generator.stream(QUESTION, [])
    while not isinstance(next(events), Text):
        pass
    events.close()  # type: ignore[attr-defined]
    assert strange_server.left.wait(2)
    assert generator.answer(QUESTION, []).text == "Yes."


def test_a_model_that_is_closed_while_it_answers(start_remote: Ask, strange_server: StrangeServer) -> None:
    strange_server.replies = [hangs_after(event("It")), says("Yes.")]
    generator = start_remote()
    failures: list[Exception] = []

    def follow() -> None:
        try:
            generator.answer(QUESTION, [])
        except UserError as error:
            failures.append(error)

    before = threading.active_count()
    thread = threading.Thread(target=follow)
    thread.start()
    while not strange_server.asked:
        time.sleep(0.01)
    time.sleep(0.1)
    generator.close()
    thread.join(30)
    assert [type(error) for error in failures] == [GenerationFailed]
    assert generator.answer(QUESTION, []).text == "Yes."
    generator.close()
    generator.close()
    strange_server.over.set()
    assert threading.active_count() <= before + 2


def test_many_cancellations_at_random_moments(start_remote: Ask, strange_server: StrangeServer) -> None:
    strange_server.replies = [streams(*[event("so ")] * 20, event(finish="stop"), DONE, pause_s=0.002)]
    generator = start_remote()
    generator.load()
    for number in range(40):
        timer = threading.Timer(number * 0.002, generator.cancel)
        timer.start()
        answer = generator.answer(QUESTION, [])
        timer.join()
        assert answer.stop_reason in ("cancelled", "end")
        assert answer.stop_reason == "cancelled" or answer.words == 20
    assert generator.answer(QUESTION, []).words == 20
