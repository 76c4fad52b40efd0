"""The process that holds one model: requests come as lines of JSON on standard input, replies leave on
standard output.

Started by `generator.backends.worker_process`, its only client. It ends when its input ends, so no worker
outlives its caller. Imports llama.cpp and little else: whatever it imports is counted as the model's.
"""

import json
import os
import sys
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import Any, BinaryIO

from generator.events import Adapter, Failed, Loading, Message, Reply, Sampling, Tokenized, to_line
from generator.llama.batch_worker import BatchWorker
from generator.llama.engine import Engine
from generator.llama.engine_log import EngineError
from generator.llama.respell import respell
from generator.llama.tokens import Tokenizer


class Worker:
    """Serves one request after the other; a cancellation overtakes them."""

    def __init__(self, replies: BinaryIO) -> None:
        self._replies = replies
        self._requests: SimpleQueue[dict[str, Any]] = SimpleQueue()
        # A cancellation may come before, during or after its question: the lock keeps it to its own.
        self._lock = threading.Lock()
        self._cancelled: set[int] = set()
        # How many threads a question shall get, where that changed since it was asked.
        self._threads: dict[int, int] = {}
        # The question being answered; 0 while the model is loaded.
        self._question = 0
        self._engine: Engine | None = None

    def run(self, path: Path, n_ctx: int, adapter: Adapter | None) -> None:
        """Load the model, then serve until standard input ends."""
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            self._engine = Engine(path, n_ctx, lambda fraction: self._reply(Loading(fraction)), adapter)
            tokenizer = Tokenizer(self._engine)
        except EngineError as error:
            self._reply(Failed(str(error)))
            return
        self._reply(self._engine.loaded)
        while True:
            self._serve(self._requests.get(), self._engine, tokenizer)

    def _listen(self) -> None:
        try:
            for line in sys.stdin:
                request = json.loads(line)
                if request["do"] == "cancel":
                    self._cancel(request["question"])
                elif request["do"] == "threads":
                    self._set_threads(request["question"], request["threads"])
                else:
                    self._requests.put(request)
        finally:
            # Also after half a line, from a caller that died while it wrote.
            os._exit(0)

    def _cancel(self, question: int) -> None:
        with self._lock:
            self._cancelled.add(question)
            if self._engine and self._question == question:
                self._engine.cancel()

    def _set_threads(self, question: int, threads: int) -> None:
        with self._lock:
            self._threads[question] = threads
            if self._engine and self._question == question:
                self._engine.set_threads(threads)

    def _serve(self, request: dict[str, Any], engine: Engine, tokenizer: Tokenizer) -> None:
        self._question = request["question"]
        try:
            if request["do"] == "tokenize":
                messages = [Message(**message) for message in request["messages"]]
                tokens = tokenizer.tokens(messages)
                if request["continues"]:
                    tokens = respell(tokens, engine.cached, engine.piece)
                self._reply(Tokenized(tokens))
            elif request["do"] == "generate":
                self._generate(request, engine)
        except EngineError as error:
            self._reply(Failed(str(error)))

    def _generate(self, request: dict[str, Any], engine: Engine) -> None:
        fields = request["sampling"]
        sampling = Sampling(**{**fields, "stop": tuple(fields["stop"])})
        with self._lock:
            self._forget_earlier_questions()
            engine.clear_cancel()
            if self._question in self._cancelled:
                engine.cancel()
            threads = self._threads.get(self._question, request["threads"])
            events = engine.generate(request["tokens"], sampling, threads, request["reuse"])
        for event in events:
            self._reply(event)

    def _forget_earlier_questions(self) -> None:
        # What was said of them too late; a worker answers thousands.
        now = self._question
        self._cancelled = {question for question in self._cancelled if question >= now}
        self._threads = {question: n for question, n in self._threads.items() if question >= now}

    def _reply(self, reply: Reply) -> None:
        # Not `os.write`: it writes half a line if the process is stopped meanwhile, as when a machine sleeps.
        self._replies.write(to_line(self._question, reply))
        self._replies.flush()


def main() -> None:
    """`python -m generator.llama.worker FILE N_CTX SEQUENCES [ADAPTER SCALE]`.

    SEQUENCES: how many answers it writes at once; ADAPTER: a LoRA's file, SCALE: how strongly it counts.
    """
    # llama.cpp and its backends may print: what they print must not mix with the replies.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    path, n_ctx, sequences = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    adapter = Adapter(Path(sys.argv[4]), float(sys.argv[5])) if sys.argv[4:] else None
    if sequences > 1:
        BatchWorker(replies).run(path, n_ctx, sequences, adapter)
    else:
        Worker(replies).run(path, n_ctx, adapter)


if __name__ == "__main__":
    main()
