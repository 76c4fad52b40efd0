"""A worker process that answers several questions at once, and a Generator on top of it."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from config import ModelSpec, Settings
from config.errors import GenerationFailed, ModelUnavailable
from generator import Answer, Generator
from generator.backends.batch_process import BatchProcess
from generator.events import Done, Loaded, Message, Piece, PromptProgress, Text
from models.gguf.header import read_header
from models.memory.memory import MIB, predict_memory
from models.memory.room import Room, most_sequences
from retriever.passage import Match
from tests.generator.asking import GREEDY, QUESTION, SHORT, ask
from tests.scripted_model import write_scripted_model

TinyFile = Callable[[str], Path]
MakeSpec = Callable[..., ModelSpec]
# As a share of the cores: two threads on a tiny model wait for each other longer than they work.
ONE_THREAD = 1000
# A process with hardly any weights is mostly libraries; how many of their pages are resident is the system's
# choice.
TINY = 4 * MIB
ENDLESS = replace(GREEDY, max_tokens=100_000)


@pytest.fixture
def process(tiny_file: TinyFile) -> Iterator[BatchProcess]:
    process = BatchProcess(tiny_file("mistral"), 8192, 3)
    *_, loaded = process.load()
    assert isinstance(loaded, Loaded) and loaded.n_ctx == 8192
    yield process
    process.close()


def begun(process: BatchProcess) -> Iterator[object]:
    """An answer of which the first word has come."""
    events = process.generate(SHORT, ENDLESS, 1, True)
    while isinstance(next(events), PromptProgress):
        pass
    return events


def test_questions_of_many_threads_get_their_own_answers(process: BatchProcess, tiny_file: TinyFile) -> None:
    prompts = [[1, 300 + number, 301] for number in range(12)]
    with ThreadPoolExecutor(12) as pool:
        texts = [answer[0] for answer in pool.map(lambda prompt: ask(process, prompt), prompts)]
    assert len(set(texts)) == len(texts)
    assert [ask(process, prompt)[0] for prompt in prompts] == texts


def test_a_prompt_is_tokenized_while_others_are_answered(process: BatchProcess) -> None:
    before = process.tokenize([Message("user", "Hello")])
    events = begun(process)
    assert process.tokenize([Message("user", "Hello")]) == before
    process.cancel()
    assert [event.stop_reason for event in events if isinstance(event, Done)] == ["cancelled"]


def test_cancelling_ends_all_and_leaving_ends_ones_own(process: BatchProcess) -> None:
    first, second = begun(process), begun(process)
    first.close()  # type: ignore[attr-defined]
    assert isinstance(next(second), Piece)
    process.cancel()
    assert isinstance(list(second)[-1], Done)
    # One that had not asked yet is cancelled too, until the next question begins.
    (done,) = process.generate(SHORT, ENDLESS, 1, True)
    assert isinstance(done, Done) and done.stop_reason == "cancelled"
    process.begin()
    assert ask(process)[1].stop_reason == "max_tokens"


@pytest.mark.parametrize("end", [BatchProcess.close, lambda process: os.kill(process.pid, signal.SIGKILL)])
def test_all_hear_of_the_end_of_the_process(
    process: BatchProcess, end: Callable[[BatchProcess], None]
) -> None:
    answers = [begun(process), begun(process)]
    end(process)
    for events in answers:
        with pytest.raises(GenerationFailed, match=r"closed before|SIGKILL"):
            list(events)
    with pytest.raises(GenerationFailed):
        ask(process)
    with pytest.raises(GenerationFailed):
        process.tokenize([Message("user", "Hello")])
    assert not process.alive


def test_what_cannot_be_loaded_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_text("GGUF, but not really")
    with pytest.raises(ModelUnavailable, match="cannot load"):
        list(BatchProcess(tmp_path / "broken.gguf", 512, 2).load())


@pytest.fixture(params=["free", "verbatim"])
def spec(request: pytest.FixtureRequest, make_spec: MakeSpec) -> ModelSpec:
    return make_spec("llama", answers=request.param, n_ctx=4096)


def test_a_generator_gives_several_answers_at_once_as_it_would_each_alone(
    spec: ModelSpec, tiny_settings: Settings, matches: list[Match]
) -> None:
    questions = [f"{QUESTION} And number {number}?" for number in range(6)]
    with Generator(spec, tiny_settings) as generator:
        alone = [generator.answer(question, matches, sharing=ONE_THREAD) for question in questions]
    with Generator(spec, tiny_settings, at_once=3) as generator, ThreadPoolExecutor(6) as pool:
        assert generator.concurrency > 3
        together = list(
            pool.map(
                lambda question: generator.answer(question, matches, mode="throughput", sharing=ONE_THREAD),
                questions,
            )
        )
        assert generator.predicted and together[0].memory
        assert together[0].memory.kv_cache == generator.predicted.kv_cache
    assert sum(a.text == b.text for a, b in zip(alone, together, strict=True)) >= 5
    assert [a.origin.prompt_sha256 for a in alone] == [b.origin.prompt_sha256 for b in together]
    assert {answer.mode for answer in together} == {"throughput"}
    foretold = generator.predicted
    assert together[-1].predicted_bytes == (foretold.writing if spec.answers == "free" else foretold.process)


def test_reasoning_is_split_off_in_each(tmp_path: Path, make_spec: MakeSpec, matches: list[Match]) -> None:
    write_scripted_model(tmp_path / "m.gguf", "<think> hm </think> Yes.", tags=("<think>", "</think>"))
    spec = make_spec(file=str(tmp_path / "m.gguf"), n_ctx=4096)
    with Generator(spec, Settings(home=tmp_path), at_once=2) as generator, ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda number: generator.answer(f"{number}?", matches, sharing=ONE_THREAD), range(4))
        )
    assert {(answer.reasoning.strip(), answer.text) for answer in answers} == {("hm", "Yes.")}


def test_cancelling_a_generator_ends_also_those_that_wait(
    make_spec: MakeSpec, tiny_settings: Settings, make_match: Callable[..., Match]
) -> None:
    spec = make_spec("llama", n_ctx=8192, max_tokens=6000)
    answers: list[Answer] = []
    writing = threading.Event()
    with Generator(spec, tiny_settings, at_once=2) as generator:

        def answer() -> None:
            for event in generator.stream(QUESTION, [make_match()], sharing=ONE_THREAD):
                if isinstance(event, Text):
                    writing.set()
                if isinstance(event, Answer):
                    answers.append(event)

        threads = [threading.Thread(target=answer) for _ in range(generator.concurrency)]
        for thread in threads:
            thread.start()
        assert writing.wait(30)
        while any(thread.is_alive() for thread in threads):
            generator.cancel()
            for thread in threads:
                thread.join(0.1)
    assert [answer.stop_reason for answer in answers] == ["cancelled"] * len(threads)


@pytest.mark.parametrize("family", ["llama", "mistral"])
def test_the_memory_of_several_texts_is_foretold(tiny_file: TinyFile, family: str) -> None:
    header = read_header(tiny_file(family))
    alone, several = predict_memory(header, 1000), predict_memory(header, 1000, 4)
    assert several.kv_cache == 4 * alone.kv_cache
    process = BatchProcess(tiny_file(family), 1000, 4)
    list(process.load())
    _, done = ask(process, [1, *range(300, 900), *range(300, 680)])
    process.close()
    assert (done.memory.kv_cache, done.memory.compute) == (several.kv_cache, several.compute)
    assert several.writing == pytest.approx(done.memory.peak_rss, abs=TINY)


def test_as_many_texts_as_fit_are_written_at_once(
    tiny_file: TinyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = read_header(tiny_file("llama"))
    assert most_sequences(header, 4096, 12) == 12
    room = Room(int(1.2 * predict_memory(header, 4096, 4).process))
    monkeypatch.setattr("models.memory.room.this_machine", lambda: room)
    found = most_sequences(header, 4096, 12)
    assert 4 <= found <= 12 and found % 4 == 0
    assert room.verdict(predict_memory(header, 4096, found)) == "fits"
    monkeypatch.setattr("models.memory.room.this_machine", lambda: Room(1))
    assert most_sequences(header, 4096, 4) == 1


def test_a_rope_that_depends_on_the_whole_context_allows_one_text(tiny_file: TinyFile) -> None:
    header = read_header(tiny_file("llama"))
    long = replace(header.tensors[0], name="rope_factors_long.weight")
    assert most_sequences(replace(header, tensors=(*header.tensors, long)), 4096, 24) == 1
