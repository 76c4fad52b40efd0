"""A model behind a server: what it says and counts, as our events and figures."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from langchain_core.messages import AIMessage

from config.errors import PromptTooLong
from generator import Answer, Generator, PromptProgress, Text
from generator.events import Message
from generator.langchain import GeneratorChatModel
from retriever.passage import Match
from tests.generator.asking import QUESTION
from tests.generator.strange_server import (
    DONE,
    USAGE,
    Handler,
    StrangeServer,
    event,
    refuses,
    says,
    streams,
    too_long,
    usage_event,
)

Ask = Callable[..., Generator]


def test_an_answer_with_the_counts_of_the_server(
    start_remote: Ask, strange_server: StrangeServer, matches: list[Match]
) -> None:
    strange_server.replies = [
        streams(
            event("\n Not"), event(" loud [1]."), event(finish="stop"), usage_event(USAGE), DONE, pause_s=0.02
        )
    ]
    *events, answer = start_remote().stream(QUESTION, matches, sharing=2)
    assert isinstance(answer, Answer)
    assert isinstance(events[0], PromptProgress)
    assert [piece.text for piece in events if isinstance(piece, Text)] == ["Not", " loud [1]."]
    assert (answer.text, answer.citations, answer.stop_reason) == ("Not loud [1].", (1,), "end")
    timing = answer.timing
    assert (timing.n_prompt, timing.n_prompt_reused, timing.n_out, timing.threads) == (110, 10, 5, None)
    assert timing.ttft_s is not None and timing.e2e_s is not None
    assert timing.ttft_s == timing.ttfo_s
    # The second piece was sent 0.02 s after the first.
    assert 0.01 <= timing.e2e_s - timing.ttft_s < 1
    assert timing.tpot_s == pytest.approx((timing.e2e_s - timing.ttft_s) / 4)
    assert timing.prefill_tok_s == pytest.approx(100 / timing.ttft_s)
    assert (answer.memory, answer.predicted_bytes, answer.load_s) == (None, None, None)


def test_a_server_that_counts_as_it_writes_tells_its_pace(
    start_remote: Ask, strange_server: StrangeServer
) -> None:
    counted = [{"prompt_tokens": 9, "completion_tokens": count} for count in (1, 3)]
    first, second, last = event("Not", usage=counted[0]), event(" loud", usage=counted[1]), event(" at all.")
    strange_server.replies = [streams(first, second, last, event(finish="stop"), DONE, pause_s=0.1)]
    pieces = [piece for piece in start_remote().stream(QUESTION, []) if isinstance(piece, Text)]
    speeds = [piece.pace and piece.pace.decode_tok_s for piece in pieces]
    assert speeds[0] is None and speeds[2] is None
    # Two tokens after the first, about 0.1 s after it.
    assert speeds[1] is not None and 2 < speeds[1] < 200


def test_what_is_asked(start_remote: Ask, strange_server: StrangeServer, matches: list[Match]) -> None:
    generator = start_remote(temperature=0.5, top_k=3, top_p=0.25, seed=7)
    generator.answer(QUESTION, matches)
    list(generator.generate([Message("user", "Hello")], stop=["\n"], mode="measured"))
    first, second = strange_server.asked
    assert {key: first[key] for key in ("model", "max_tokens", "temperature", "top_k", "top_p", "seed")} == {
        "model": "m", "max_tokens": 12, "temperature": 0.5, "top_k": 3, "top_p": 0.25, "seed": 7,
    }  # fmt: skip
    assert (first["stream"], first["stream_options"]) == (True, {"include_usage": True})
    assert [message["role"] for message in first["messages"]] == ["user"]
    assert "Not loud at all." in first["messages"][0]["content"]
    assert "Authorization" not in strange_server.headers[0]
    # Measured: nothing from a cache, where the server can be told.
    assert (first["cache_prompt"], second["cache_prompt"]) == (True, False)
    assert (second["messages"], second["stop"]) == ([{"role": "user", "content": "Hello"}], ["\n"])


@pytest.mark.parametrize(
    ("finish", "n_out", "more", "expected"),
    [
        ("stop", 5, {}, "end"),
        ("stop", 5, {"stop_reason": "\n"}, "stop"),
        ("stop", 5, {"stop_reason": 128001}, "end"),
        ("length", 12, {}, "max_tokens"),
        ("length", 5, {}, "context"),
        ("content_filter", 5, {}, "error"),
    ],
)
def test_stop_reasons(
    finish: str,
    n_out: int,
    more: dict[str, object],
    expected: str,
    start_remote: Ask,
    strange_server: StrangeServer,
) -> None:
    last = event(finish=finish)
    if more:
        last = last.replace(
            b'"finish_reason"', b'"stop_reason": ' + _json(more["stop_reason"]) + b', "finish_reason"'
        )
    usage = usage_event({"prompt_tokens": 9, "completion_tokens": n_out})
    strange_server.replies = [streams(event("Yes."), last, usage, DONE)]
    answer = start_remote().answer(QUESTION, [])
    assert (answer.stop_reason, answer.timing.n_out) == (expected, n_out)
    # A server that does not tell what it took from its cache: not known, and not nothing.
    assert (answer.timing.n_prompt_reused, answer.timing.prefill_tok_s) == (None, None)


def _json(value: object) -> bytes:
    return {"\n": b'"\\n"'}.get(str(value), str(value).encode())


def test_a_server_that_counts_nothing_leaves_the_counts_empty(
    start_remote: Ask, strange_server: StrangeServer
) -> None:
    strange_server.replies = [says("Yes,", " indeed.", usage=None)]
    answer = start_remote().answer(QUESTION, [])
    timing = answer.timing
    assert (timing.n_prompt, timing.n_prompt_reused, timing.n_out, timing.n_reasoning) == (
        None,
        None,
        None,
        0,
    )
    assert (timing.tpot_s, timing.decode_tok_s, timing.prefill_tok_s, timing.e2e_tok_s) == (None,) * 4
    assert (answer.text, answer.words) == ("Yes, indeed.", 2)
    assert answer.words_per_s
    message = GeneratorChatModel(generator=start_remote()).invoke("Is it loud?")
    assert isinstance(message, AIMessage)
    assert message.usage_metadata is None


def test_langchain_gets_the_counts_of_the_server(start_remote: Ask) -> None:
    message = GeneratorChatModel(generator=start_remote()).invoke("Is it loud?")
    assert isinstance(message, AIMessage)
    assert message.usage_metadata == {"input_tokens": 110, "output_tokens": 5, "total_tokens": 115}


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_is_the_first_token_but_not_the_first_of_the_answer(
    name: str, start_remote: Ask, strange_server: StrangeServer
) -> None:
    counted = USAGE | {"completion_tokens_details": {"reasoning_tokens": 3}}
    thought = event(**{name: "Hm."})
    strange_server.replies = [
        streams(thought, event("Yes."), event(finish="stop"), usage_event(counted), DONE, pause_s=0.05)
    ]
    answer = start_remote().answer(QUESTION, [])
    assert (answer.reasoning, answer.text, answer.timing.n_reasoning) == ("Hm.", "Yes.", 3)
    assert answer.timing.ttft_s is not None and answer.timing.ttfo_s is not None
    assert answer.timing.ttft_s + 0.03 <= answer.timing.ttfo_s


def test_an_answer_of_reasoning_alone_has_its_times(start_remote: Ask, strange_server: StrangeServer) -> None:
    thoughts = (event(reasoning_content="\n Hm,"), event(reasoning_content=" well."))
    cut = event(finish="length")
    strange_server.replies = [streams(*thoughts, cut, usage_event(USAGE), DONE, pause_s=0.02)]
    answer = start_remote().answer(QUESTION, [])
    assert (answer.reasoning, answer.text, answer.timing.ttfo_s) == ("Hm, well.", "", None)
    # As of a model of this machine: to the last piece of either.
    assert answer.timing.ttft_s is not None and answer.timing.e2e_s is not None
    assert answer.timing.ttft_s + 0.01 <= answer.timing.e2e_s
    assert answer.timing.decode_tok_s is not None


def test_reasoning_that_the_server_leaves_in_the_text_is_split_off_here(
    start_remote: Ask, strange_server: StrangeServer
) -> None:
    parts = map(event, ("<thi", "nk>Hm.</th", "ink>\n\nYes", "."))
    strange_server.replies = [streams(*parts, event(finish="stop"), DONE)]
    answer = start_remote().answer(QUESTION, [])
    assert (answer.reasoning, answer.text, answer.timing.n_reasoning) == ("Hm.", "Yes.", None)


def test_text_that_no_database_takes(start_remote: Ask, strange_server: StrangeServer) -> None:
    strange_server.replies = [streams(event("a\0b "), event("😀"), event(finish="stop"), DONE)]
    assert start_remote().answer(QUESTION, []).text == "ab 😀"


def test_half_of_a_surrogate_pair_is_asked_as_a_question_mark(
    start_remote: Ask, strange_server: StrangeServer
) -> None:
    assert start_remote().answer("Is it \udcff loud?", []).text == "Yes."
    assert "Is it ? loud?" in strange_server.asked[0]["messages"][0]["content"]


def test_a_prompt_that_the_server_finds_too_long_loses_its_last_passages(
    start_remote: Ask, strange_server: StrangeServer, make_match: Callable[..., Match]
) -> None:
    strange_server.replies = [too_long]
    answer = start_remote().answer(QUESTION, [make_match(number) for number in range(6)])
    assert (answer.text, len(answer.matches), answer.dropped) == ("Yes [3].", 3, 3)
    assert len(strange_server.asked) == 4
    strange_server.replies = [
        refuses(400, {"error": {"code": "context_length_exceeded", "message": "too much"}})
    ]
    with pytest.raises(PromptTooLong, match=r"no room for the prompt and an answer of 12 tokens: .*too much"):
        start_remote().answer(QUESTION, [make_match(1), make_match(2)])


def test_a_context_that_is_known_is_not_tried(
    start_remote: Ask, strange_server: StrangeServer, make_match: Callable[..., Match]
) -> None:
    matches = [make_match(rank, "so " * 200) for rank in range(6)]
    # vLLM tells; 600 characters are taken for 150 tokens.
    strange_server.models = [{"id": "m", "max_model_len": 512}]
    told = start_remote().answer(QUESTION, matches)
    assert 1 <= len(told.matches) < 6
    # llama-server tells too; and what the settings say counts for more.
    strange_server.models = [{"id": "m", "meta": {"n_ctx": 512}}]
    assert len(start_remote().answer(QUESTION, matches).matches) == len(told.matches)
    assert start_remote(n_ctx=4096).answer(QUESTION, matches).dropped == 0
    strange_server.models = None
    assert start_remote().answer(QUESTION, matches).dropped == 0


def test_as_many_answers_at_once_as_the_settings_say(
    start_remote: Ask, strange_server: StrangeServer
) -> None:
    all_three = threading.Barrier(3)
    answering, nobody_else = threading.Semaphore(1), list[bool]()

    def together(handler: Handler) -> None:
        all_three.wait(30)
        says("Yes.")(handler)

    def alone(handler: Handler) -> None:
        nobody_else.append(answering.acquire(blocking=False))
        time.sleep(0.1)
        answering.release()
        says("Yes.")(handler)

    def ask_three(generator: Generator) -> list[str]:
        with ThreadPoolExecutor(3) as pool:
            return [answer.text for answer in pool.map(lambda _: generator.answer(QUESTION, []), range(3))]

    strange_server.replies = [together]
    assert ask_three(start_remote(concurrency=3)) == ["Yes."] * 3
    strange_server.replies = [alone]
    assert ask_three(start_remote()) == ["Yes."] * 3
    assert nobody_else == [True] * 3
