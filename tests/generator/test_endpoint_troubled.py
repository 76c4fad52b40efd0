"""A server that is slow, busy, broken or gone: an error in words, nothing lost, no secret told."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from config import ModelSpec
from config.errors import ConfigError, GenerationFailed, ModelUnavailable, UserError
from generator import Done, Generator, Text
from generator.backends.endpoint import Endpoint
from generator.backends.endpoint_request import RequestLimits
from generator.events import Message
from models.sources.served import ask_served, reach
from tests.generator.asking import GREEDY, QUESTION
from tests.generator.strange_server import (
    Reply,
    StrangeServer,
    dies_after,
    event,
    hangs_after,
    refuses,
    says,
    streams,
)

Ask = Callable[..., Generator]
HASTY = RequestLimits(connect_s=1, piece_s=0.2, attempts=3, backoff_s=0.05, longest_s=1)
KEY = "sk-5ecre7"


@pytest.fixture
def endpoint(strange_server: StrangeServer) -> Iterator[Endpoint]:
    """One that gives up soon."""
    spec = ModelSpec(name="far", kind="openai", url=strange_server.url, served_model="m", timeout_s=1.5)
    with closing(Endpoint(spec, HASTY)) as endpoint:
        yield endpoint


def ask(endpoint: Endpoint) -> tuple[str, Done]:
    prompt = endpoint.tokenize([Message("user", QUESTION)])
    *events, done = endpoint.generate(prompt, GREEDY, threads=1, reuse=True)
    assert isinstance(done, Done)
    return "".join(piece.text for piece in events if isinstance(piece, Text)), done


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (dies_after(event("It"), event(" is")), r"broke off after .* in the middle of the answer"),
        (dies_after(), "broke off before its first word"),
        (dies_after(event(reasoning="Hm.")), r"broke off after .* in the middle of the answer"),
        (streams(event("It")), "ended without an end of the answer after"),
        (streams(), "ended without an end .* before its first word; its log may say why"),
        (hangs_after(), r"sent nothing for 1\.5 s \(models\.far\.timeout_s\)"),
        (hangs_after(event("It")), r"sent nothing more for 0\.2 s"),
        (hangs_after(event("")), r"sent nothing for 1\.5 s"),
        (lambda handler: handler.hang(b""), r"sent nothing for 1\.5 s|broke off"),
        (streams(b"data: nonsense\n\n"), "no chat completion: nonsense"),
        (streams(b'data: {"choices": 5}\n\n'), "no chat completion"),
        (streams(b"data: \xff\xfe\n\n"), "no chat completion"),
        (streams(b'data: {"error": {"message": "out of memory"}}\n\n'), "out of memory"),
        (refuses(200, b"<html>Welcome</html>"), "no chat completion: <html>Welcome.*up to /v1"),
        (refuses(500, {"error": "it hurts"}), "failed with status 500: .*it hurts"),
        (refuses(302, b"", Location="http://127.0.0.1:1/"), "failed with status 302: it gave no reason"),
        (refuses(502, b"\xff" * 5000), "failed with status 502"),
    ],
)
def test_a_failure_is_an_error_in_words_and_the_next_question_is_answered(
    reply: Reply, message: str, endpoint: Endpoint, strange_server: StrangeServer
) -> None:
    strange_server.replies = [reply, says("Yes.")]
    with pytest.raises(GenerationFailed, match=message) as caught:
        ask(endpoint)
    assert str(caught.value).startswith("far: ")
    assert len(str(caught.value)) < 600
    # What has begun is not begun again. A busy machine's server may note it after the time is over.
    assert len(strange_server.asked) <= 1
    endpoint.begin()
    assert ask(endpoint)[0] == "Yes."


def test_what_was_received_is_handed_out_before_the_error(
    start_remote: Ask, strange_server: StrangeServer
) -> None:
    strange_server.replies = [dies_after(event("It"), event(" is"))]
    seen: list[object] = []
    with pytest.raises(GenerationFailed):
        seen.extend(_noting(start_remote().stream(QUESTION, []), seen))
    assert [piece.text for piece in seen if isinstance(piece, Text)] == ["It", " is"]


def _noting(events: Iterator[object], seen: list[object]) -> Iterator[object]:
    for happened in events:
        seen.append(happened)
    return iter(())


def test_a_connection_that_breaks_after_the_last_word_does_no_harm(
    endpoint: Endpoint, strange_server: StrangeServer
) -> None:
    for reply in (dies_after, hangs_after):
        strange_server.replies = [reply(event("Yes."), event(finish="stop"))]
        text, done = ask(endpoint)
        assert (text, done.stop_reason, done.timing.n_out) == ("Yes.", "end", None)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("when", [None, "0.2", "a date", "soon"])
def test_a_busy_server_is_asked_again(
    status: int, when: str | None, endpoint: Endpoint, strange_server: StrangeServer
) -> None:
    headers = {"Retry_After": when} if when else {}
    if when == "a date":
        headers["Retry_After"] = format_datetime(datetime.now(UTC) - timedelta(seconds=5), usegmt=True)
    strange_server.replies = [refuses(status, b"busy", **headers)] * 2 + [says("Yes.")]
    text, done = ask(endpoint)
    assert (text, len(strange_server.asked)) == ("Yes.", 3)
    # The waiting is told, and is no part of the times.
    assert done.timing.ttft_s is not None
    if when == "0.2":
        assert done.timing.ttft_s < 0.3 < 0.4 <= done.waited_s
    elif when != "a date":
        assert done.waited_s >= 0.15


def test_waiting_for_the_server_is_queueing(start_remote: Ask, strange_server: StrangeServer) -> None:
    strange_server.replies = [refuses(429, b"busy", Retry_After="0.3"), says("Yes.")]
    answer = start_remote().answer(QUESTION, [])
    assert answer.timing.ttft_s is not None
    assert answer.timing.ttft_s < 0.3 <= answer.queue_s


@pytest.mark.parametrize(
    ("headers", "asked"), [({}, 3), ({"Retry_After": "3600"}, 1)], ids=["often", "or not at all"]
)
def test_a_server_that_stays_busy_is_given_up(
    headers: dict[str, str], asked: int, endpoint: Endpoint, strange_server: StrangeServer
) -> None:
    strange_server.replies = [refuses(429, b"busy", **headers)]
    with pytest.raises(GenerationFailed, match="status 429: busy"):
        ask(endpoint)
    assert len(strange_server.asked) == asked


def test_a_server_that_is_not_there(strange_server: StrangeServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    gone = ModelSpec(name="gone", kind="openai", url=url)
    message = (
        r"gone: the server at http://\S+ cannot be reached \(.*\)\. Start it, or correct models\.gone\.url"
    )
    with closing(Endpoint(gone, HASTY)) as endpoint:
        with pytest.raises(ModelUnavailable, match=message):
            list(endpoint.load())
        with pytest.raises(ModelUnavailable, match="cannot be reached"):
            ask(endpoint)
    here = ModelSpec(name="here", kind="openai", url=strange_server.url)
    reached = reach([gone, here])
    assert reached["here"] is None
    assert "cannot be reached" in (reached["gone"] or "")
    assert reach([]) == {}


def test_a_server_that_was_not_there_is_asked_anew(start_remote: Ask, strange_server: StrangeServer) -> None:
    generator = start_remote()
    models, strange_server.models = strange_server.models, [{"id": "a"}, {"id": "b"}]
    for _ in range(2):
        with pytest.raises(ModelUnavailable):
            generator.answer(QUESTION, [])
    strange_server.models = models
    assert generator.answer(QUESTION, []).text == "Yes."


def test_a_model_that_the_server_does_not_have(start_remote: Ask, strange_server: StrangeServer) -> None:
    strange_server.models = [{"id": "small"}, {"id": "large"}]
    with pytest.raises(ModelUnavailable, match=r"no model 'm'\. It has: small, large\. .*served_model"):
        start_remote().answer(QUESTION, [])
    strange_server.models = [{"id": "the only one"}]
    assert start_remote().answer(QUESTION, []).text == "Yes."
    strange_server.replies = [refuses(404, {"error": "no such model"})]
    with pytest.raises(ModelUnavailable, match=r"knows no model 'm', .*no such model"):
        start_remote().answer(QUESTION, [])


def test_the_key_is_sent_and_never_told(
    start_remote: Ask, strange_server: StrangeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAR_KEY", KEY + "\n")
    generator = start_remote(api_key_env="FAR_KEY")
    assert generator.answer(QUESTION, []).text == "Yes."
    assert strange_server.headers[0]["Authorization"] == f"Bearer {KEY}"
    told = [repr(generator.spec), str(generator.spec.model_dump())]
    for reply in (
        refuses(401, {"error": f"Incorrect API key provided: {KEY}"}),
        refuses(500, f"no luck with {KEY}".encode()),
        streams(event("It"), f"data: {KEY}\n\n".encode()),
        refuses(400, f"context length exceeded by {KEY}".encode()),
    ):
        strange_server.replies = [reply]
        with pytest.raises(UserError, match=r"\(the key\)") as caught:
            generator.answer(QUESTION, [])
        told += [str(caught.value), repr(caught.value)]
    assert not any(KEY in text for text in told)


def test_a_key_that_is_not_there_or_is_none(
    start_remote: Ask, strange_server: StrangeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = start_remote(api_key_env="FAR_KEY")
    with pytest.raises(ConfigError, match="variable FAR_KEY, which is not set"):
        generator.answer(QUESTION, [])
    monkeypatch.setenv("FAR_KEY", f"{KEY}\nand more")
    with pytest.raises(ConfigError, match="FAR_KEY holds characters that no key has") as caught:
        generator.answer(QUESTION, [])
    assert KEY not in str(caught.value)
    assert not strange_server.asked


def test_a_cancellation_before_the_question_is_for_the_question(
    endpoint: Endpoint, strange_server: StrangeServer
) -> None:
    endpoint.begin()
    endpoint.cancel()
    assert ask(endpoint)[1].stop_reason == "cancelled"
    assert not strange_server.asked
    endpoint.begin()
    assert ask(endpoint)[1].stop_reason == "end"
    assert endpoint.alive
    assert endpoint.pid is None


def test_what_is_listed_may_be_nonsense(strange_server: StrangeServer) -> None:
    spec = ModelSpec(name="far", kind="openai", url=strange_server.url)
    for models in (None, [], [{"id": 5}], [{"id": "a", "max_model_len": "long", "meta": []}]):
        strange_server.models = models
        served = ask_served(spec)
        assert served is None or served.n_ctx is None


def test_the_length_of_a_prompt_is_estimated(endpoint: Endpoint) -> None:
    assert len(endpoint.tokenize([Message("user", "x" * 40), Message("assistant", "y" * 8)])) == 12
