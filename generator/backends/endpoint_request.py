"""One answer from a server: the request, its retries and time-outs, and what comes back as events.

Knows HTTP and time; knows nothing of threads, prompts or reviews.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from config import ModelSpec
from config.errors import GenerationFailed, ModelUnavailable, PromptTooLong, UserError
from generator.answer_stream import AnswerStream
from generator.backends.chat_stream import END, Chunk, Usage, messages, stop_reason_of
from generator.backends.openai_chat import read_chunk, refusal
from generator.backends.parameters import Parameters
from generator.events import Done, Event, Piece, Reasoning, Sampling, StopReason, paced
from generator.measured import Pace, Timing
from generator.text_stream import TextStream
from models.sources.network import through
from models.sources.served import CONNECT_S, headers, without_key

# Too many requests; not ready, as while the model is being loaded.
_COME_BACK = (429, 503)


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """How long a server is waited for, and how often it is asked.

    Seconds to wait for a connection, and for each further piece of text; for the first one the model's own
    `timeout_s` counts. A server that is busy or not there is asked `attempts` times, after `backoff_s`, twice
    that, and so on, or when it says; but if that is more than `longest_s` it is given up.
    """

    connect_s: float = CONNECT_S
    piece_s: float = 120.0
    attempts: int = 5
    backoff_s: float = 0.5
    longest_s: float = 30.0


class _ComeBack(Exception):
    """The server took no question now. `after_s`: when it said to come back."""

    def __init__(self, reason: UserError, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s


class _LeaveOut(Exception):
    """The server refuses these parameters of the request."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(names)
        self.names = names


class EndpointRequest:
    """Hands what it receives to `emit`, last a Done."""

    def __init__(
        self,
        spec: ModelSpec,
        sampling: Sampling,
        limits: RequestLimits,
        parameters: Parameters,
        emit: Callable[[Event], object],
    ) -> None:
        self._spec = spec
        self._parameters = parameters
        self._sampling = sampling
        self._limits = limits
        self._emit = emit
        self._left_out = frozenset[str]()
        self._asked = time.perf_counter()
        self._begin()

    def _begin(self) -> None:
        self._started = time.perf_counter()
        self._stream = AnswerStream((), self._started)
        # Of the reasoning that the server has split off itself.
        self._reasoning = TextStream((), self._started)
        self._finish: Chunk | None = None
        self._usage: Usage | None = None

    async def run(self, client: httpx2.AsyncClient, body: dict[str, Any]) -> None:
        """Ask, and ask again while the server takes no question; never once it has begun to answer."""
        attempt = 0
        while True:
            self._begin()
            try:
                await self._ask(client, self._parameters.fit(body, self._left_out))
            except _LeaveOut as refused:
                self._left_out |= refused.names
            except _ComeBack as busy:
                attempt += 1
                await self._wait(busy, attempt)
            else:
                return

    async def _wait(self, busy: _ComeBack, attempt: int) -> None:
        """Until the server may be asked again; raises its reason if that is not to be waited for."""
        wait_s = busy.after_s
        if wait_s is None:
            # Not all at the same time again.
            wait_s = self._limits.backoff_s * 2 ** (attempt - 1) * random.uniform(1, 1.25)
        if attempt == self._limits.attempts or wait_s > self._limits.longest_s:
            raise busy.reason from None
        await asyncio.sleep(wait_s)

    def cancelled(self) -> Done:
        """The end of an answer that was not waited for."""
        return self._done("cancelled")

    async def _ask(self, client: httpx2.AsyncClient, body: dict[str, Any]) -> None:
        url = f"{self._spec.url}/chat/completions"
        try:
            async with (
                asyncio.timeout(self._spec.timeout_s) as deadline,
                client.stream("POST", url, json=body, headers=headers(self._spec)) as response,
            ):
                if response.status_code != 200:
                    said = await response.aread()
                    reason = _refused(self._spec, response, said)
                    names = self._parameters.refused(body, response.status_code, said)
                    raise _LeaveOut(names) if names and not isinstance(reason, PromptTooLong) else reason
                self._parameters.remember(self._left_out)
                await self._read(response, deadline)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            raise _ComeBack(self._failure(ModelUnavailable, f"cannot be reached ({_words(error)})")) from None
        # What comes after the last piece of text is only worth having.
        except TimeoutError:
            if not self._finish:
                raise self._failure(GenerationFailed, self._silence()) from None
        except httpx2.HTTPError as error:
            if not self._finish:
                raise self._failure(
                    GenerationFailed, f"broke off{self._so_far()} ({_words(error)})"
                ) from None
        if not self._finish:
            raise self._failure(GenerationFailed, f"ended without an end of the answer{self._so_far()}")
        self._emit_all(self._stream.finish())
        n_out = self._usage.completion_tokens if self._usage else None
        end = self._finish
        self._emit(self._done(stop_reason_of(end.finish, end.stop_string, n_out, self._sampling.max_tokens)))

    async def _read(self, response: httpx2.Response, deadline: asyncio.Timeout) -> None:
        async for data in messages(response.aiter_bytes()):
            if data == END:
                # Some say no more than this at the end of an answer.
                if not self._finish and self._first_s is not None:
                    self._finish = Chunk(finish="stop")
                return
            chunk = read_chunk(data, self._spec)
            self._usage = chunk.usage or self._usage
            if self._take(chunk):
                deadline.reschedule(asyncio.get_running_loop().time() + self._limits.piece_s)
            if chunk.finish:
                self._finish = chunk

    def _take(self, chunk: Chunk) -> bool:
        """Hand on what the chunk brings, and the usage with it, if any; whether it brought anything."""
        thought = self._reasoning.add(chunk.thought.replace("\0", ""))
        pieces: list[Piece] = [Reasoning(thought)] if thought else []
        pieces += self._stream.add(chunk.content.encode(errors="replace"))
        self._emit_all(pieces, chunk.usage)
        return bool(pieces)

    def _emit_all(self, pieces: Sequence[Piece], usage: Usage | None = None) -> None:
        n_out = usage.completion_tokens if usage else None
        pace = Pace(n_out, self._writing_s) if n_out is not None else None
        for piece in pieces:
            self._emit(paced(piece, pace))

    @property
    def _first_s(self) -> float | None:
        """Seconds to the first piece, reasoning or answer."""
        return self._stream.first_s if self._reasoning.first_s is None else self._reasoning.first_s

    @property
    def _last_s(self) -> float | None:
        """Seconds to the last piece, reasoning or answer."""
        return self._reasoning.last_s if self._stream.last_s is None else self._stream.last_s

    @property
    def _writing_s(self) -> float:
        """Seconds since the first piece."""
        return 0.0 if self._first_s is None else time.perf_counter() - self._started - self._first_s

    def _done(self, reason: StopReason) -> Done:
        usage = self._usage
        reasoned = self._first_s != self._stream.first_answer_s
        n_reasoning = usage.reasoning_tokens if usage else None
        timing = Timing(
            ttft_s=self._first_s,
            ttfo_s=self._stream.first_answer_s,
            e2e_s=self._last_s,
            n_prompt=usage.prompt_tokens if usage else None,
            n_prompt_reused=usage.cached_tokens if usage else None,
            n_out=usage.completion_tokens if usage else None,
            threads=None,
            n_reasoning=n_reasoning if reasoned or n_reasoning else 0,
        )
        return Done(reason, timing, memory=None, waited_s=self._started - self._asked)

    def _silence(self) -> str:
        if self._first_s is None:
            return f"sent nothing for {self._spec.timeout_s:g} s (models.{self._spec.name}.timeout_s)"
        return f"sent nothing more for {self._limits.piece_s:g} s"

    def _so_far(self) -> str:
        if self._first_s is None:
            return " before its first word; its log may say why, such as a prompt that was too long"
        return f" after {self._last_s:.1f} s in the middle of the answer"

    def _failure(self, kind: type[UserError], what: str) -> UserError:
        url = f"{self._spec.url}{through(str(self._spec.url))}"
        text = f"{self._spec.name}: the server at {url} {what}. Look whether it runs, and ask again."
        return kind(without_key(text, self._spec))


def _refused(spec: ModelSpec, response: httpx2.Response, body: bytes) -> Exception:
    reason = refusal(spec, response.status_code, body)
    if response.status_code in _COME_BACK:
        return _ComeBack(reason, _seconds(response.headers.get("retry-after"), response.headers.get("date")))
    return reason


def _seconds(retry_after: str | None, sent: str | None) -> float | None:
    """Of a Retry-After header: a number of seconds, or a date; `sent`: the server's own time, if it tells."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        now = parsedate_to_datetime(sent) if sent else datetime.now(UTC)
        return max(0.0, (parsedate_to_datetime(retry_after) - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _words(error: Exception) -> str:
    # Time-outs come without a text.
    return str(error) or type(error).__name__
