"""The caller's end of a worker process: start it, ask it, cancel it, notice its death.

Knows the protocol of `generator.llama.worker`; knows nothing of questions, reviews or llama.cpp.
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from config.errors import GenerationFailed, ModelUnavailable
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
from models.llama_process import COMPILE_AGAIN, llama_environment


class WorkerProcess:
    """A process with one model. One request at a time; `cancel` and `close` from any thread."""

    def __init__(self, path: Path, n_ctx: int, sequences: int = 1, adapter: Adapter | None = None) -> None:
        """Start it; the first thing to do is to exhaust `load()`. `sequences`: answers at once."""
        # A file, not a pipe: nobody reads along, and a full pipe would stop the worker.
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._started = time.perf_counter()
        attached = (str(adapter.path), str(adapter.scale)) if adapter else ()
        # -P: a folder named like one of our packages in the current directory must not be imported.
        command = [sys.executable, "-P", "-m", "generator.llama.worker"]
        self._process = subprocess.Popen(
            [*command, str(path), str(n_ctx), str(sequences), *attached],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            # A group of its own: Ctrl-C is for the caller, who decides what becomes of the model.
            process_group=0,
            env=llama_environment(),
        )
        # Numbers what is asked, so that a late reply or cancellation is never taken for another's. The
        # replies while the model is loaded bear a 0.
        self._question = 1
        self._closed = False
        self.load_s = 0.0

    @property
    def alive(self) -> bool:
        """Whether the process is there to be asked."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id, to watch its memory from outside."""
        return self._process.pid

    def load(self) -> Iterator[Loading | Loaded]:
        """Progress, then Loaded; `load_s` then holds the seconds since the process was started.

        Raises ModelUnavailable if llama.cpp refuses the file.
        """
        for reply in self._replies(0):
            if isinstance(reply, Failed):
                self.close()
                raise ModelUnavailable(reply.reason)
            if isinstance(reply, Loaded):
                self.load_s = time.perf_counter() - self._started
            if isinstance(reply, Loading | Loaded):
                yield reply
            if isinstance(reply, Loaded):
                return

    def begin(self) -> None:
        """Begin a question: a `cancel` from now on is for it, also before its `generate`."""
        self._question += 1

    def tokenize(self, messages: Sequence[Message], continues: bool = False) -> list[int]:
        """The prompt's tokens, rendered by the model's own template.

        `continues`: what the cache holds already, an earlier answer too, is spelled as it is there.
        """
        turns = [asdict(message) for message in messages]
        self._send({"do": "tokenize", "messages": turns, "continues": continues})
        for reply in self._replies(self._question):
            if isinstance(reply, Tokenized):
                return reply.tokens
            if isinstance(reply, Failed):
                raise GenerationFailed(reply.reason)
        raise AssertionError("unreachable: _replies raises when they end")

    def generate(
        self, tokens: Sequence[int], sampling: Sampling, threads: int, reuse: bool
    ) -> Iterator[Event]:
        """PromptProgress, pieces of text, and last Done. A caller that leaves early cancels."""
        self._send(
            {
                "do": "generate",
                "tokens": list(tokens),
                "sampling": asdict(sampling),
                "threads": threads,
                "reuse": reuse,
            }
        )
        finished = False
        try:
            for reply in self._replies(self._question):
                finished = isinstance(reply, Done | Failed)
                if isinstance(reply, Failed):
                    raise GenerationFailed(reply.reason)
                assert not isinstance(reply, Loaded | Tokenized)
                yield reply
                if finished:
                    return
        finally:
            if not finished:
                self.cancel()
            # Whoever asks next does not find the rest of this answer.
            self.begin()

    def cancel(self) -> None:
        """End the answer to this question; its Done comes at once, with the reason "cancelled"."""
        # A process that has ended has nothing to cancel: who waits for its replies hears of it.
        with suppress(GenerationFailed):
            self._send({"do": "cancel"})

    def thread_setter(self) -> Callable[[int], None]:
        """Sets the number of threads of this question's answer, also while it is being written."""
        question = self._question

        def set_threads(threads: int) -> None:
            with suppress(GenerationFailed):
                self._send({"do": "threads", "threads": threads}, question)

        return set_threads

    def close(self) -> None:
        """End the process and free its memory; a running answer ends in GenerationFailed."""
        self._closed = True
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._stderr):
            # What a dead process did not take any more is lost with it.
            with suppress(BrokenPipeError):
                if stream:
                    stream.close()

    def _send(self, request: dict[str, Any], question: int | None = None) -> None:
        assert self._process.stdin
        line = json.dumps({**request, "question": question or self._question}).encode() + b"\n"
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        # ValueError: another thread has closed it.
        except (BrokenPipeError, ValueError):
            raise GenerationFailed(self._death()) from None
        except BaseException:
            # Interrupted: after half a line the process would understand nothing any more.
            self.close()
            raise

    def _replies(self, question: int) -> Iterator[Reply]:
        while line := self._line():
            number, reply = from_line(line)
            if number == question:
                yield reply
        raise GenerationFailed(self._death())

    def _line(self) -> bytes:
        """The next reply; empty when the process has ended or another thread has closed it."""
        assert self._process.stdout
        try:
            line = self._process.stdout.readline()
        except ValueError:
            return b""
        # A process that died while it wrote leaves half a line.
        return line if line.endswith(b"\n") else b""

    def _death(self) -> str:
        if self._closed:
            return "The model was closed before its answer was complete. Ask again."
        code = self._process.wait()
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        hint = {
            -signal.SIGKILL: " The system may have run out of memory.",
            -signal.SIGILL: f" {COMPILE_AGAIN}.",
        }.get(code, "")
        last_words = self._last_words()
        return f"The model's process ended by {how}.{hint} The next question starts it anew." + (
            f" Its last words: {last_words}" if last_words else ""
        )

    def _last_words(self) -> str:
        # ValueError: another thread has closed it meanwhile.
        with suppress(ValueError):
            self._stderr.seek(0)
            return self._stderr.read()[-500:].decode(errors="replace").strip()
        return ""
