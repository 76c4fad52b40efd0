"""Texts with their vectors: what is claimed, and what might support it. Knows no answers and no reviews."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from generator.support.wording import Wording, wording
from generator.verbatim.sentences import sentence_pieces
from retriever.embedder import Embedder, Vectors
from retriever.stance import unit


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """A text and its unit vector, of shape (dimension,)."""

    text: str
    vector: Vectors
    wording: Wording


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A text to look for support in: its sentences, and their windows, in which a claim may be found.

    `vectors`: of the windows, shape (windows, dimension).
    """

    sentences: tuple[Statement, ...]
    windows: tuple[Statement, ...]
    vectors: Vectors
    wording: Wording


def sentences_of(text: str) -> list[str]:
    """The sentences that hold a letter or digit."""
    return [sentence for _, sentence in sentence_pieces(text) if any(map(str.isalnum, sentence))]


def windows_of(text: str) -> list[str]:
    """Each sentence, each pair of neighbours, and the whole: what one claim may sum up."""
    sentences = sentences_of(text)
    pairs = [f"{first} {second}" for first, second in pairwise(sentences)]
    return list(dict.fromkeys([*sentences, *pairs, text]))


class Reading:
    """Every text that scores will ask for, embedded in one call."""

    def __init__(self, texts: Iterable[str], embedder: Embedder) -> None:
        distinct = list(dict.fromkeys(texts))
        vectors = unit(embedder.embed_passages(distinct))
        self._statements: Mapping[str, Statement] = {
            text: Statement(text, vector, wording(text))
            for text, vector in zip(distinct, vectors, strict=True)
        }
        self._sources: dict[str, Source] = {}

    def statement(self, text: str) -> Statement:
        """The text as it was read."""
        return self._statements[text]

    def source(self, text: str) -> Source | None:
        """The text to look for support in; None if it has no sentence. Its windows must have been read."""
        if text not in self._sources:
            sentences = tuple(map(self.statement, sentences_of(text)))
            windows = tuple(map(self.statement, windows_of(text)))
            if not sentences:
                return None
            self._sources[text] = Source(
                sentences, windows, np.stack([window.vector for window in windows]), wording(text)
            )
        return self._sources[text]

    def sources(self, texts: Iterable[str]) -> list[Source]:
        """Those of the texts that have a sentence."""
        return list(_present(map(self.source, texts)))


def _present(sources: Iterable[Source | None]) -> Iterator[Source]:
    yield from (source for source in sources if source)
