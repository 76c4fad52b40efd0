"""An answer's text in stretches that a report shows differently: citations, and what nothing supports.

Knows a text and places in it; knows nothing of how they are drawn.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from compare.scores import Span

_CITATION = re.compile(r"\[\d{1,3}(?:\s*,\s*\d{1,3})*\]")
# `[3]` is one piece, of `[3, 4]` each number.
_NUMBER = re.compile(r"\[\d{1,3}\]|\d{1,3}")


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of an answer; `cites`: the passage that they name, which there is only if `valid`."""

    text: str
    cites: int | None = None
    valid: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring pieces, all of a sentence that no passage supports, or none of them."""

    pieces: tuple[Piece, ...]
    unsupported: bool = False


def annotate(
    text: str, unsupported: Sequence[Span], valid: Collection[int], invalid: Collection[int]
) -> tuple[Stretch, ...]:
    """The text without a character lost; `valid` and `invalid`: the numbers that count as citations."""
    stretches, position = [], 0
    for span in unsupported:
        stretches += [(text[position : span.start], False), (text[span.start : span.end], True)]
        position = span.end
    stretches.append((text[position:], False))
    known = dict.fromkeys(invalid, False) | dict.fromkeys(valid, True)
    return tuple(Stretch(tuple(_pieces(part, known)), marked) for part, marked in stretches if part)


def _pieces(text: str, known: dict[int, bool]) -> Iterator[Piece]:
    position = 0
    for bracket in _CITATION.finditer(text):
        for found in _NUMBER.finditer(text, bracket.start(), bracket.end()):
            number = int(found[0].strip("[]"))
            if number in known:
                if found.start() > position:
                    yield Piece(text[position : found.start()])
                yield Piece(found[0], number, known[number])
                position = found.end()
    if position < len(text):
        yield Piece(text[position:])
