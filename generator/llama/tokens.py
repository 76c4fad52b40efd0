"""Messages become the tokens of one prompt, as the model's own file says.

Knows llama.cpp's tokenizer and chat templates; knows nothing of generation or reviews.
"""

import re
from collections.abc import Sequence
from typing import Any, Protocol

import llama_cpp

from generator.events import Message
from generator.llama.chat_template import ChatTemplate
from generator.llama.special_texts import special_texts, token_text
from generator.reasoning_tags import LIKE_A_MARK


class HasVocabulary(Protocol):
    """Whose prompts are tokenized: a loaded model, or a file of which only the vocabulary was read."""

    vocab: Any

    @property
    def chat_template(self) -> str | None:
        """The Jinja template that the file carries, if any."""


def chat_template(model: HasVocabulary) -> ChatTemplate | None:
    """The model's template, if it has one. Raises EngineError if that is none."""
    if not model.chat_template:
        return None
    bos, eos = llama_cpp.llama_vocab_bos(model.vocab), llama_cpp.llama_vocab_eos(model.vocab)
    return ChatTemplate(model.chat_template, token_text(model.vocab, bos), token_text(model.vocab, eos))


class Tokenizer:
    """Renders and tokenizes prompts for one model."""

    def __init__(self, model: HasVocabulary) -> None:
        self._vocab = model.vocab
        self._bos = llama_cpp.llama_vocab_bos(self._vocab)
        self._template = chat_template(model)
        self._special = _pattern(special_texts(self._vocab, model.chat_template or ""))

    def tokens(self, messages: Sequence[Message]) -> list[int]:
        """The prompt with exactly one BOS, if the model wants one.

        With a chat template: what it renders. Without: the contents, one after the other, as the start
        of a text to complete. Special tokens that stand in a content are taken apart, so that no review
        can end its own quotation. Raises EngineError for a template that refuses or leaves out content.
        """
        safe = [Message(message.role, self._neutral(message.content)) for message in messages]
        tokens = self._tokenize(
            self._template.render(safe)
            if self._template
            else "\n\n".join(message.content for message in safe)
        )
        # Many templates write the BOS that the tokenizer adds as well.
        if len(tokens) > 1 and tokens[0] == tokens[1] == self._bos:
            del tokens[0]
        return tokens

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
                return self._open(list(buffer[:count]))
            # Too small: some vocabularies spell a space, which is put in front too, with three tokens.
            size = -count

    def _open(self, tokens: list[int]) -> list[int]:
        """Without the end that some tokenizers put behind every text: the answer goes on from it."""
        adds_end = llama_cpp.llama_vocab_get_add_eos(self._vocab)
        ended = adds_end and tokens[-1:] == [llama_cpp.llama_vocab_eos(self._vocab)]
        return tokens[:-1] if ended else tokens


def _pattern(texts: Sequence[str]) -> re.Pattern[str]:
    """Matches any of the texts, the longest first; one-character ones are ordinary text.

    And, whatever the vocabulary, the tags of reasoning: no review may hide an answer between them.
    """
    longest_first = sorted((text for text in texts if len(text) > 1), key=len, reverse=True)
    return re.compile("|".join([*map(re.escape, longest_first), LIKE_A_MARK]))
