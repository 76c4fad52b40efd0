"""The process that holds one model: requests come as lines of JSON on standard input, replies leave on
standard output.

Started by `generator.worker_process`, its only client. It ends when its input ends, so no worker
outlives its caller. Imports llama.cpp and little else: whatever it imports is counted as the model's.
"""

import json
import os
import sys
import threading
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from generator.engine import Engine, EngineError
from generator.events import Failed, Loaded, Loading, Message, Reply, Sampling, Tokenized, to_line
from generator.tokens import Tokenizer


class Worker:
    """Serves one request after the other; a cancellation overtakes them."""

    def __init__(self, replies: int) -> None:
        self._replies = replies
        self._requests: SimpleQueue[dict[str, Any]] = SimpleQueue()
        # A cancellation may come before, during or after its request: the lock keeps it to its own.
        self._lock = threading.Lock()
        self._cancelled: set[int] = set()
        self._running: int | None = None
        self._engine: Engine | None = None

    def run(self, path: Path, n_ctx: int) -> None:
        """Load the model, then serve until standard input ends."""
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            self._engine = Engine(path, n_ctx, lambda fraction: self._reply(Loading(fraction)))
            tokenizer = Tokenizer(self._engine)
        except EngineError as error:
            self._reply(Failed(str(error)))
            return
        self._reply(
            Loaded(
                n_ctx=self._engine.n_ctx,
                chat=self._engine.chat_template is not None,
            )
        )
        while True:
            self._serve(self._requests.get(), self._engine, tokenizer)

    def _listen(self) -> None:
        for line in sys.stdin:
            request = json.loads(line)
            if request["do"] == "cancel":
                with self._lock:
                    self._cancelled.add(request["id"])
                    if self._engine and self._running == request["id"]:
                        self._engine.cancel()
            else:
                self._requests.put(request)
        os._exit(0)

    def _serve(self, request: dict[str, Any], engine: Engine, tokenizer: Tokenizer) -> None:
        try:
            if request["do"] == "tokenize":
                messages = [Message(**message) for message in request["messages"]]
                self._reply(Tokenized(tokenizer.tokens(messages)))
            elif request["do"] == "generate":
                self._generate(request, engine)
        except EngineError as error:
            self._reply(Failed(str(error)))

    def _generate(self, request: dict[str, Any], engine: Engine) -> None:
        with self._lock:
            self._running = request["id"]
            engine.clear_cancel()
            if self._running in self._cancelled:
                engine.cancel()
        fields = request["sampling"]
        sampling = Sampling(**{**fields, "stop": tuple(fields["stop"])})
        for event in engine.generate(request["tokens"], sampling, request["threads"], request["reuse"]):
            self._reply(event)
        with self._lock:
            self._running = None

    def _reply(self, reply: Reply) -> None:
        os.write(self._replies, to_line(reply))


def main() -> None:
    """`python -m generator.worker FILE N_CTX`."""
    # llama.cpp and its backends may print: what they print must not mix with the replies.
    replies = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    Worker(replies).run(Path(sys.argv[1]), int(sys.argv[2]))


if __name__ == "__main__":
    main()
