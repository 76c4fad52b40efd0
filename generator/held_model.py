"""One model where it lives: loaded into a process of its own, or behind a server; found there, asked, freed.

Knows backends, files and memory; knows nothing of questions, reviews or answers.
"""

import threading
from collections.abc import Generator, Iterator, Sequence, Sized
from contextlib import suppress
from typing import Any

from config import ModelSpec, Settings
from config.errors import GenerationFailed, ModelUnavailable
from generator.backends.backend import Backend, open_backend
from generator.cores import CoreShare
from generator.events import Event, Loaded, Loading, Message, Sampling, TimingMode
from generator.prompts.prompt import COMPLETION_STOPS, completion_messages
from models.adapter import fitting_adapter
from models.files import how_to_get, require_file
from models.gguf.header import read_header
from models.gguf.identity import file_sha256
from models.gguf.parts import missing_parts
from models.memory.memory import predict_memory
from models.memory.room import most_sequences, require_memory


class HeldModel:
    """The model of `spec`; nothing is loaded until `ready`. It writes up to `at_once` answers at a time.

    `sequences`: as many of them as there is memory for, of a file of this machine; 1 for a server.
    `path`, `header` and `predicted` are None for a model behind a server, `adapter` also for one without;
    `file_sha256` is known once it is loaded: with an adapter, the model's and the adapter's, joined by "+".
    Raises ModelUnavailable if a file is missing, or no GGUF, or the adapter does not fit the model.
    """

    def __init__(self, spec: ModelSpec, settings: Settings, force: bool, at_once: int = 1) -> None:
        self.spec = spec
        self.path = None if spec.remote else require_file(spec, settings)
        self.header = read_header(self.path) if self.path else None
        self.adapter = fitting_adapter(spec, settings, self.header) if self.header else None
        self.sequences = most_sequences(self.header, spec.n_ctx, at_once, self.adapter) if self.header else 1
        self.predicted = (
            predict_memory(self.header, spec.n_ctx, self.sequences, self.adapter) if self.header else None
        )
        self.file_sha256: str | None = None
        self._force = force
        self._home = settings.home
        self._starting = threading.Lock()
        self._backend: Backend[Any] | None = None
        self._loaded: Loaded | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the worker, if there is one."""
        backend = self._backend
        return backend.pid if backend and backend.alive else None

    @property
    def loaded(self) -> Loaded:
        """What is known of the model once it is ready."""
        assert self._loaded
        return self._loaded

    @property
    def load_s(self) -> float | None:
        """Seconds that loading took; None if that was not ours to see."""
        return self._live().load_s

    @property
    def stops(self) -> tuple[str, ...]:
        """What ends an answer besides the model's own end: by the settings, or for want of turns."""
        return self.spec.stop if self.loaded.chat else (*COMPLETION_STOPS, *self.spec.stop)

    def ready(self) -> Iterator[Loading]:
        """Start a worker unless a live one is there, and load the model into it.

        Raises ModelUnavailable, also for a file that was deleted meanwhile; unless forced, for a model that
        does not fit.
        """
        with self._starting:
            backend = self._backend
            if backend and backend.alive:
                backend.begin()
                return
            self.close()
            if self.path and missing_parts(self.path):
                raise ModelUnavailable(
                    f"The file {missing_parts(self.path)[0]} of {self.spec.name} is no longer there. "
                    f"{how_to_get(self.spec)}"
                )
            if self.adapter and not self.adapter.is_file():
                raise ModelUnavailable(
                    f"The file {self.adapter}, {self.spec.name}'s adapter, is no longer there. Put it back."
                )
            if self.header and not self._force:
                require_memory(self.spec.name, self.header, self.spec.n_ctx, self.adapter)
            backend = self._backend = open_backend(self.spec, self.path, self.sequences, self.adapter)
            try:
                for reply in backend.load():
                    if isinstance(reply, Loading):
                        yield reply
                    else:
                        self._loaded = reply
            except BaseException:
                # Failed, interrupted or no longer waited for: the next question must not meet half a model.
                backend.close()
                raise
            # Now, when nobody is timed; once for each file, then it is remembered. A file may be gone by now.
            with suppress(OSError):
                files = [file for file in (self.path, self.adapter) if file]
                self.file_sha256 = "+".join(file_sha256(file, self._home) for file in files) or None

    def tokenize(self, messages: Sequence[Message], mode: TimingMode) -> Sized:
        """The prompt of a conversation; its len() is its tokens."""
        turns = messages if self.loaded.chat else completion_messages(messages)
        prompt: Sized = self._live().tokenize(turns, continues=mode == "interactive")
        return prompt

    def generate(
        self, tokens: Sized, sampling: Sampling, mode: TimingMode, share: CoreShare
    ) -> Generator[Event]:
        """The events of one answer, on its share of the cores."""
        backend = self._live()
        share.limit(self.spec.threads)
        share.follow(backend.thread_setter())
        try:
            # Measured answers all start from an empty cache: a reused prompt makes the first word look fast.
            yield from backend.generate(tokens, sampling, share.threads, reuse=mode != "measured")
        finally:
            share.follow(None)

    def cancel(self) -> None:
        """End the running answer."""
        backend = self._backend
        if backend:
            backend.cancel()

    def close(self) -> None:
        """Free what holds it; a running answer ends in GenerationFailed."""
        backend, self._backend = self._backend, None
        if backend:
            backend.close()

    def _live(self) -> Backend[Any]:
        if not self._backend:
            raise GenerationFailed(f"{self.spec.name} was closed while it answered. Ask again.")
        return self._backend
