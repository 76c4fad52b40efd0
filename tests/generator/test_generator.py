"""The Generator: right answers with their figures, within the room there is."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from config import ModelSpec, Settings
from config.errors import ModelUnavailable, PromptTooLong
from config.machine import usable_cores
from generator import Answer, Done, Generator, Loading, PromptProgress, Text
from generator.cores import CoreShare
from generator.events import Message
from generator.llama.llama_model import SHORTEST_PIECE
from retriever.passage import Match
from tests.generator.asking import QUESTION

Start = Callable[..., Generator]
MakeMatch = Callable[..., Match]


@pytest.mark.parametrize("family", ["llama", "mistral", "mixtral"])
def test_an_answer_is_what_was_streamed_with_its_figures(
    family: str, start: Start, matches: list[Match]
) -> None:
    generator = start(family)
    *events, answer = generator.stream(QUESTION, matches, sharing=2)
    assert isinstance(answer, Answer)
    assert isinstance(events[0], Loading)
    kinds = [type(event) for event in events]
    assert kinds == sorted(kinds, key=[Loading, PromptProgress, Text].index)
    streamed = "".join(event.text for event in events if isinstance(event, Text))
    assert answer.text == streamed.rstrip() != ""
    assert (answer.model, answer.question, answer.matches) == (f"tiny-{family}", QUESTION, tuple(matches))
    assert (answer.dropped, answer.mode, answer.shared) == (0, "interactive", True)
    assert answer.load_s > 0
    assert 0 <= answer.queue_s < answer.load_s
    assert answer.timing.e2e_s is not None
    assert answer.predicted_bytes == generator.predicted.writing
    assert answer.memory.weights == pytest.approx(generator.predicted.weights, abs=0.01 * 2**20)
    assert answer.memory.peak_rss > answer.memory.weights + answer.memory.kv_cache
    assert generator.answer(QUESTION, matches, sharing=2).text == answer.text


def test_interactive_answers_reuse_the_prompt_and_measured_ones_never(
    start: Start, matches: list[Match]
) -> None:
    generator = start()
    generator.answer(QUESTION, matches)
    warm = generator.answer(QUESTION, matches)
    assert warm.timing.n_prompt_reused == warm.timing.n_prompt - SHORTEST_PIECE
    other = generator.answer("Is it small?", matches)
    # The reviews come first, and are the same.
    assert 0.5 < other.timing.n_prompt_reused / other.timing.n_prompt < 1
    measured = generator.answer(QUESTION, matches, mode="measured")
    assert (measured.mode, measured.timing.n_prompt_reused) == ("measured", 0)
    assert measured.text == warm.text


def test_models_that_answer_together_share_the_cores(start: Start, matches: list[Match]) -> None:
    cores = usable_cores()
    generator = start(max_tokens=1)
    for sharing in (1, 2, 3, cores + 1, 1000):
        answer = generator.answer(QUESTION, matches, sharing=sharing)
        assert answer.timing.threads == max(1, cores // sharing)
        assert answer.shared == (sharing > 1)
    assert cores <= len(os.sched_getaffinity(0))


def test_a_model_has_no_more_threads_than_its_settings_say(start: Start) -> None:
    share = CoreShare()
    answer = start(max_tokens=1, threads=1).answer(QUESTION, [], sharing=share)
    assert (answer.timing.threads, share.threads) == (1, 1)
    answer = start(max_tokens=1, threads=1024).answer(QUESTION, [])
    assert answer.timing.threads == usable_cores()


def test_loading_ahead_is_not_done_twice(start: Start, matches: list[Match]) -> None:
    generator = start()
    assert generator.pid is None
    generator.load()
    pid = generator.pid
    assert pid is not None
    assert not any(isinstance(event, Loading) for event in generator.stream(QUESTION, matches, sharing=2))
    assert generator.pid == pid


def test_without_passages_the_question_is_asked_all_the_same(start: Start) -> None:
    answer = start().answer(QUESTION, [], sharing=2)
    assert (answer.matches, answer.dropped) == ((), 0)
    assert answer.text


def test_a_missing_file_is_told_before_anything_is_started(start: Start) -> None:
    with pytest.raises(ModelUnavailable, match=r"no file .*absent\.gguf"):
        start(file="absent.gguf")


def test_a_file_that_llama_cpp_refuses_is_unavailable_at_once(
    start: Start, tiny_settings: Settings, tmp_path: Path
) -> None:
    whole = (tiny_settings.models_folder / "tiny-llama.gguf").read_bytes()
    (tmp_path / "broken.gguf").write_bytes(whole.replace(b"blk.0.ffn_up", b"blk.0.ffn_xp"))
    with pytest.raises(ModelUnavailable, match="ffn_up"):
        start(file=str(tmp_path / "broken.gguf"))


def test_a_file_that_is_damaged_later_is_unavailable_each_time(
    start: Start, tiny_settings: Settings, tmp_path: Path
) -> None:
    whole = (tiny_settings.models_folder / "tiny-llama.gguf").read_bytes()
    (tmp_path / "broken.gguf").write_bytes(whole)
    generator = start(file=str(tmp_path / "broken.gguf"))
    (tmp_path / "broken.gguf").write_bytes(whole.replace(b"blk.0.ffn_up", b"blk.0.ffn_xp"))
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match="ffn_up"):
            generator.answer(QUESTION, [])
    assert generator.pid is None


@pytest.mark.parametrize("force", [False, True])
def test_a_file_that_is_deleted_before_it_is_loaded_is_told_with_what_to_do(
    force: bool, make_spec: Callable[..., ModelSpec], tiny_settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "leaving.gguf"
    file.write_bytes((tiny_settings.models_folder / "tiny-llama.gguf").read_bytes())
    with Generator(make_spec(file=str(file)), tiny_settings, force) as generator:
        file.unlink()
        with pytest.raises(ModelUnavailable, match=r"leaving\.gguf of tiny-llama is no longer there"):
            generator.load()


def test_generate_continues_a_conversation(start: Start) -> None:
    generator = start()

    def say(messages: Sequence[Message], stop: Sequence[str] = ()) -> tuple[str, Done]:
        *events, done = generator.generate(messages, stop=stop, sharing=2)
        assert isinstance(done, Done)
        return "".join(event.text for event in events if isinstance(event, Text)), done

    turns = [Message("user", "Is it loud?")]
    text, first = say(turns)
    _, second = say([*turns, Message("assistant", text), Message("user", "And small?")])
    assert second.timing.n_prompt > first.timing.n_prompt
    # What was said before is in the cache.
    assert second.timing.n_prompt_reused > first.timing.n_prompt / 2
    stopped, done = say(turns, stop=[text[3:6]])
    assert (stopped, done.stop_reason) == (text[: text.index(text[3:6])], "stop")


def long_matches(make_match: MakeMatch, count: int) -> list[Match]:
    return [make_match(rank, f"review number {rank} says " + "so " * 40) for rank in range(count)]


def test_the_lowest_ranked_passages_are_dropped_until_there_is_room(
    start: Start, make_match: MakeMatch
) -> None:
    matches = long_matches(make_match, 12)
    # Of 1,024 tokens, a quarter at most is kept for the answer.
    generator = start(n_ctx=1024, max_tokens=2000)
    answer = generator.answer(QUESTION, matches, sharing=2)
    kept = len(answer.matches)
    assert 1 <= kept < 12
    assert answer.matches == tuple(matches[:kept])
    assert answer.dropped == 12 - kept
    assert answer.timing.n_prompt <= 768
    # One more would not have fitted: in a larger context it goes over the line.
    roomy = start(n_ctx=4096, max_tokens=1)
    assert roomy.answer(QUESTION, matches[: kept + 1], sharing=2).timing.n_prompt > 768
    assert roomy.answer(QUESTION, matches, sharing=2).dropped == 0


def test_a_question_that_leaves_no_room_for_one_passage_is_too_long(
    start: Start, make_match: MakeMatch
) -> None:
    generator = start(n_ctx=512)
    with pytest.raises(PromptTooLong, match=r"room for 500\. .* models\.tiny-llama\.n_ctx"):
        generator.answer("loud? " * 400, long_matches(make_match, 2))
    assert generator.answer(QUESTION, [], sharing=2).text


def test_a_conversation_without_room_is_too_long(start: Start) -> None:
    generator = start(n_ctx=256)
    with pytest.raises(PromptTooLong, match="context of 256"):
        list(generator.generate([Message("user", "loud? " * 400)]))
