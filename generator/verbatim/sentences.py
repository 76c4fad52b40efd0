"""Passages become numbered sentences, each an exact piece of its passage.

Knows nothing of models or prompts. Imports a compiled library, so the worker does not import it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sentencex import segment

from retriever.passage import Passage

# Its rules for marks that end a sentence hold for every script; the language chooses the abbreviations.
_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of a passage: `text` is `passages[passage - 1].text[start:end]`, exactly.

    `passage` counts from 1, as citations do; `start` and `end` count characters.
    """

    passage: int
    start: int
    end: int
    text: str


def split_sentences(passages: Sequence[Passage]) -> tuple[Sentence, ...]:
    """All sentences that hold a letter or digit, in order; without the white space around them."""
    return tuple(
        Sentence(number, start, start + len(text), text)
        for number, passage in enumerate(passages, start=1)
        for start, text in sentence_pieces(passage.text)
        if any(map(str.isalnum, text))
    )


def sentence_pieces(text: str) -> Iterator[tuple[int, str]]:
    """Where each sentence of a text begins, and its characters, without the white space around them."""
    position = 0
    for piece in segment(_LANGUAGE, text):
        stripped = piece.strip()
        found = text.find(stripped, position) if stripped else -1
        # The splitter might normalise what it hands out; what is not found as it stands is not quoted.
        if found >= 0:
            yield found, stripped
            position = found + len(stripped)
