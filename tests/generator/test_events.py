"""What crosses the process border comes out as it went in; and the figures are what they are called."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.events import (
    Done,
    Failed,
    Loaded,
    Loading,
    PromptProgress,
    Reasoning,
    Reply,
    Text,
    TextWasReasoning,
    Tokenized,
    from_line,
    to_line,
)
from generator.measured import Counters, Memory, Pace, Timing

counts = st.integers(0, 2**63)
seconds = st.none() | st.floats(0, 1e6)
timings = st.builds(
    Timing,
    ttft_s=seconds, ttfo_s=seconds, e2e_s=seconds,
    n_prompt=counts, n_prompt_reused=counts, n_out=counts, threads=counts, n_reasoning=counts,
)  # fmt: skip
memories = st.builds(
    Memory, peak_rss=counts, pss=st.none() | counts, weights=counts, kv_cache=counts, compute=counts
)
counters = st.builds(
    Counters, read_s=st.floats(0, 1e6), written_s=st.floats(0, 1e6), read=counts, written=counts
)
paces = st.builds(Pace, n_out=counts, seconds=st.floats(0, 1e6))
reasons = st.sampled_from(["end", "stop", "max_tokens", "context", "cancelled", "error"])
replies: st.SearchStrategy[Reply] = st.one_of(
    st.builds(Loading, st.floats(0, 1)),
    st.builds(Loaded, n_ctx=counts, chat=st.booleans()),
    st.builds(Tokenized, st.lists(counts)),
    st.builds(PromptProgress, done=counts, total=counts),
    st.builds(Text, st.text(), st.none() | paces),
    st.builds(Reasoning, st.text(), st.none() | paces),
    st.just(TextWasReasoning()),
    st.builds(Done, stop_reason=reasons, timing=timings, memory=memories, counters=st.none() | counters),
    st.builds(Failed, st.text()),
)


@given(st.integers(0), replies)
def test_a_reply_crosses_as_one_line_and_comes_out_the_same(question: int, reply: Reply) -> None:
    line = to_line(question, reply)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert from_line(line) == (question, reply)
    # Equal are also pieces that were written at another pace.
    assert getattr(from_line(line)[1], "pace", None) == getattr(reply, "pace", None)


GOLDEN = Timing(
    ttft_s=0.5, ttfo_s=0.5, e2e_s=2.5, n_prompt=110, n_prompt_reused=10, n_out=5, threads=2
)  # fmt: skip


def test_golden_figures() -> None:
    assert GOLDEN.tpot_s == 0.5
    assert GOLDEN.decode_tok_s == 2
    assert GOLDEN.prefill_tok_s == 200
    assert GOLDEN.e2e_tok_s == 2
    assert Pace(5, 2.0).decode_tok_s == GOLDEN.decode_tok_s


@pytest.mark.parametrize("n_out", [0, 1])
def test_one_token_has_no_time_between_tokens(n_out: int) -> None:
    timing = Timing(0.5, 0.5, 0.5, n_prompt=10, n_prompt_reused=0, n_out=n_out, threads=1)
    assert timing.tpot_s is None
    assert timing.decode_tok_s is None
    assert Pace(n_out, 0.0).decode_tok_s is None


def test_without_text_there_are_no_times() -> None:
    timing = Timing(None, None, None, n_prompt=10, n_prompt_reused=0, n_out=3, threads=1)
    assert timing.tpot_s is timing.decode_tok_s is timing.prefill_tok_s is timing.e2e_tok_s is None


def test_all_text_in_one_piece_divides_by_no_zero() -> None:
    timing = Timing(0.5, 0.5, 0.5, n_prompt=10, n_prompt_reused=0, n_out=3, threads=1)
    assert timing.tpot_s == 0
    assert timing.decode_tok_s is None


@given(
    ttft=st.floats(1e-4, 1e3), writing=st.floats(1e-4, 1e4), n_out=st.integers(2, 10**5),
)  # fmt: skip
def test_latency_is_first_token_plus_time_per_further_token(ttft: float, writing: float, n_out: int) -> None:
    timing = Timing(ttft, ttft, ttft + writing, n_prompt=1, n_prompt_reused=0, n_out=n_out, threads=1)
    assert timing.tpot_s is not None
    assert timing.decode_tok_s is not None
    assert math.isclose(ttft + writing, ttft + timing.tpot_s * (n_out - 1))
    assert math.isclose(timing.decode_tok_s * timing.tpot_s, 1)


def test_the_rest_is_what_no_buffer_explains() -> None:
    memory = Memory(peak_rss=1000, pss=900, weights=600, kv_cache=100, compute=50)
    assert memory.rest == 250
