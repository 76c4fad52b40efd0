"""A model's server that is slow, stalls, dies in the middle, talks nonsense, or is not there.

Knows what such a server says; knows nothing of how it is asked.
"""

import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from random import Random

from benchmarks.faults.outcome import Outcome, total, worded
from config import ModelSpec
from config.errors import UserError
from generator.backends.endpoint import Endpoint
from generator.backends.endpoint_request import RequestLimits
from generator.events import Message, Sampling, Text
from tests.generator.strange_server import (
    DONE,
    Handler,
    Reply,
    StrangeServer,
    dies_after,
    event,
    hangs_after,
    refuses,
    says,
    streams,
)

FAULT = "endpoint"
SLOW = "slow: a token each {0:g} s, headers after {1:g} s; busy twice"
STALLS = "stalls: before the first word, in the middle"
DIES = "dies: in the middle, before the first word, without an end; nonsense, another page, status 500"
GONE = "refuses connections"
PIECES = ("It ", "is ", "loud.")
PAUSE_S, HEADERS_S, STALL_S = 2.0, 20.0, 5.0
SAMPLING = Sampling(max_tokens=20, temperature=0, top_k=1, top_p=1, seed=0)


def break_endpoints(
    times: int,
    chance: Random,
    pause_s: float = PAUSE_S,
    headers_s: float = HEADERS_S,
    stall_s: float = STALL_S,
) -> Iterator[Outcome]:
    """Who is slow, once, is waited for; who fails, so often, gives half an answer to nobody."""
    slow = SLOW.format(pause_s, headers_s)
    yield total(
        _asked(slow, [*replies, says(*PIECES)], headers_s + 10) for replies in _slow(pause_s, headers_s)
    )
    yield total(_asked(STALLS, [reply, says(*PIECES)], stall_s, True) for reply in _stalling())
    dying = [reply for _ in range(times) for reply in _dying(chance)]
    yield total(_asked(DIES, [reply, says(*PIECES)], 10, True) for reply in dying)
    yield total(_gone() for _ in range(times))


def _slow(pause_s: float, headers_s: float) -> Iterator[Sequence[Reply]]:
    """What each one replies before it answers as others do."""

    def late(handler: Handler) -> None:
        time.sleep(headers_s)
        says(*PIECES)(handler)

    yield [streams(*map(event, PIECES), event(finish="stop"), DONE, pause_s=pause_s)]
    yield [late]
    for status in (429, 503):
        yield [refuses(status, b"busy")] * 2


def _stalling() -> Sequence[Reply]:
    return [hangs_after(), hangs_after(event(PIECES[0]))]


def _dying(chance: Random) -> Sequence[Reply]:
    said = [event(piece) for piece in PIECES[: chance.randint(1, len(PIECES))]]
    return [
        dies_after(*said),
        dies_after(),
        streams(*said),
        streams(b"data: " + chance.randbytes(40).hex().encode() + b"\n\n"),
        refuses(200, b"<html>Welcome</html>"),
        refuses(500, {"error": "it hurts"}),
    ]


def _asked(done: str, replies: Sequence[Reply], patience_s: float, fails: bool = False) -> Outcome:
    """One question, and the next one; whether the first `fails`, in words, is known."""
    server = StrangeServer()
    server.replies = list(replies)
    spec = ModelSpec(name="far", kind="openai", url=server.url, served_model="m", timeout_s=patience_s)
    try:
        with closing(Endpoint(spec, RequestLimits(piece_s=patience_s))) as endpoint:
            text, error = _ask(endpoint)
            begun = time.monotonic()
            again, error_again = _ask(endpoint)
    finally:
        server.stop()
    whole = "".join(PIECES)
    return Outcome(
        FAULT,
        done,
        # Half an answer that is given out as a whole one.
        lost=int(text != ("" if fails else whole)),
        wordless=int(fails and not worded(error)),
        unrecovered=int(again != whole),
        slowest_recovery_s=time.monotonic() - begun,
        notes=(error_again,) if error_again else (),
    )


def _gone() -> Outcome:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    spec = ModelSpec(name="far", kind="openai", url=url, served_model="m")
    with closing(Endpoint(spec, RequestLimits(attempts=2, backoff_s=0.05))) as endpoint:
        text, error = _ask(endpoint)
    return Outcome(FAULT, GONE, lost=int(text != ""), wordless=int(not worded(error)))


def _ask(endpoint: Endpoint) -> tuple[str, str]:
    """The whole answer, or the error in words."""
    prompt = endpoint.tokenize([Message("user", "Is it loud?")])
    try:
        events = list(endpoint.generate(prompt, SAMPLING, threads=1, reuse=True))
    except UserError as error:
        return "", str(error)
    return "".join(one.text for one in events if isinstance(one, Text)), ""
