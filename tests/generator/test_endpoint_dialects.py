"""What servers in the field add to the OpenAI API, leave out and name otherwise: an answer all the same."""

import json
import logging
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from config import ModelSpec
from config.errors import GenerationFailed, PromptTooLong
from generator import Answer, Generator
from models.sources.served import ask_served
from tests.generator.asking import QUESTION
from tests.generator.strange_server import (
    DONE,
    USAGE,
    Handler,
    Reply,
    StrangeServer,
    event,
    refuses,
    says,
    streams,
    usage_event,
)

Ask = Callable[..., Generator]


def chunk(**fields: Any) -> bytes:
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


def choice(delta: Any, finish: Any = None, **more: Any) -> bytes:
    return chunk(choices=[{"index": 0, "delta": delta, "finish_reason": finish, **more}])


ROLE = choice({"role": "assistant", "content": ""})
PARTS = [{"type": "text", "text": "Ye"}, {"type": "image_url"}, "s", None]
ODD_CHUNKS = {
    "no delta": choice(None),
    "no choices": chunk(choices=None),
    "empty choices": chunk(choices=[], prompt_filter_results=[{"prompt_index": 0}]),
    "an empty choice": chunk(choices=[None]),
    "nothing": b"data: null\n\ndata: {}\n\n",
    "no counts": chunk(choices=[], usage={}),
    "other counts": chunk(choices=[], usage={"credits": 1, "prompt_tokens_details": "none"}),
    "counts that are none": chunk(choices=[], usage={"prompt_tokens": "9", "completion_tokens": None}),
    "counts as a list": chunk(choices=[], usage=[]),
    "a role": ROLE,
    "no error": chunk(error=None, choices=[]),
    "empty reasoning": choice({"content": None, "reasoning_content": None, "reasoning": None}),
    "other reasoning": choice({"reasoning_details": [{"type": "reasoning.encrypted"}], "tool_calls": None}),
    "a finish that is none": choice({}, ""),
    "a finish called null": choice({}, "null"),
    "comments": b": keep-alive\n\n:\n\n: OPENROUTER PROCESSING\r\n\r\n",
    "blank lines": b"\n\n\r\n\n",
    "an event of its own": b"event: ping\nid: 7\nretry: 10\n\n",
    "a line separator": chunk(choices=[{"delta": {}}], model="\u2028\x85"),
}


@pytest.mark.parametrize("name", ODD_CHUNKS)
def test_an_odd_chunk_does_not_end_an_answer(
    name: str, start_remote: Ask, strange_server: StrangeServer
) -> None:
    odd = ODD_CHUNKS[name]
    plain = (event("Ye"), event("s."), event(finish="stop"), usage_event(USAGE), DONE)
    parts = [part for one in plain for part in (odd, one)]
    strange_server.replies = [streams(*parts)]
    answer = start_remote().answer(QUESTION, [])
    assert (answer.text, answer.stop_reason, answer.timing.n_out) == ("Yes.", "end", 5)


WHOLE = [event("Ye"), event("s."), event(finish="stop"), usage_event(USAGE), DONE]
ENDED = {"delta": {}, "finish_reason": "stop"}
NO_STREAM = {"choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}], "usage": USAGE}
FORMS = {
    "CRLF": [part.replace(b"\n", b"\r\n") for part in WHOLE],
    "CR": [part.replace(b"\n", b"\r") for part in WHOLE],
    "no blank after data:": [part.replace(b"data: ", b"data:") for part in WHOLE],
    "no blank lines": [part.replace(b"\n\n", b"\n") for part in WHOLE],
    "no [DONE]": WHOLE[:-1],
    "no [DONE] and no last line end": [b"".join(WHOLE[:-1]).rstrip()],
    "byte by byte": [bytes([byte]) for byte in b"".join(WHOLE).replace(b"\n", b"\r\n")],
    "no end but [DONE]": [*WHOLE[:2], usage_event(USAGE), DONE],
    "counts with the end": [event("Yes."), event(finish="stop", usage=USAGE)],
    "counts in the choice": [event("Yes."), choice({}, "stop", usage=USAGE), DONE],
    "counts of Groq": [event("Yes."), chunk(choices=[ENDED], x_groq={"usage": USAGE}), DONE],
    "parts": [choice({"content": PARTS}), event("."), choice({}, "stop"), usage_event(USAGE)],
    "indented": [b'data: {\ndata:  "choices":\ndata: [{"delta": {"content": "Yes."}}]}\n\n', *WHOLE[2:]],
    "of completions": [chunk(choices=[{"text": "Yes."}]), *WHOLE[2:]],
    "no stream": [json.dumps(NO_STREAM, indent=1).encode()],
}


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])
@pytest.mark.parametrize("name", FORMS)
def test_forms_of_a_stream(name: str, kind: str, start_remote: Ask, strange_server: StrangeServer) -> None:
    def reply(handler: Handler) -> None:
        handler.begin(kind)
        for part in FORMS[name]:
            handler.write(part)
        handler.end()

    strange_server.replies = [reply]
    answer = start_remote().answer(QUESTION, [])
    assert (answer.text, answer.stop_reason, answer.timing.n_out) == ("Yes.", "end", 5)


@pytest.mark.parametrize(
    ("finish", "more", "expected"),
    [
        ("eos_token", {}, "end"),
        ("eos", {}, "end"),
        ("end_turn", {}, "end"),
        ("STOP", {}, "end"),
        ("of another name", {}, "end"),
        ("tool_calls", {}, "end"),
        ({"type": "stop", "matched": 2}, {}, "end"),
        (7, {}, "end"),
        ("stop_sequence", {}, "stop"),
        ("stop", {"matched_stop": "\n"}, "stop"),
        ("stop", {"matched_stop": 128001}, "end"),
        ("max_tokens", {}, "context"),
        ("MAX_TOKENS", {}, "context"),
        ("model_length", {}, "context"),
        ("error", {}, "error"),
    ],
)
def test_ends_of_other_names(
    finish: Any, more: dict[str, Any], expected: str, start_remote: Ask, strange_server: StrangeServer
) -> None:
    strange_server.replies = [streams(event("Yes."), choice({}, finish, **more), usage_event(USAGE), DONE)]
    assert start_remote().answer(QUESTION, []).stop_reason == expected


def test_reasoning_as_parts(start_remote: Ask, strange_server: StrangeServer) -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
    strange_server.replies = [streams(choice({"content": [thinking]}), *WHOLE)]
    answer = start_remote().answer(QUESTION, [])
    assert isinstance(answer, Answer)
    assert (answer.reasoning, answer.text) == ("Hm.", "Yes.")


@pytest.mark.parametrize(
    "error",
    [
        {"error": "out of luck"},
        {"error": {"message": "out of luck", "code": 502}},
        {"error": {"message": "Provider returned error", "metadata": {"raw": "out of luck"}}},
        {"error": "out of luck", "error_type": "generation"},
        {"detail": "out of luck"},
        {"detail": [{"loc": ["body", "model"], "msg": "out of luck"}]},
        {"object": "error", "message": "out of luck", "code": 500},
        {"choices": [{"delta": {}, "finish_reason": "error", "error": {"message": "out of luck"}}]},
    ],
)
def test_errors_of_all_shapes(error: Any, start_remote: Ask, strange_server: StrangeServer) -> None:
    for reply in (streams(chunk(**error)), streams(event("Ye"), chunk(**error)), refuses(500, error)):
        strange_server.replies = [reply]
        with pytest.raises(GenerationFailed, match="out of luck") as caught:
            start_remote().answer(QUESTION, [])
        assert "{" not in str(caught.value) or "choices" in error


def strict(*refused: str, saying: Callable[[str], Any], status: int = 400) -> Reply:
    """A server that refuses a request with one of these parameters, one at a time."""

    def reply(handler: Handler) -> None:
        body = handler.server.asked[-1]
        names = [name for name in refused if name in body]
        if names:
            handler.send(status, saying(names[0]))
        else:
            says("Yes.")(handler)

    return reply


OPENAI = "Unsupported parameter: '{}' is not supported with this model."
DIALECTS: dict[str, tuple[int, Callable[[str], Any]]] = {
    "OpenAI": (400, lambda name: {"error": {"message": OPENAI.format(name), "param": name}}),
    "OpenAI, earlier": (
        400,
        lambda name: {"error": {"message": f"Unrecognized request argument supplied: {name}"}},
    ),
    "Groq": (
        400,
        lambda name: {"error": {"message": f"property '{name}' is unsupported, did you mean 'seed'?"}},
    ),
    "FastAPI": (422, lambda name: {"detail": [{"loc": ["body", name], "msg": "Extra inputs", "input": 4}]}),
    "text": (422, lambda name: f"unknown field `{name}`, expected one of".encode()),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_parameters_that_a_server_refuses_are_left_out(
    dialect: str, start_remote: Ask, strange_server: StrangeServer, caplog: pytest.LogCaptureFixture
) -> None:
    status, saying = DIALECTS[dialect]
    refused = ("top_k", "cache_prompt", "stream_options", "repeat_penalty")
    strange_server.replies = [strict(*refused, saying=saying, status=status)]
    generator = start_remote(extra_body={"repeat_penalty": 1.1, "min_p": 0.1, "seed": None})
    with caplog.at_level(logging.WARNING):
        assert generator.answer(QUESTION, []).text == "Yes."
    asked = strange_server.asked[-1]
    assert not asked.keys() & {*refused, "seed"}
    assert (asked["min_p"], asked["max_tokens"]) == (0.1, 12)
    assert "does not take cache_prompt, repeat_penalty, stream_options, top_k" in caplog.text
    # The next question is asked without them from the start.
    before = len(strange_server.asked)
    assert generator.answer(QUESTION, []).text == "Yes."
    assert len(strange_server.asked) == before + 1


def test_max_tokens_under_its_other_name(start_remote: Ask, strange_server: StrangeServer) -> None:
    words = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    strange_server.replies = [strict("max_tokens", saying=lambda _: {"error": {"message": words}})]
    assert start_remote().answer(QUESTION, []).text == "Yes."
    assert strange_server.asked[-1]["max_completion_tokens"] == 12


def test_what_is_refused_for_good(start_remote: Ask, strange_server: StrangeServer) -> None:
    strange_server.replies = [refuses(400, {"error": {"message": "bad messages, top_k and top_p"}})]
    with pytest.raises(GenerationFailed, match="status 400: bad messages"):
        start_remote().answer(QUESTION, [])
    assert len(strange_server.asked) == 2
    too_large = (
        "'max_tokens' or 'max_completion_tokens' is too large. This model's maximum context length is 9"
    )
    strange_server.replies = [refuses(400, {"error": {"message": too_large}})]
    with pytest.raises(PromptTooLong):
        start_remote().answer(QUESTION, [])


@pytest.mark.parametrize("listed", ["m:latest", "models/m", "m"])
def test_names_and_contexts_in_a_list(listed: str, strange_server: StrangeServer) -> None:
    for key in ("max_model_len", "context_length", "context_window"):
        strange_server.models = [{"id": "other"}, {"id": listed, key: 4096}]
        served = ask_served(ModelSpec(name="far", kind="openai", url=strange_server.url, served_model="m"))
        assert served is not None
        assert served.n_ctx == 4096


def test_a_prompt_that_is_too_long_for_tgi(start_remote: Ask, strange_server: StrangeServer) -> None:
    words = "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000"
    strange_server.replies = [refuses(422, {"error": words, "error_type": "validation"})]
    with pytest.raises(PromptTooLong):
        start_remote().answer(QUESTION, [])


def test_extra_body_is_for_servers() -> None:
    with pytest.raises(ValueError, match="messages: set by the program"):
        ModelSpec(name="far", kind="openai", url="http://localhost/v1", extra_body={"messages": []})
    with pytest.raises(ValueError, match=r"as JSON has them: .* date is not"):
        ModelSpec(name="far", kind="openai", url="http://localhost/v1", extra_body={"a": date.today()})
    with pytest.raises(ValueError, match="'extra_body' is not for"):
        ModelSpec(name="near", file="near.gguf", extra_body={"min_p": 0.1})
