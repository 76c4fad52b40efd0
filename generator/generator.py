"""The Generator: any configured model answers questions from passages, honestly measured.

One Generator, one model, one process or server. Knows prompts and figures; knows nothing of databases.
"""

import os
import threading
import time
from collections.abc import Generator as EventsOf
from collections.abc import Iterator, Sequence, Sized
from dataclasses import dataclass
from itertools import chain
from typing import Any

from config import ModelSpec, Settings
from config.errors import GenerationFailed, PromptTooLong
from generator.answer import Answer
from generator.backend import Backend, open_backend
from generator.events import (
    Done,
    Event,
    Loaded,
    Loading,
    Message,
    PromptProgress,
    Sampling,
    Text,
    TimingMode,
)
from generator.prompt import COMPLETION_CUE, COMPLETION_STOPS, answer_messages
from models.files import require_file
from models.header import read_header
from models.memory import predict_memory
from retriever.passage import Match

# Of the context, at least this share is kept for the answer: the experiment asks for 2,000 tokens in
# a context of 1,024, and a prompt that leaves no room to answer is of no use.
ANSWER_SHARE = 4


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt that fits: its tokens as the backend takes them, and the matches that are in it."""

    tokens: Sized
    matches: tuple[Match, ...]


class Generator:
    """Loads `spec`'s file into a process of its own when first asked; one behind a server is only asked.

    Thread-safe: one answer at a time, of a server `concurrency`. Raises ModelUnavailable at once if the file
    is missing. A process that died is started anew by the next question; `close()` frees the memory.
    """

    def __init__(self, spec: ModelSpec, settings: Settings) -> None:
        self.spec = spec
        self.path = None if spec.remote else require_file(spec, settings)
        self.predicted = predict_memory(read_header(self.path), spec.n_ctx) if self.path else None
        self._lock, self._starting = threading.Semaphore(spec.concurrency), threading.Lock()
        self._worker: Backend[Any] | None = None
        self._loaded: Loaded | None = None

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
            list(self._ready_worker())

    def close(self) -> None:
        """End the worker; a running answer ends in GenerationFailed. The next question loads again."""
        worker, self._worker = self._worker, None
        if worker:
            worker.close()

    def cancel(self) -> None:
        """End the running answer, in the middle of its prompt too; it is Done with "cancelled".

        Of a server it ends all that run. One whose model is still being loaded ends once that is done.
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
        """Continue a conversation: Loading, PromptProgress, Text, and last Done.

        `sharing`: how many models answer at the same time and divide the cores; this one gets its part.
        """
        with self._lock:
            yield from self._ready_worker()
            tokens = self._tokenize(messages)
            self._require_room(tokens)
            yield from self._generate(tokens, (*stop, *self._stops()), mode, sharing)

    def stream(
        self,
        question: str,
        matches: Sequence[Match],
        *,
        mode: TimingMode = "interactive",
        sharing: int = 1,
    ) -> Iterator[Loading | PromptProgress | Text | Answer]:
        """Answer `question` from `matches` (best first): the same events, but last the whole Answer.

        Lowest-ranked passages are dropped until the prompt leaves room for an answer; raises
        PromptTooLong if not even one fits.
        """
        asked = time.perf_counter()
        with self._lock:
            queue_s = time.perf_counter() - asked
            yield from self._ready_worker()
            prompt, events = yield from self._begin(question, matches, mode, sharing)
            pieces: list[str] = []
            for event in events:
                if isinstance(event, Text):
                    pieces.append(event.text)
                if not isinstance(event, Done):
                    yield event
                    continue
                yield Answer(
                    model=self.spec.name,
                    question=question,
                    text="".join(pieces).rstrip(),
                    matches=prompt.matches,
                    dropped=len(matches) - len(prompt.matches),
                    stop_reason=event.stop_reason,
                    timing=event.timing,
                    memory=event.memory,
                    predicted_bytes=self.predicted.process if self.predicted else None,
                    load_s=self._live().load_s,
                    queue_s=queue_s + event.waited_s,
                    mode=mode,
                    shared=sharing > 1,
                )

    def answer(
        self,
        question: str,
        matches: Sequence[Match],
        *,
        mode: TimingMode = "interactive",
        sharing: int = 1,
    ) -> Answer:
        """The last event of `stream`."""
        *_, last = self.stream(question, matches, mode=mode, sharing=sharing)
        assert isinstance(last, Answer)
        return last

    def _begin(
        self, question: str, matches: Sequence[Match], mode: TimingMode, sharing: int
    ) -> EventsOf[PromptProgress, None, tuple[Prompt, Iterator[Event]]]:
        prompt = self._fit(question, matches)
        if self.spec.remote:
            yield PromptProgress(done=0, total=len(prompt.tokens))  # estimated; all that is heard of it
        events = self._generate(prompt.tokens, self._stops(), mode, sharing)
        try:
            return prompt, chain([next(events)], events)
        except PromptTooLong:
            # Only a server finds that out when it is asked: with the lowest-ranked passage dropped, again.
            if len(prompt.matches) < 2:
                raise
            return (yield from self._begin(question, prompt.matches[:-1], mode, sharing))

    def _ready_worker(self) -> Iterator[Loading]:
        """Start a worker unless a live one is there, and load the model into it."""
        with self._starting:
            worker = self._worker
            if worker and worker.alive:
                worker.begin()
                return
            self.close()
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

    def _live(self) -> Backend[Any]:
        if not self._worker:
            raise GenerationFailed(f"{self.spec.name} was closed while it answered.")
        return self._worker

    def _tokenize(self, messages: Sequence[Message]) -> Sized:
        assert self._loaded
        cue = () if self._loaded.chat else (COMPLETION_CUE,)
        prompt: Sized = self._live().tokenize([*messages, *cue])
        return prompt

    def _stops(self) -> tuple[str, ...]:
        assert self._loaded
        return () if self._loaded.chat else COMPLETION_STOPS

    def _generate(
        self, tokens: Sized, stop: tuple[str, ...], mode: TimingMode, sharing: int
    ) -> Iterator[Event]:
        sampling = Sampling(
            max_tokens=self.spec.max_tokens,
            temperature=self.spec.temperature,
            top_k=self.spec.top_k,
            top_p=self.spec.top_p,
            seed=self.spec.seed,
            stop=stop,
        )
        threads = max(1, usable_cores() // sharing)
        # Measured answers all start from an empty cache: a reused prompt would make the first word look fast.
        return self._live().generate(tokens, sampling, threads, reuse=mode == "interactive")

    def _fit(self, question: str, matches: Sequence[Match]) -> Prompt:
        assert self._loaded
        room = self._loaded.n_ctx - min(self.spec.max_tokens, self._loaded.n_ctx // ANSWER_SHARE)
        fewest = min(1, len(matches))
        for kept in range(len(matches), fewest - 1, -1):
            passages = [match.passage for match in matches[:kept]]
            tokens = self._tokenize(answer_messages(question, passages))
            if len(tokens) <= room:
                return Prompt(tokens, tuple(matches[:kept]))
        raise PromptTooLong(
            f"The question and its best passage take {len(tokens)} tokens; {self.spec.name} has room for "
            f"{room}. Ask a shorter question, or raise models.{self.spec.name}.n_ctx in the settings."
        )

    def _require_room(self, tokens: Sized) -> None:
        assert self._loaded
        if len(tokens) >= self._loaded.n_ctx:
            raise PromptTooLong(
                f"The conversation takes {len(tokens)} tokens; {self.spec.name} has a context of "
                f"{self._loaded.n_ctx}. Shorten it, or raise models.{self.spec.name}.n_ctx in the settings."
            )


def usable_cores() -> int:
    """The cores this process may run on. llama.cpp's own default is half of them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
