"""An answer's text in stretches that a report shows differently: citations, and what nothing supports.

Knows a text and places in it; knows nothing of how they are drawn.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from compare.scores import Span
from generator.citations import Numeral, citations


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
        stretches += [(position, span.start, False), (span.start, span.end, True)]
        position = span.end
    stretches.append((position, len(text), False))
    known = dict.fromkeys(invalid, False) | dict.fromkeys(valid, True)
    # `[3]` is one piece, of `[3, 4]` each number.
    cited = [
        numeral for citation in citations(text) for numeral in citation.numerals if numeral.number in known
    ]
    return tuple(
        Stretch(tuple(_pieces(text, start, end, cited, known)), marked)
        for start, end, marked in stretches
        if start < end
    )


def _pieces(
    text: str, position: int, end: int, cited: Sequence[Numeral], known: dict[int, bool]
) -> Iterator[Piece]:
    for numeral in cited:
        if position <= numeral.start and numeral.end <= end:
            if numeral.start > position:
                yield Piece(text[position : numeral.start])
            yield Piece(text[numeral.start : numeral.end], numeral.number, known[numeral.number])
            position = numeral.end
    if position < end:
        yield Piece(text[position:end])
