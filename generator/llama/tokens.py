"""Messages become the tokens of one prompt, as the model's own file says.

Knows llama.cpp's tokenizer and chat templates; knows nothing of generation or reviews.
"""

import re
from collections.abc import Sequence
from typing import Any, Protocol

import llama_cpp
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

from generator.answer_stream import CLOSE, OPEN
from generator.events import Message
from generator.llama.engine_log import EngineError

_NUMBER = re.compile(r"\[\d+\]")


class HasVocabulary(Protocol):
    """Whose prompts are tokenized: a loaded model, or a file of which only the vocabulary was read."""

    vocab: Any

    @property
    def chat_template(self) -> str | None:
        """The Jinja template that the file carries, if any."""


class Tokenizer:
    """Renders and tokenizes prompts for one model."""

    def __init__(self, model: HasVocabulary) -> None:
        self._vocab = model.vocab
        self._bos = llama_cpp.llama_vocab_bos(self._vocab)
        template = model.chat_template
        self._formatter = self._compile(template) if template else None
        self._special = _pattern(self._special_texts())

    def tokens(self, messages: Sequence[Message]) -> list[int]:
        """The prompt with exactly one BOS, if the model wants one.

        With a chat template: what it renders. Without: the contents, one after the other, as the start
        of a text to complete. Special tokens that stand in a content are taken apart, so that no review
        can end its own quotation.
        """
        safe = [Message(message.role, self._neutral(message.content)) for message in messages]
        tokens = self._tokenize(self._render(safe))
        # Many templates write the BOS that the tokenizer adds as well.
        if len(tokens) > 1 and tokens[0] == tokens[1] == self._bos:
            del tokens[0]
        return tokens

    def _compile(self, template: str) -> Jinja2ChatFormatter:
        try:
            return Jinja2ChatFormatter(
                template,
                eos_token=self._text(llama_cpp.llama_vocab_eos(self._vocab)),
                bos_token=self._text(self._bos),
            )
        except Exception as error:
            raise EngineError(f"The model's chat template cannot be used: {error}") from error

    def _render(self, messages: Sequence[Message]) -> str:
        if not self._formatter:
            return "\n\n".join(message.content for message in messages)
        turns: Any = [{"role": message.role, "content": message.content} for message in messages]
        try:
            return str(self._formatter(messages=turns).prompt)
        # A template is a program from elsewhere: whatever it raises is its way to refuse.
        except Exception as error:
            raise EngineError(f"The model's chat template refuses this conversation: {error}") from error

    def _neutral(self, content: str) -> str:
        # A space behind the last character too, which might begin another special token.
        return self._special.sub(lambda match: "".join(f"{char} " for char in match[0]), content)

    def _tokenize(self, text: str) -> list[int]:
        # Half of a surrogate pair, as of an undecodable argument of a command, is no character: "?".
        data = text.encode(errors="replace")
        size = len(data) + 2
        while True:
            buffer = (llama_cpp.llama_token * size)()
            count = llama_cpp.llama_tokenize(self._vocab, data, len(data), buffer, size, True, True)
            if count >= 0:
                return list(buffer[:count])
            # Too small: some vocabularies spell a space, which is put in front too, with three tokens.
            size = -count

    def _text(self, token: int) -> str:
        text = llama_cpp.llama_vocab_get_text(self._vocab, token) if token >= 0 else b""
        return str(text.decode(errors="replace"))

    def _special_texts(self) -> list[str]:
        count = llama_cpp.llama_vocab_n_tokens(self._vocab)
        # What llama.cpp's tokenizer takes for one token when told to parse special ones.
        special = (
            llama_cpp.LLAMA_TOKEN_ATTR_CONTROL
            | llama_cpp.LLAMA_TOKEN_ATTR_USER_DEFINED
            | llama_cpp.LLAMA_TOKEN_ATTR_UNKNOWN
        )
        texts = [
            self._text(token)
            for token in range(count)
            if llama_cpp.llama_vocab_get_attr(self._vocab, token) & special
        ]
        # `[7]`, where it is one token, is for a prompt to write; reviews lose theirs (prompts.quotation).
        texts = [text for text in texts if not _NUMBER.fullmatch(text)]
        # Nor may a review hide an answer as reasoning, where the vocabulary does not know these.
        return [*texts, OPEN, CLOSE]


def _pattern(texts: Sequence[str]) -> re.Pattern[str]:
    """Matches any of the texts, the longest first; one-character ones are ordinary text."""
    longest_first = sorted((text for text in texts if len(text) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
