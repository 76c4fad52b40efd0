"""A model behind a server that speaks the OpenAI API: the same events as from a process of ours.

Knows threads and cancellation; knows nothing of questions or reviews. Requests run in an event loop of
their own, so that a cancellation closes the connection at once, also while nothing comes through it.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

import httpx2

from config import ModelSpec
from config.errors import GenerationFailed
from generator.backends.endpoint_request import EndpointRequest, RequestLimits
from generator.backends.openai_chat import request_body
from generator.backends.parameters import Parameters
from generator.events import Done, Event, Loaded, Loading, Message, Sampling
from models.sources.network import client_options
from models.sources.served import ask_served, served_name

# For a server that does not tell its context: enough for any prompt, so that it decides itself.
UNKNOWN_CONTEXT = 2**31
# Low for most texts: better to be refused once than to leave out a passage that had room.
CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class ChatPrompt:
    """A prompt as messages. Its length in tokens is an estimate, for only the server has the tokenizer."""

    messages: tuple[Message, ...]

    def __len__(self) -> int:
        """Characters / CHARACTERS_PER_TOKEN."""
        return sum(len(message.content) for message in self.messages) // CHARACTERS_PER_TOKEN


class Endpoint:
    """One model behind `spec.url`. Thread-safe; any number of answers at once."""

    def __init__(self, spec: ModelSpec, limits: RequestLimits = RequestLimits()) -> None:
        self._spec = spec
        self._limits = limits
        self._parameters = Parameters(spec)
        self._lock = threading.Lock()
        self._running: set[Future[None]] = set()
        self._cancelled = False
        self._alive = True
        self._client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(None, connect=limits.connect_s), **client_options(str(spec.url))
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=spec.name, daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it was not closed yet; the server may be another matter."""
        return self._alive

    @property
    def pid(self) -> int | None:
        """None: no process of this machine, as far as we know."""
        return None

    @property
    def load_s(self) -> float | None:
        """None: the server loaded the model at a time of its own."""
        return None

    def load(self) -> Iterator[Loading | Loaded]:
        """Ask the server whether it is there. Raises ModelUnavailable, or ConfigError for a missing key."""
        served = ask_served(self._spec, self._limits.connect_s)
        told = served.n_ctx if served else None
        stated = self._spec.n_ctx if "n_ctx" in self._spec.model_fields_set else None
        engine = f"{served_name(self._spec)} at {self._spec.url}"
        yield Loaded(n_ctx=stated or told or UNKNOWN_CONTEXT, chat=True, engine=engine)

    def begin(self) -> None:
        """Begin a question: a `cancel` from now on is for it."""
        self._cancelled = False

    def thread_setter(self) -> Callable[[int], None]:
        """Does nothing: the threads are the server's."""
        return lambda threads: None

    def tokenize(self, messages: Sequence[Message], continues: bool = False) -> ChatPrompt:
        """The prompt, of estimated length. What of it is cached already, the server finds out."""
        return ChatPrompt(tuple(messages))

    def generate(self, prompt: ChatPrompt, sampling: Sampling, threads: int, reuse: bool) -> Iterator[Event]:
        """Pieces of text, and last Done, with times as they are seen from here. `threads` are the server's
        affair. A caller that leaves early closes the connection.

        Raises GenerationFailed, also in the middle of an answer: half of one shall not count as one. Before
        any event also PromptTooLong, and ModelUnavailable if the server is not there or refuses us.
        """
        news: SimpleQueue[Event | Future[None]] = SimpleQueue()
        body = request_body(self._spec, prompt.messages, sampling, reuse)
        request = EndpointRequest(self._spec, sampling, self._limits, self._parameters, news.put)
        future = self._start(request, body)
        # After its last event, and after nothing at all, the request itself.
        future.add_done_callback(news.put)
        try:
            while not isinstance(event := news.get(), Future):
                yield event
                if isinstance(event, Done):
                    return
            if not event.cancelled():
                event.result()
            if not self._alive:
                raise GenerationFailed("The model was closed before its answer was complete. Ask again.")
            yield request.cancelled()
        finally:
            future.cancel()
            with self._lock:
                self._running.discard(future)

    def cancel(self) -> None:
        """End all answers that are being written, and close their connections."""
        with self._lock:
            self._cancelled = True
            running = list(self._running)
        for future in running:
            future.cancel()

    def close(self) -> None:
        """Close the connections; running answers end in GenerationFailed."""
        with self._lock:
            if not self._alive:
                return
            self._alive = False
        self.cancel()
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _start(self, request: EndpointRequest, body: dict[str, Any]) -> Future[None]:
        with self._lock:
            if not self._alive:
                raise GenerationFailed("The model was closed before its answer was complete. Ask again.")
            if self._cancelled:
                future: Future[None] = Future()
                future.cancel()
            else:
                future = asyncio.run_coroutine_threadsafe(request.run(self._client, body), self._loop)
                self._running.add(future)
        return future

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)
        await self._client.aclose()
