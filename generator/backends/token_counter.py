"""How many tokens prompts take, told by a file's own tokenizer without loading the model.

Knows the protocol of `generator.llama.vocabulary`; knows nothing of questions or reviews.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Self

from config.errors import ModelUnavailable
from generator.events import Message
from generator.prompts.prompt import completion_messages
from models.gguf.header import read_header
from models.llama_process import llama_environment


class TokenCounter:
    """Counts the tokens of conversations, as the model at `path` would be given them. For a `with` block.

    `chat`: it has a chat template; `reasons`: it knows reasoning blocks. Raises ModelUnavailable if llama.cpp
    cannot read the file, or its template refuses a conversation.
    """

    def __init__(self, path: Path) -> None:
        read_header(path)  # a bad one is refused here, before llama.cpp sees it
        self._path = path
        # -P: a folder named like one of our packages in the current directory must not be imported.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "generator.llama.vocabulary", str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=llama_environment(),
        )
        try:
            about = self._reply()
        except BaseException:
            self.close()
            raise
        self.chat: bool = about["chat"]
        self.reasons: bool = about["reasons"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def tokens(self, messages: Sequence[Message]) -> range:
        """Its len() is the number of tokens."""
        turns = messages if self.chat else completion_messages(messages)
        assert self._process.stdin
        # One that has ended gives no reply.
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps([asdict(message) for message in turns]) + "\n")
            self._process.stdin.flush()
        return range(self._reply()["tokens"])

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        # What a dead process did not take any more is lost with it.
        with suppress(BrokenPipeError), self._process:
            pass

    def _reply(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        reply: dict[str, Any] = json.loads(line) if line else {"error": "llama.cpp gave no reason"}
        if "error" in reply:
            raise ModelUnavailable(
                f"The tokens of {self._path.name} cannot be counted: {reply['error'].rstrip('.')}."
            )
        return reply
