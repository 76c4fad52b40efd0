"""Several answers in one batch: each is what it would be alone, and what prompts share is read once."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import llama_cpp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.events import Done, Event, Failed, PromptProgress, Sampling, Text
from generator.llama.batch_engine import BatchEngine
from generator.llama.engine import Engine
from generator.llama.llama_model import SHORTEST_PIECE
from generator.verbatim.verbatim import choice_grammar
from tests.generator.asking import GREEDY, text_of
from tests.scripted_model import write_scripted_model

PLACES = 4
LOCAL = random.Random(0)
COMMON = [1, *(LOCAL.randrange(259, 900) for _ in range(120))]
PROMPTS = [[*COMMON, *(LOCAL.randrange(259, 900) for _ in range(20))] for _ in range(10)]


@pytest.fixture(scope="module")
def engine(tiny_file: Callable[[str], Path]) -> Iterator[Engine]:
    yield Engine(tiny_file("mistral"), 512, lambda fraction: None)
    llama_cpp.llama_log_set(llama_cpp.llama_log_callback(0), None)


@pytest.fixture(scope="module")
def batch(tiny_file: Callable[[str], Path], engine: Engine) -> BatchEngine:
    return BatchEngine(tiny_file("mistral"), 512, PLACES, lambda fraction: None)


def alone(engine: Engine, tokens: list[int], sampling: Sampling) -> tuple[str, Done]:
    *events, done = engine.generate(tokens, sampling, 1, reuse=False)
    assert isinstance(done, Done)
    return text_of(events), done


def together(
    batch: BatchEngine, asked: list[tuple[list[int], Sampling]], reuse: bool = True, drop: int | None = None
) -> list[list[Event | Failed]]:
    """The events of each question; the one of index `drop` is dropped in the third step."""
    for question, (tokens, sampling) in enumerate(asked):
        batch.add(question, tokens, sampling, reuse)
    told: list[list[Event | Failed]] = [[] for _ in asked]
    steps = 0
    while not batch.idle:
        steps += 1
        if drop is not None and steps == 3:
            batch.drop(drop)
        for question, event in batch.step():
            told[question].append(event)
    return told


def text(events: list[Event | Failed]) -> str:
    return text_of([event for event in events if not isinstance(event, Failed)])


def done(events: list[Event | Failed]) -> Done:
    assert isinstance(events[-1], Done)
    return events[-1]


@given(
    st.lists(st.tuples(st.integers(1, 141), st.integers(0, 9), st.integers(1, 12)), min_size=1, max_size=9),
    st.booleans(),
)
@settings(max_examples=8)
def test_each_answer_is_what_it_would_be_alone(
    engine: Engine, batch: BatchEngine, wanted: list[tuple[int, int, int]], reuse: bool
) -> None:
    asked = [(PROMPTS[which][:length], replace(GREEDY, max_tokens=n)) for length, which, n in wanted]
    expected = [alone(engine, *one) for one in asked]
    told = together(batch, asked, reuse)
    same = sum(text(events) == said for events, (said, _) in zip(told, expected, strict=True))
    # Other products of matrices round otherwise, so that a tie may be decided in another way.
    assert same >= len(asked) - 1
    for events, (_, single) in zip(told, expected, strict=True):
        assert done(events).stop_reason == single.stop_reason == "max_tokens"
        assert done(events).timing.n_out == single.timing.n_out
        assert done(events).timing.n_prompt == single.timing.n_prompt
        if not reuse:
            assert done(events).timing.n_prompt_reused == 0


def test_a_batch_of_one_says_exactly_the_same(engine: Engine, batch: BatchEngine) -> None:
    sampling = Sampling(30, temperature=0.9, top_k=100, top_p=1, seed=7)
    for tokens in PROMPTS[:3]:
        (events,) = together(batch, [(tokens, sampling)], reuse=False)
        assert text(events) == alone(engine, tokens, sampling)[0]


def test_every_piece_tells_how_far_the_writing_is_and_the_last_one_agrees_with_the_figures(
    engine: Engine, batch: BatchEngine
) -> None:
    sampling = Sampling(30, temperature=0.9, top_k=100, top_p=1, seed=7)
    (told,) = together(batch, [(PROMPTS[0], sampling)])
    both: list[list[Event | Failed]] = [told, [*engine.generate(PROMPTS[0], sampling, 1, reuse=False)]]
    for events in both:
        paces = [event.pace for event in events if isinstance(event, Text)]
        counts = [pace.n_out for pace in paces if pace]
        assert len(counts) == len(paces) > 20
        assert counts == sorted(counts)
        assert paces[-1] and paces[-1].decode_tok_s == done(events).timing.decode_tok_s


def test_what_prompts_have_in_common_is_read_once(batch: BatchEngine) -> None:
    together(batch, [([1, *range(300, 400)], GREEDY)] * PLACES, reuse=False)
    told = together(batch, [(tokens, GREEDY) for tokens in [*PROMPTS, *PROMPTS]])
    reused = [done(events).timing.n_prompt_reused or 0 for events in told]
    # All begin with a BOS, which is in the cache already.
    assert reused[0] == 1
    assert min(reused[1:]) == len(COMMON)
    # The same prompt once more: all but its end, as long as it is still in the cache.
    assert together(batch, [(PROMPTS[-1], GREEDY)])[0][0] == PromptProgress(140 + 1, 140 + 1)
    assert done(together(batch, [(PROMPTS[-1], GREEDY)])[0]).timing.n_prompt_reused == 141 - SHORTEST_PIECE


def test_without_reuse_nobody_waits_for_another(batch: BatchEngine) -> None:
    told = together(batch, [(PROMPTS[0], GREEDY)] * PLACES, reuse=False)
    assert [done(events).timing.n_prompt_reused for events in told] == [0] * PLACES
    assert len({text(events) for events in told}) == 1


def test_a_place_is_taken_at_once_and_waiting_is_not_counted_as_answering(batch: BatchEngine) -> None:
    told = together(batch, [(tokens, GREEDY) for tokens in PROMPTS[: PLACES + 1]], reuse=False)
    *first, last = (done(events) for events in told)
    assert max(one.waited_s for one in first) < last.waited_s
    assert last.timing.e2e_s < last.waited_s + min(one.timing.e2e_s or 0 for one in first)


def test_each_stops_for_its_own_reason(engine: Engine, batch: BatchEngine) -> None:
    whole = alone(engine, PROMPTS[0], GREEDY)[0]
    stop = whole[9:12]
    long = [1] + [300] * 499
    asked = [
        (PROMPTS[0], replace(GREEDY, stop=(stop,))),
        (PROMPTS[1], replace(GREEDY, max_tokens=3)),
        (long, replace(GREEDY, max_tokens=100)),
        (PROMPTS[2], replace(GREEDY, max_tokens=30, grammar=choice_grammar(7, 3))),
    ]
    stopped, short, full, chosen = together(batch, asked)
    assert (text(stopped), done(stopped).stop_reason) == (whole[: whole.index(stop)], "stop")
    assert (done(short).timing.n_out, done(short).stop_reason) == (3, "max_tokens")
    assert (done(full).timing.n_out, done(full).stop_reason) == (512 - len(long) + 1, "context")
    assert text(chosen).startswith("[") and done(chosen).stop_reason == "end"


def test_what_is_wrong_with_one_question_spares_the_others(engine: Engine, batch: BatchEngine) -> None:
    asked = [
        (PROMPTS[0], GREEDY),
        (PROMPTS[1], replace(GREEDY, grammar="nonsense")),
        ([], GREEDY),
        ([1] + [300] * 600, GREEDY),
        (PROMPTS[2], GREEDY),
    ]
    good, *bad, other = together(batch, asked)
    reasons = [event.reason for events in bad for event in events if isinstance(event, Failed)]
    assert ["grammar" in reasons[0], "empty" in reasons[1], "601 tokens, and 512" in reasons[2]] == [True] * 3
    assert text(good) == alone(engine, PROMPTS[0], GREEDY)[0]
    assert text(other) == alone(engine, PROMPTS[2], GREEDY)[0]


def test_who_is_dropped_ends_and_the_others_say_the_same(engine: Engine, batch: BatchEngine) -> None:
    asked = [(tokens, GREEDY) for tokens in PROMPTS[:6]]
    for dropped in (0, 5):
        told = together(batch, asked, drop=dropped)
        assert done(told[dropped]).stop_reason == "cancelled"
        assert done(told[dropped]).timing.n_out < GREEDY.max_tokens
        for index, (tokens, _) in enumerate(asked):
            if index != dropped:
                assert text(told[index]) == alone(engine, tokens, GREEDY)[0]


def test_a_step_that_is_aborted_is_done_once_more(
    engine: Engine, batch: BatchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for question, tokens in enumerate(PROMPTS[:2]):
        batch.add(question, tokens, GREEDY, reuse=False)
    told: list[list[Event | Failed]] = [[], []]
    steps = 0
    while not batch.idle:
        steps += 1
        with monkeypatch.context() as patch:
            if steps % 2:
                # The flag is up while llama.cpp computes.
                patch.setattr(batch, "clear_cancel", batch.cancel)
            events = list(batch.step())
        assert not (steps % 2 and events)
        for question, event in events:
            told[question].append(event)
    assert [text(events) for events in told] == [alone(engine, tokens, GREEDY)[0] for tokens in PROMPTS[:2]]


def test_answers_go_on_when_one_in_their_midst_has_ended(engine: Engine, batch: BatchEngine) -> None:
    asked = [
        (tokens, replace(GREEDY, max_tokens=n)) for tokens, n in zip(PROMPTS, (20, 2, 9, 20), strict=False)
    ]
    told = together(batch, asked)
    assert [text(events) for events in told] == [alone(engine, *one)[0] for one in asked]
    # What moved is found where it is now.
    assert done(together(batch, [(PROMPTS[3], GREEDY)])[0]).timing.n_prompt_reused == 141 - SHORTEST_PIECE


def test_a_block_of_reasoning_that_is_closed_leaves_a_prompt_less_room_in_the_batch(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_scripted_model(tmp_path / "m.gguf", "<think> and on", tags=("<think>",), ends=False)
    batch = BatchEngine(tmp_path / "m.gguf", 2048, 2, lambda fraction: None)
    run, sizes = batch._run, list[int]()

    def note_size(one: llama_cpp.llama_batch) -> bool:
        sizes.append(one.n_tokens)
        # llama.cpp ends the process over more.
        assert one.n_tokens <= batch._n_batch
        return run(one)

    monkeypatch.setattr(batch, "_run", note_size)
    thinks = replace(GREEDY, max_tokens=3, max_reasoning=1)
    thought, read = together(batch, [([1, 50, 51], thinks), ([1] + [60] * 1900, GREEDY)])
    assert done(thought).timing.n_reasoning == 1
    assert done(read).timing.n_prompt == 1901
    assert max(sizes) == batch._n_batch
