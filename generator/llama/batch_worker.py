"""The process that holds one model and answers several questions at once, by the protocol of `worker`.

Knows how questions come and events leave; knows nothing of how they share a batch.
"""

import json
import os
import sys
import threading
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO

from generator.events import Adapter, Failed, Loading, Message, Reply, Sampling, Tokenized, to_line
from generator.llama.batch_engine import BatchEngine
from generator.llama.engine_log import EngineError
from generator.llama.tokens import Tokenizer


class BatchWorker:
    """Takes questions while it answers others. Prompts are tokenized at once, beside what is computed."""

    def __init__(self, replies: BinaryIO) -> None:
        self._replies = replies
        # Two threads reply.
        self._lock = threading.Lock()
        self._asked: SimpleQueue[dict[str, Any]] = SimpleQueue()

    def run(self, path: Path, n_ctx: int, sequences: int, adapter: Adapter | None) -> None:
        """Load the model, then serve until standard input ends."""
        try:
            engine = BatchEngine(path, n_ctx, sequences, lambda done: self._reply(0, Loading(done)), adapter)
            tokenizer = Tokenizer(engine)
        except EngineError as error:
            self._reply(0, Failed(str(error)))
            return
        threading.Thread(target=self._listen, args=(engine, tokenizer), daemon=True).start()
        self._reply(0, engine.loaded)
        while True:
            self._take(engine)
            for question, event in engine.step():
                self._reply(question, event)

    def _listen(self, engine: BatchEngine, tokenizer: Tokenizer) -> None:
        try:
            for line in sys.stdin:
                request = json.loads(line)
                if request["do"] == "cancel":
                    engine.drop(request["question"])
                elif request["do"] == "tokenize":
                    self._tokenize(request, tokenizer)
                elif request["do"] == "generate":
                    self._asked.put(request)
        finally:
            # Also after half a line, from a caller that died while it wrote.
            os._exit(0)

    def _tokenize(self, request: dict[str, Any], tokenizer: Tokenizer) -> None:
        messages = [Message(**message) for message in request["messages"]]
        try:
            self._reply(request["question"], Tokenized(tokenizer.tokens(messages)))
        except EngineError as error:
            self._reply(request["question"], Failed(str(error)))

    def _take(self, engine: BatchEngine) -> None:
        """Hand over what has been asked meanwhile; wait for it if there is nothing else to do."""
        while True:
            try:
                request = self._asked.get(block=engine.idle)
            except Empty:
                return
            fields = request["sampling"]
            sampling = Sampling(**{**fields, "stop": tuple(fields["stop"])})
            engine.set_threads(request["threads"])
            engine.add(request["question"], request["tokens"], sampling, request["reuse"])

    def _reply(self, question: int, reply: Reply) -> None:
        with self._lock:
            # All of the line, as in `worker`.
            self._replies.write(to_line(question, reply))
            self._replies.flush()
