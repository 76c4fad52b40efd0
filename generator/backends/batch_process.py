"""The caller's end of a worker process that answers several questions at once.

Knows whose reply is whose; knows nothing of questions, reviews or llama.cpp.
"""

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue

from config.errors import GenerationFailed
from generator.backends.worker_process import WorkerProcess
from generator.events import (
    Adapter,
    Done,
    Event,
    Failed,
    Loaded,
    Loading,
    Message,
    Reply,
    Sampling,
    Tokenized,
    from_line,
)


class BatchProcess(WorkerProcess):
    """A process with one model that writes `sequences` answers at once. Thread-safe once it is loaded.

    More may be asked; they wait in the process, so that none of its places stays empty.
    """

    def __init__(self, path: Path, n_ctx: int, sequences: int, adapter: Adapter | None = None) -> None:
        """Start it; the first thing to do is to exhaust `load()`."""
        super().__init__(path, n_ctx, sequences, adapter)
        self._numbers = itertools.count(1)
        self._guard = threading.Lock()
        self._open: dict[int, SimpleQueue[Reply]] = {}
        self._cancelled = False
        # Why there are no more replies, once that is so.
        self._ended: Failed | None = None
        self._reader = threading.Thread(target=self._distribute, name=f"replies of {path.name}", daemon=True)

    def load(self) -> Iterator[Loading | Loaded]:
        """As `WorkerProcess.load`."""
        for reply in super().load():
            if isinstance(reply, Loaded):
                self._reader.start()
            yield reply

    def begin(self) -> None:
        """Begin a question: a `cancel` from now on is for it, and for all others that are open."""
        self._cancelled = False

    def tokenize(self, messages: Sequence[Message], continues: bool = False) -> list[int]:
        """The prompt's tokens, rendered by the model's own template; there is no one cache to continue."""
        with self._asking() as (number, replies):
            turns = [asdict(message) for message in messages]
            self._send({"do": "tokenize", "messages": turns}, number)
            reply = replies.get()
        if isinstance(reply, Tokenized):
            return reply.tokens
        assert isinstance(reply, Failed)
        raise GenerationFailed(reply.reason)

    def generate(
        self, tokens: Sequence[int], sampling: Sampling, threads: int, reuse: bool
    ) -> Iterator[Event]:
        """PromptProgress, pieces of text, and last Done. A caller that leaves early ends its answer alone."""
        with self._asking() as (number, replies):
            request = {"tokens": list(tokens), "sampling": asdict(sampling), "threads": threads}
            if self._cancelled:
                self._drop(number)
            self._send({"do": "generate", "reuse": reuse, **request}, number)
            finished = False
            try:
                while not finished:
                    reply = replies.get()
                    finished = isinstance(reply, Done | Failed)
                    if isinstance(reply, Failed):
                        raise GenerationFailed(reply.reason)
                    assert not isinstance(reply, Loaded | Tokenized)
                    yield reply
            finally:
                if not finished:
                    self._drop(number)

    def cancel(self) -> None:
        """End all answers that are being written; the Done of each comes at once."""
        self._cancelled = True
        with self._guard:
            numbers = list(self._open)
        for number in numbers:
            self._drop(number)

    def thread_setter(self) -> Callable[[int], None]:
        """Does nothing: all answers are written by the same threads."""
        return lambda threads: None

    def close(self) -> None:
        """End the process and free its memory; running answers end in GenerationFailed."""
        self._closed = True
        self._process.kill()
        if self._reader.is_alive():
            self._reader.join()
        super().close()

    @contextmanager
    def _asking(self) -> Iterator[tuple[int, SimpleQueue[Reply]]]:
        """A number for what is asked, and where the replies to it come."""
        replies: SimpleQueue[Reply] = SimpleQueue()
        with self._guard:
            number = next(self._numbers)
            self._open[number] = replies
            if self._ended:
                replies.put(self._ended)
        try:
            yield number, replies
        finally:
            with self._guard:
                del self._open[number]

    def _drop(self, number: int) -> None:
        with suppress(GenerationFailed):
            self._send({"do": "cancel"}, number)

    def _distribute(self) -> None:
        """Hand each reply to who waits for it, until the process ends."""
        while line := self._line():
            number, reply = from_line(line)
            with self._guard:
                if number in self._open:
                    self._open[number].put(reply)
        ended = Failed(self._death())
        with self._guard:
            self._ended = ended
            for replies in self._open.values():
                replies.put(ended)
