"""The Generator: any configured model answers questions from passages, honestly measured.

One Generator, one model, one process or server. Knows prompts and figures; knows nothing of databases.
"""

import threading
import time
from collections.abc import Generator as EventsOf
from collections.abc import Iterator, Sequence, Sized
from contextlib import suppress
from itertools import chain
from typing import Any

from config import ModelSpec, Settings
from config.errors import GenerationFailed, PromptTooLong
from generator.answer import Answer, Exchange
from generator.backend import Backend, open_backend
from generator.cores import CoreShare
from generator.events import (
    Done,
    Event,
    Loaded,
    Loading,
    Message,
    Piece,
    PromptProgress,
    TimingMode,
)
from generator.origin import origin_of
from generator.prompt import COMPLETION_STOPS, answer_messages, completion_messages
from generator.room import Prompt, prompt_room, require_room, sampling_of, shortened
from generator.transcript import Transcript
from models.files import require_file
from models.header import read_header
from models.identity import file_sha256
from models.memory import predict_memory
from models.room import require_memory
from retriever.passage import Match


class Generator:
    """Loads `spec`'s file into a process of its own when first asked; one behind a server is only asked.

    One answer at a time, of a server `concurrency`. Raises ModelUnavailable if the file is missing or
    unusable, and before loading, unless `force`, if it does not fit. `close()` frees the memory.
    """

    def __init__(self, spec: ModelSpec, settings: Settings, force: bool = False) -> None:
        self.spec = spec
        self.force = force
        self.path = None if spec.remote else require_file(spec, settings)
        self.header = read_header(self.path) if self.path else None
        self.predicted = predict_memory(self.header, spec.n_ctx) if self.header else None
        self._home = settings.home
        self._lock, self._starting = threading.Semaphore(spec.concurrency), threading.Lock()
        self._worker: Backend[Any] | None = None
        self._loaded: Loaded | None = None
        self._file_sha256: str | None = None

    def __enter__(self) -> "Generator":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Process id of the worker, if there is one."""
        worker = self._worker
        return worker.pid if worker and worker.alive else None

    def load(self) -> None:
        """Load the model now, and wait for it."""
        with self._lock:
            for _ in self._ready_worker():
                pass

    def close(self) -> None:
        """End the worker; a running answer ends in GenerationFailed. The next question loads again."""
        worker, self._worker = self._worker, None
        if worker:
            worker.close()

    def cancel(self) -> None:
        """End the running answer, in the middle of its prompt too; it is Done with "cancelled".

        One whose model is still being loaded ends as soon as that is done.
        """
        worker = self._worker
        if worker:
            worker.cancel()

    def generate(
        self,
        messages: Sequence[Message],
        *,
        stop: Sequence[str] = (),
        mode: TimingMode = "interactive",
        sharing: int = 1,
    ) -> Iterator[Event]:
        """Continue a conversation: Loading, PromptProgress, pieces of text, and last Done.

        `sharing`: how many models answer at the same time and divide the cores; this one gets its part.
        """
        with self._lock:
            yield from self._ready_worker()
            tokens = self._tokenize(messages, mode)
            assert self._loaded
            require_room(self.spec, self._loaded, len(tokens))
            yield from self._generate(tokens, (*stop, *self._stops()), mode, CoreShare(sharing))

    def stream(
        self,
        question: str,
        matches: Sequence[Match],
        *,
        history: Sequence[Exchange] = (),
        mode: TimingMode = "interactive",
        sharing: int | CoreShare = 1,
    ) -> Iterator[Loading | PromptProgress | Piece | Answer]:
        """Answer `question` from `matches` (best first): the same events, but last the whole Answer.

        `history`: earlier exchanges, oldest first. The oldest are dropped until the prompt leaves room for
        an answer, then the lowest-ranked passages; raises PromptTooLong if not even one fits.
        """
        asked = time.perf_counter()
        share = CoreShare(sharing) if isinstance(sharing, int) else sharing
        with self._lock:
            queue_s = time.perf_counter() - asked
            yield from self._ready_worker()
            prompt, events = yield from self._begin(question, matches, history, mode, share)
            assert self._loaded
            origin = origin_of(prompt.messages, self._file_sha256, self._loaded.engine)
            transcript = Transcript()
            for event in events:
                transcript.take(event)
                if not isinstance(event, Done):
                    yield event
                    continue
                yield Answer(
                    model=self.spec.name,
                    question=question,
                    text=transcript.text.rstrip(),
                    matches=prompt.matches,
                    dropped=len(matches) - len(prompt.matches),
                    stop_reason=event.stop_reason,
                    timing=event.timing,
                    memory=event.memory,
                    predicted_bytes=self.predicted.process if self.predicted else None,
                    load_s=self._live().load_s,
                    queue_s=queue_s + event.waited_s,
                    mode=mode,
                    shared=share.shared,
                    reasoning=transcript.reasoning.rstrip(),
                    history=prompt.history,
                    history_dropped=len(history) - len(prompt.history),
                    origin=origin,
                )

    def answer(
        self,
        question: str,
        matches: Sequence[Match],
        *,
        history: Sequence[Exchange] = (),
        mode: TimingMode = "interactive",
        sharing: int | CoreShare = 1,
    ) -> Answer:
        """The last event of `stream`."""
        *_, last = self.stream(question, matches, history=history, mode=mode, sharing=sharing)
        assert isinstance(last, Answer)
        return last

    def _begin(
        self,
        question: str,
        matches: Sequence[Match],
        history: Sequence[Exchange],
        mode: TimingMode,
        share: CoreShare,
    ) -> EventsOf[PromptProgress, None, tuple[Prompt, Iterator[Event]]]:
        prompt = self._fit(question, matches, history, mode)
        if self.spec.remote:
            yield PromptProgress(done=0, total=len(prompt.tokens))  # estimated; all that is heard of it
        events = self._generate(prompt.tokens, self._stops(), mode, share)
        try:
            return prompt, chain([next(events)], events)
        except PromptTooLong:
            # Only a server finds that out when it is asked.
            if not (shorter := prompt.shorter()):
                raise
            return (yield from self._begin(question, *shorter, mode, share))

    def _ready_worker(self) -> Iterator[Loading]:
        """Start a worker unless a live one is there, and load the model into it."""
        with self._starting:
            worker = self._worker
            if worker and worker.alive:
                worker.begin()
                return
            self.close()
            if self.header and not self.force:
                require_memory(self.spec.name, self.header, self.spec.n_ctx)
            worker = self._worker = open_backend(self.spec, self.path)
            try:
                for reply in worker.load():
                    if isinstance(reply, Loading):
                        yield reply
                    else:
                        self._loaded = reply
            except BaseException:
                # Failed, interrupted or no longer waited for: the next question must not meet half a model.
                worker.close()
                raise
            # Now, when nobody is timed; once for each file, then it is remembered. A file may be gone by now.
            with suppress(OSError):
                self._file_sha256 = file_sha256(self.path, self._home) if self.path else None

    def _live(self) -> Backend[Any]:
        if not self._worker:
            raise GenerationFailed(f"{self.spec.name} was closed while it answered.")
        return self._worker

    def _tokenize(self, messages: Sequence[Message], mode: TimingMode) -> Sized:
        assert self._loaded
        turns = messages if self._loaded.chat else completion_messages(messages)
        prompt: Sized = self._live().tokenize(turns, continues=mode == "interactive")
        return prompt

    def _stops(self) -> tuple[str, ...]:
        assert self._loaded
        return () if self._loaded.chat else COMPLETION_STOPS

    def _generate(
        self, tokens: Sized, stop: tuple[str, ...], mode: TimingMode, share: CoreShare
    ) -> Iterator[Event]:
        assert self._loaded
        sampling = sampling_of(self.spec, self._loaded, len(tokens), stop)
        worker = self._live()
        share.follow(worker.thread_setter())
        try:
            # Measured answers all start from an empty cache: a reused prompt makes the first word look fast.
            yield from worker.generate(tokens, sampling, share.threads, reuse=mode == "interactive")
        finally:
            share.follow(None)

    def _fit(
        self, question: str, matches: Sequence[Match], history: Sequence[Exchange], mode: TimingMode
    ) -> Prompt:
        assert self._loaded
        room = prompt_room(self.spec, self._loaded)
        for kept, turns in shortened(matches, history):
            messages = answer_messages(question, [match.passage for match in kept], turns)
            tokens = self._tokenize(messages, mode)
            if len(tokens) <= room:
                return Prompt(messages, tokens, kept, turns)
        raise PromptTooLong(
            f"The question and its best passage take {len(tokens)} tokens; {self.spec.name} has room for "
            f"{room}. Ask a shorter question, or raise models.{self.spec.name}.n_ctx in the settings."
        )
