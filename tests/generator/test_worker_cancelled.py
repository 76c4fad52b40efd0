"""A cancellation comes at any time, is prompt, and is for its own question only."""

import os
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import llama_cpp

from generator.backends.worker_process import WorkerProcess
from generator.events import Done, Message, PromptProgress, Text
from generator.llama.engine import Engine
from generator.llama.tokens import Tokenizer
from generator.llama.worker import Worker
from tests.generator.asking import GREEDY, LONG, LONG_CONTEXT, SHORT, ask, text_of

StartWorker = Callable[..., WorkerProcess]
TinyFile = Callable[[str], Path]


def test_a_long_prompt_is_cancelled_in_its_middle_and_the_next_answer_is_right(
    start_worker: StartWorker, tiny_file: TinyFile, pieces: list[str]
) -> None:
    worker = start_worker(tiny_file("mistral"), LONG_CONTEXT)
    events = worker.generate(LONG, GREEDY, threads=1, reuse=True)
    progress = next(events)
    cancelled = time.perf_counter()
    worker.cancel()
    *between, done = events
    # Uncancelled it takes many times as long.
    assert time.perf_counter() - cancelled < 1
    last = between[-1] if between else progress
    assert isinstance(last, PromptProgress)
    assert last.done < last.total == len(LONG)
    assert isinstance(done, Done)
    assert (done.stop_reason, done.timing.n_out) == ("cancelled", 0)
    assert done.timing.ttft_s is done.timing.e2e_s is None

    # Part of the long prompt is in the cache, and reuse is on.
    assert ask(worker)[0] == "".join(pieces)
    again, reused = ask(worker, LONG[:600])
    assert (again, reused.timing.n_prompt) == (
        ask(start_worker(tiny_file("mistral"), 1024), LONG[:600])[0],
        600,
    )


def test_an_answer_is_cancelled_while_it_is_written(worker: WorkerProcess, pieces: list[str]) -> None:
    events = worker.generate(SHORT, replace(GREEDY, max_tokens=10_000), threads=1, reuse=True)
    written = [next(event.text for event in events if isinstance(event, Text))]
    worker.cancel()
    *rest, done = events
    written.append(text_of(rest))
    assert isinstance(done, Done)
    # 512 tokens of context are full within a tenth of a second: the cancellation may come too late.
    assert done.stop_reason in ("cancelled", "context")
    assert 1 <= done.timing.n_out < 10_000
    assert "".join(written).startswith("".join(pieces)) or "".join(pieces).startswith("".join(written))
    assert ask(worker)[0] == "".join(pieces)


def test_a_question_cancelled_before_its_prompt_is_ready_is_not_answered(
    worker: WorkerProcess, pieces: list[str]
) -> None:
    worker.begin()
    worker.cancel()
    worker.tokenize([Message("user", "hello")])
    worker.cancel()
    text, done = ask(worker)
    assert (text, done.stop_reason, done.timing.n_out) == ("", "cancelled", 0)
    worker.begin()
    assert ask(worker)[0] == "".join(pieces)


def test_a_cancellation_after_the_end_is_not_taken_for_the_next_question(
    worker: WorkerProcess, pieces: list[str]
) -> None:
    for _ in range(3):
        worker.begin()
        text, done = ask(worker)
        assert (text, done.stop_reason) == ("".join(pieces), "max_tokens")
        worker.cancel()
        worker.cancel()


def test_a_caller_that_leaves_early_cancels(
    start_worker: StartWorker, tiny_file: TinyFile, pieces: list[str]
) -> None:
    worker = start_worker(tiny_file("mistral"), LONG_CONTEXT)
    for _ in worker.generate(LONG, GREEDY, threads=1, reuse=True):
        break
    left = time.perf_counter()
    assert ask(worker)[0] == "".join(pieces)
    assert time.perf_counter() - left < 1


def test_what_was_said_of_earlier_questions_is_forgotten(tiny_file: TinyFile) -> None:
    engine = Engine(tiny_file("mistral"), 512, lambda fraction: None)
    with Path(os.devnull).open("wb") as nowhere:
        worker = Worker(nowhere)
        asked = {"do": "generate", "tokens": SHORT, "sampling": asdict(GREEDY), "threads": 1, "reuse": True}
        for question in range(1, 20):
            worker._serve(asked | {"question": question}, engine, Tokenizer(engine))
            # Both come when it has ended, as they may.
            worker._cancel(question)
            worker._set_threads(question, 1)
    assert (worker._cancelled, worker._threads) == ({19}, {19: 1})
    llama_cpp.llama_log_set(llama_cpp.llama_log_callback(0), None)
