"""A Generator that is cancelled, abandoned, closed, killed or asked by two answers right the next time."""

import gc
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from config.errors import GenerationFailed
from generator import Answer, Generator, Loading, PromptProgress, Text
from generator.backends.worker_process import WorkerProcess
from retriever.passage import Match
from tests.generator.asking import LONG_QUESTION, QUESTION

Start = Callable[..., Generator]
MakeMatch = Callable[..., Match]


def test_an_answer_cancelled_while_the_model_loads_is_not_begun(
    start: Start, matches: list[Match], expected: str
) -> None:
    generator = start()
    events = generator.stream(QUESTION, matches)
    assert isinstance(next(events), Loading)
    generator.cancel()
    *_, answer = events
    assert isinstance(answer, Answer)
    assert (answer.stop_reason, answer.text, answer.timing.n_out) == ("cancelled", "", 0)
    assert generator.answer(QUESTION, matches).text == expected


def test_an_answer_cancelled_in_its_prompt_is_empty_and_the_next_is_right(
    start: Start, matches: list[Match], expected: str
) -> None:
    generator = start(n_ctx=20_000)
    reading = False
    for event in generator.stream(LONG_QUESTION, matches, sharing=2):
        if isinstance(event, PromptProgress) and not reading:
            reading = True
            generator.cancel()
        last = event
    assert isinstance(last, Answer)
    assert (last.stop_reason, last.text) == ("cancelled", "")
    assert generator.answer(QUESTION, matches).text == expected


def test_cancelling_nothing_does_nothing(start: Start, matches: list[Match], expected: str) -> None:
    generator = start()
    generator.cancel()
    assert generator.answer(QUESTION, matches).text == expected
    generator.cancel()
    generator.cancel()
    assert generator.answer(QUESTION, matches).text == expected


@pytest.mark.parametrize("kind", [Loading, PromptProgress, Text])
def test_a_stream_that_is_abandoned_is_in_nobodys_way(
    kind: type, start: Start, matches: list[Match], expected: str
) -> None:
    generator = start()
    for event in generator.stream(QUESTION, matches):
        if isinstance(event, kind):
            break
    gc.collect()
    assert generator.answer(QUESTION, matches).text == expected


def test_whoever_leaves_early_ends_the_answer_before_another_may_ask(
    start: Start, matches: list[Match], monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = start(n_ctx=20_000, max_tokens=10_000)
    free: list[bool] = []
    cancel = WorkerProcess.cancel

    def note_whether_another_may_ask(worker: WorkerProcess) -> None:
        free.append(generator._lock.acquire(blocking=False))
        cancel(worker)

    monkeypatch.setattr(WorkerProcess, "cancel", note_whether_another_may_ask)
    events = generator.stream(QUESTION, matches, sharing=2)
    while not isinstance(next(events), Text):
        pass
    events.close()  # type: ignore[attr-defined]
    assert free == [False]


def test_a_stream_dropped_by_another_thread_frees_the_model(
    start: Start, matches: list[Match], expected: str
) -> None:
    generator = start()
    streams = [generator.stream(QUESTION, matches)]
    next(streams[0])
    thread = threading.Thread(target=streams.clear)
    thread.start()
    thread.join()
    assert generator.answer(QUESTION, matches).text == expected


def test_an_error_in_the_callers_loop_frees_the_model(
    start: Start, matches: list[Match], expected: str
) -> None:
    generator = start()

    def fail() -> None:
        for _ in generator.stream(QUESTION, matches):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert generator.answer(QUESTION, matches).text == expected


def test_a_generator_closed_by_another_thread_while_it_answers(
    start: Start, matches: list[Match], expected: str
) -> None:
    generator = start(n_ctx=20_000)
    reading = threading.Event()

    def answer() -> None:
        for event in generator.stream(LONG_QUESTION, matches, sharing=2):
            if isinstance(event, PromptProgress):
                reading.set()

    with ThreadPoolExecutor() as pool:
        running = pool.submit(answer)
        assert reading.wait(timeout=30)
        generator.close()
        with pytest.raises(GenerationFailed, match="was closed"):
            running.result(timeout=30)
    assert generator.pid is None
    assert generator.answer(QUESTION, matches).text == expected


@pytest.mark.parametrize("kind", [Loading, PromptProgress, Text])
def test_a_generator_closed_between_two_events(
    kind: type, start: Start, matches: list[Match], expected: str
) -> None:
    # Long enough that it is not written to its end, into the pipe, before it is closed.
    generator = start(n_ctx=20_000, max_tokens=10_000)
    with pytest.raises(GenerationFailed, match="was closed"):
        for event in generator.stream(QUESTION, matches, sharing=2):
            if isinstance(event, kind):
                generator.close()
    assert start().answer(QUESTION, matches).text == expected


@pytest.mark.parametrize("name", ["SIGKILL", "SIGABRT"])
def test_a_worker_that_dies_fails_its_answer_alone(
    name: str, start: Start, matches: list[Match], expected: str
) -> None:
    generator = start(n_ctx=20_000)
    with pytest.raises(GenerationFailed, match=name):
        for event in generator.stream(LONG_QUESTION, matches, sharing=2):
            if isinstance(event, PromptProgress) and generator.pid:
                os.kill(generator.pid, signal.Signals[name])
    assert generator.answer(QUESTION, matches).text == expected


def test_a_worker_that_dies_between_two_questions_is_not_missed(
    start: Start, matches: list[Match], expected: str
) -> None:
    generator = start()
    generator.load()
    dead = generator.pid
    assert dead
    os.kill(dead, signal.SIGKILL)
    while generator.pid:
        pass
    assert generator.answer(QUESTION, matches).text == expected
    assert generator.pid not in (None, dead)


def test_two_callers_take_turns(start: Start, make_match: MakeMatch) -> None:
    generator = start(n_ctx=4096)
    questions = ["What do people like? " * 80, "What do people dislike? " * 80]
    passages = [make_match(1)]
    alone = [generator.answer(question, passages, mode="measured").text for question in questions]
    together = threading.Barrier(2)

    def ask(question: str) -> Answer:
        together.wait()
        return generator.answer(question, passages, mode="measured")

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(ask, questions))
    assert [answer.text for answer in answers] == alone
    first, second = sorted(answers, key=lambda answer: answer.queue_s)
    assert first.timing.e2e_s is not None
    assert second.timing.e2e_s is not None
    # Both came at the same moment: the second waited for the whole of the first.
    assert second.queue_s > first.timing.e2e_s / 2
    assert second.queue_s > 5 * first.queue_s
