"""The process that counts a prompt's tokens without its model: only the vocabulary of the file is read.

Started by `generator.backends.token_counter`. Lines of JSON: it first tells of the model, then answers each
conversation with the number of its tokens. In a process of its own, because llama.cpp aborts on some damage.
"""

import json
import os
import sys
from typing import Any

import llama_cpp

from generator.events import Message
from generator.llama.engine_log import EngineError, EngineLog
from generator.llama.special_texts import token_text
from generator.llama.tokens import Tokenizer
from generator.reasoning_tags import known


class Vocabulary:
    """A file's vocabulary and chat template. Raises EngineError if llama.cpp cannot read them."""

    def __init__(self, path: str) -> None:
        log = EngineLog()
        llama_cpp.llama_backend_init()
        params = llama_cpp.llama_model_default_params()
        params.vocab_only = True
        model = llama_cpp.llama_model_load_from_file(path.encode(), params)
        if not model:
            raise EngineError(f"llama.cpp cannot load {path}: {log.last_error()}")
        self.vocab: Any = llama_cpp.llama_model_get_vocab(model)
        template = llama_cpp.llama_model_chat_template(model, None)
        self._template = template.decode(errors="replace") if template else None

    @property
    def chat_template(self) -> str | None:
        """The Jinja template that the file carries, if any."""
        return self._template

    @property
    def reasons(self) -> bool:
        """Whether the vocabulary or the chat template knows reasoning blocks."""
        tokens = range(llama_cpp.llama_vocab_n_tokens(self.vocab))
        return known(self._template or "", (token_text(self.vocab, token) for token in tokens))


def main() -> None:
    """`python -m generator.llama.vocabulary FILE`."""
    # llama.cpp and its backends may print: what they print must not mix with the replies.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        vocabulary = Vocabulary(sys.argv[1])
        tokenizer = Tokenizer(vocabulary)
    except EngineError as error:
        print(json.dumps({"error": str(error)}), file=replies)
        return
    about = {"chat": vocabulary.chat_template is not None, "reasons": vocabulary.reasons}
    print(json.dumps(about), file=replies)
    for line in sys.stdin:
        messages = [Message(**message) for message in json.loads(line)]
        try:
            print(json.dumps({"tokens": len(tokenizer.tokens(messages))}), file=replies)
        except EngineError as error:
            print(json.dumps({"error": str(error)}), file=replies)


if __name__ == "__main__":
    main()
