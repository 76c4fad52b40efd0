"""The load test: its figures by hand, and its clients against a real server and a real model."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.load.goodput import (
    Level,
    Limits,
    Percentiles,
    Sample,
    in_a_sentence,
    people_served,
    summarise_level,
)
from compare.load.load import Extent, load_level
from config import ModelSpec, Settings
from generator import Generator
from tests.compare.plans import make_task
from tests.generator.strange_server import DONE, StrangeServer, event, refuses, streams, usage_event
from tests.scripted_model import write_scripted_model

LIMITS = Limits(ttft_s=2, tpot_s=0.2)
TASKS = [make_task(product) for product in ("B01", "B02", "B03")]


def test_the_figures_of_a_level_by_hand() -> None:
    samples = [
        Sample(ttft_s=1, queue_s=0.5, latency_s=3, tokens=11),  # 0.2 s a token: just within
        Sample(ttft_s=1, queue_s=0.0, latency_s=3.2, tokens=11),  # too slow a token
        Sample(ttft_s=2.1, queue_s=2.0, latency_s=2.1, tokens=1),  # too late a word
        Sample(ttft_s=0.1, queue_s=0.0, latency_s=0.1, tokens=1),  # one token has no time per token
        Sample(failed="It broke."),
        Sample(failed="It broke."),
    ]
    level = summarise_level(3, samples, duration_s=10, limits=LIMITS)
    assert (level.clients, level.requests, level.failed, level.reasons) == (3, 6, 2, ("It broke.",))
    assert level.ttft.p50 == 1 and level.queue.p50 == 0.25
    tpot = (level.tpot.p50, level.tpot.p90, level.tpot.p99)
    assert tpot == pytest.approx((0.21, 0.218, 0.2198))
    assert (level.answers_per_s, level.tokens_per_s, level.goodput_per_s) == (0.4, 2.4, 0.2)
    assert level.within == pytest.approx(2 / 6)


def test_tokens_that_a_server_does_not_count_are_not_made_up() -> None:
    level = summarise_level(1, [Sample(1, 0, 2, None), Sample(1, 0, 2, 5)], 10, LIMITS)
    assert level.tokens_per_s is None
    assert level.tpot.p50 == 0.25
    assert summarise_level(1, [Sample(failed="x")], 1, LIMITS).ttft == Percentiles(None, None, None)


times = st.floats(0, 10, allow_nan=False)


@given(
    st.lists(
        st.builds(
            lambda first, more, tokens, failed: Sample(first, first / 2, first + more, tokens, failed),
            times, times, st.none() | st.integers(0, 50), st.sampled_from(["", "", "broke"]),
        ),
        min_size=1,
    ),
    st.floats(0.1, 100),
)  # fmt: skip
def test_goodput_is_a_part_of_what_was_answered(samples: list[Sample], duration_s: float) -> None:
    level = summarise_level(1, samples, duration_s, LIMITS)
    assert 0 <= level.goodput_per_s <= level.answers_per_s * (1 + 1e-9)
    assert level.goodput_per_s == pytest.approx(level.within * level.requests / duration_s)
    assert level.failed == sum(bool(sample.failed) for sample in samples)
    generous = summarise_level(1, samples, duration_s, Limits(100, 100))
    assert generous.goodput_per_s == generous.answers_per_s >= level.goodput_per_s


def level(clients: int, within: float) -> Level:
    samples = [Sample(1, 0, 1, 1)] * round(within * 100) + [Sample(9, 0, 9, 1)] * round((1 - within) * 100)
    return summarise_level(clients, samples, 10, LIMITS)


@pytest.mark.parametrize(
    ("levels", "people", "words"),
    [
        ([level(1, 1), level(2, 0.95), level(4, 0.4)], 2, "2 people .* with 4, 40% of the requests"),
        ([level(1, 1), level(2, 0.5), level(4, 0.95)], 1, "1 person .* with 2, 50%"),
        ([level(4, 0.93), level(1, 1)], 4, "At least 4 people .* more were not tried"),
        ([level(1, 0.2), level(2, 0.1)], 0, "Nobody .* with 1, 20%"),
    ],
)
def test_how_many_people_are_served(levels: list[Level], people: int, words: str) -> None:
    assert people_served(levels) == people
    assert re.search(words, in_a_sentence(levels, LIMITS))


@pytest.fixture
def server() -> Iterator[StrangeServer]:
    server = StrangeServer()
    server.replies = [
        streams(
            event("Yes"), event(" it"), event(" is."), event(finish="stop"),
            usage_event({"prompt_tokens": 9, "completion_tokens": 3}), DONE, pause_s=0.05,
        )
    ]  # fmt: skip
    yield server
    server.stop()


def far(server: StrangeServer, home: Path, concurrency: int) -> Generator:
    spec = {"name": "far", "kind": "openai", "url": server.url, "served_model": "m"}
    return Generator(ModelSpec.model_validate(spec | {"concurrency": concurrency}), Settings(home=home))


def test_clients_ask_as_fast_as_they_are_answered(server: StrangeServer, tmp_path: Path) -> None:
    with far(server, tmp_path, 4) as generator:
        samples, duration_s = load_level(generator, TASKS, 4, Extent(12))
    assert len(samples) == len(server.asked) == 12
    # One after the other they would take as long as all latencies together.
    assert duration_s < 0.6 * sum(sample.latency_s for sample in samples)
    for sample in samples:
        assert not sample.failed and sample.tokens == 3
        assert sample.tpot_s > 0
        assert sample.ttft_s + 2 * sample.tpot_s == pytest.approx(sample.latency_s)
    # Each request has a seed of its own.
    assert {body["seed"] for body in server.asked} == set(range(12))


def test_the_queue_is_a_part_of_the_wait_for_the_first_word(server: StrangeServer, tmp_path: Path) -> None:
    with far(server, tmp_path, 1) as generator:
        samples, _ = load_level(generator, TASKS, 3, Extent(6))
    waited = sorted(sample.queue_s for sample in samples)
    assert waited[-1] - waited[0] > 0.2
    assert all(sample.queue_s < sample.ttft_s for sample in samples)


def test_a_level_may_last_so_many_seconds(server: StrangeServer, tmp_path: Path) -> None:
    with far(server, tmp_path, 2) as generator:
        samples, duration_s = load_level(generator, TASKS, 2, Extent(1, seconds=1.5))
    assert duration_s >= 1.5
    assert len(samples) >= 2


def test_failures_are_counted_and_a_client_gives_up_in_the_end(server: StrangeServer, tmp_path: Path) -> None:
    good = server.replies[0]
    server.replies = [good, refuses(500), good, refuses(500)]
    with far(server, tmp_path, 1) as generator:
        begun = time.perf_counter()
        samples, _ = load_level(generator, TASKS, 1, Extent(1, seconds=60))
    assert time.perf_counter() - begun < 30
    assert [bool(sample.failed) for sample in samples] == [False, True, False, True, True, True]
    assert "500" in samples[1].failed


def test_a_local_model_answers_its_clients_in_one_batch(tmp_path: Path) -> None:
    write_scripted_model(tmp_path / "m.gguf", "It is good [1].")
    spec = ModelSpec(name="m", file=str(tmp_path / "m.gguf"), n_ctx=2048)
    with Generator(spec, Settings(home=tmp_path), at_once=2) as generator:
        samples, _ = load_level(generator, TASKS, 3, Extent(6))
    assert [sample.failed for sample in samples] == [""] * 6
    assert {sample.tokens for sample in samples} == {4}
