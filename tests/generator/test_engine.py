"""The engine in this very process, against llama.cpp's own counters and against itself."""

from collections.abc import Callable, Iterator
from pathlib import Path

import llama_cpp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.events import Done, PromptProgress, Sampling, Text
from generator.llama.engine import Engine
from generator.llama.engine_log import EngineError
from generator.llama.llama_model import BATCH, SHORTEST_PIECE, piece_of

BOS, FIRST_WORD = 1, 259

words = st.integers(FIRST_WORD, FIRST_WORD + 700)
prompts = st.lists(words, max_size=40).map(lambda rest: [BOS, *rest])


@pytest.fixture(scope="module")
def engine(tiny_file: Callable[[str], Path]) -> Iterator[Engine]:
    engine = Engine(tiny_file("mistral"), 2048, lambda fraction: None)
    yield engine
    # llama.cpp would go on to call the log of an engine that is gone.
    llama_cpp.llama_log_set(llama_cpp.llama_log_callback(0), None)


def greedy(max_tokens: int) -> Sampling:
    return Sampling(max_tokens=max_tokens, temperature=0, top_k=1, top_p=1, seed=0)


def ask(
    engine: Engine, tokens: list[int], sampling: Sampling, *, reuse: bool = False, threads: int = 1
) -> tuple[str, Done]:
    *events, done = engine.generate(tokens, sampling, threads, reuse)
    assert isinstance(done, Done)
    return "".join(event.text for event in events if isinstance(event, Text)), done


@given(
    before=prompts,
    tokens=prompts | st.integers(2, 3 * BATCH).map(lambda length: [BOS] + [FIRST_WORD] * (length - 1)),
    max_tokens=st.integers(1, 20),
    temperature=st.sampled_from([0, 0.7, 2]),
    seed=st.integers(0, 1000),
    reuse=st.booleans(),
)
@settings(max_examples=60)
def test_token_counts_equal_llama_cpps_own(
    engine: Engine, before: list[int], tokens: list[int], max_tokens: int,
    temperature: float, seed: int, reuse: bool,
) -> None:  # fmt: skip
    ask(engine, before, greedy(3))
    llama_cpp.llama_perf_context_reset(engine._context)
    sampling = Sampling(max_tokens, temperature, top_k=1000, top_p=1, seed=seed)
    _, done = ask(engine, tokens, sampling, reuse=reuse)
    counted = llama_cpp.llama_perf_context(engine._context)

    timing = done.timing
    assert timing.n_prompt == len(tokens)
    assert timing.n_prompt is not None and timing.n_prompt_reused is not None and timing.n_out is not None
    read = timing.n_prompt - timing.n_prompt_reused
    # The last token of an answer that was cut short is never run through the model; that of an answer
    # which ends by itself is, to find the end token.
    run = timing.n_out if done.stop_reason == "end" else timing.n_out - 1
    # llama.cpp counts as "prompt" what is decoded together, and as "eval" what is decoded alone: so is
    # a prompt of which one token is left to read. And it never says 0, but 1, to spare a division.
    if read == 1:
        read, run = 0, run + 1
    assert counted.n_p_eval == max(1, read)
    assert counted.n_eval == max(1, run)


@given(st.lists(st.tuples(prompts, st.integers(0, 41), st.integers(1, 6)), min_size=2, max_size=5))
@settings(max_examples=30)
def test_reuse_changes_no_answer_and_counts_the_common_beginning(
    engine: Engine, questions: list[tuple[list[int], int, int]]
) -> None:
    asked: list[list[int]] = []
    for rest, kept, _ in questions:
        beginning = asked[-1][:kept] if asked else []
        asked.append([BOS, *beginning[1:], *rest[1:]])
    afresh = [ask(engine, tokens, greedy(n))[0] for tokens, (_, _, n) in zip(asked, questions, strict=True)]

    ask(engine, [BOS], greedy(1))
    previous = [BOS]
    for tokens, (_, _, n), expected in zip(asked, questions, afresh, strict=True):
        text, done = ask(engine, tokens, greedy(n), reuse=True)
        assert text == expected
        common = next(
            (i for i, (a, b) in enumerate(zip(tokens, previous, strict=False)) if a != b),
            min(len(tokens), len(previous)),
        )
        # The end is always read; and behind the whole prompt lies the answer, in the cache too.
        reused = done.timing.n_prompt_reused
        assert reused >= min(common, max(0, len(tokens) - SHORTEST_PIECE))
        assert reused < len(tokens)
        if common < len(previous):
            assert reused == min(common, max(0, len(tokens) - SHORTEST_PIECE))
        previous = tokens


def test_without_reuse_nothing_is_reused(engine: Engine) -> None:
    tokens = [BOS, *range(300, 310)]
    ask(engine, tokens, greedy(2), reuse=True)
    assert ask(engine, tokens, greedy(2), reuse=True)[1].timing.n_prompt_reused == 3
    assert ask(engine, tokens, greedy(2), reuse=False)[1].timing.n_prompt_reused == 0


def test_the_same_seed_says_the_same_and_another_something_else(engine: Engine) -> None:
    def say(seed: int) -> str:
        return ask(engine, [BOS, 300], Sampling(20, 1, top_k=1000, top_p=1, seed=seed))[0]

    assert say(1) == say(1)
    assert len({say(seed) for seed in range(5)}) == 5


def test_a_temperature_of_zero_is_the_likeliest_token_whatever_the_seed(engine: Engine) -> None:
    said = {ask(engine, [BOS, 300], Sampling(20, 0, 1000, 1, seed))[0] for seed in range(3)}
    assert said == {ask(engine, [BOS, 300], Sampling(20, 1, top_k=1, top_p=1, seed=0))[0]}


def test_the_prompt_is_read_in_batches_with_progress(engine: Engine) -> None:
    tokens = [BOS] + [FIRST_WORD] * (2 * BATCH)
    events = list(engine.generate(tokens, greedy(1), 1, False))
    assert [event for event in events if isinstance(event, PromptProgress)] == [
        PromptProgress(BATCH, len(tokens)),
        PromptProgress(2 * BATCH - SHORTEST_PIECE, len(tokens)),
        PromptProgress(len(tokens), len(tokens)),
    ]


def test_threads_are_set_for_each_question(engine: Engine) -> None:
    for threads in (1, 2, 1):
        _, done = ask(engine, [BOS, 300], greedy(2), threads=threads)
        assert llama_cpp.llama_n_threads(engine._context) == threads
        assert llama_cpp.llama_n_threads_batch(engine._context) == threads
        assert done.timing.threads == threads


def test_figures_hang_together(engine: Engine) -> None:
    text, done = ask(engine, [BOS, 300], greedy(20))
    timing, memory = done.timing, done.memory
    assert text
    assert timing.ttft_s is not None
    assert timing.e2e_s is not None
    assert 0 < timing.ttft_s < timing.e2e_s
    assert timing.ttfo_s == timing.ttft_s
    assert memory.weights > 0
    assert memory.kv_cache > 0
    assert memory.compute > 0
    # Asking again takes no new buffers.
    assert ask(engine, [BOS, 300], greedy(20))[1].memory.compute == memory.compute


def test_what_llama_cpp_refuses_is_an_error_and_the_next_prompt_is_read(engine: Engine) -> None:
    expected = ask(engine, [BOS, 300], greedy(5))[0]
    with pytest.raises(EngineError, match="empty"):
        ask(engine, [], greedy(5))
    with pytest.raises(EngineError, match="status"):
        ask(engine, [BOS] + [FIRST_WORD] * 3000, greedy(5))
    assert ask(engine, [BOS, 300], greedy(5), reuse=True)[0] == expected


@given(n_tokens=st.integers(0, 3000), most=st.integers(1, 600))
def test_no_prompt_ends_in_a_piece_too_short(n_tokens: int, most: int) -> None:
    unread, pieces = list(range(n_tokens)), []
    while unread:
        pieces.append(list(piece_of(unread, most)))
        assert 0 < len(pieces[-1]) <= most
        unread = unread[len(pieces[-1]) :]
    assert [token for piece in pieces for token in piece] == list(range(n_tokens))
    if most >= 2 * SHORTEST_PIECE and n_tokens >= SHORTEST_PIECE:
        assert len(pieces[-1]) >= SHORTEST_PIECE
