"""Which words of the passages an answer's citations rest on. Pure text; knows the answer log's columns.

Of a verbatim answer these are the sentences it quotes. A free one cites a passage, not a place in it: there
they are the words that the citing sentence and the passage share, where to begin reading, and no proof.
"""

import re
from collections.abc import Iterator, Sequence

from compare.scores import Span
from compare.scores.claims import answer_sentences
from generator.log.answer_log import Row
from generator.support.wording import Wording, wording

_WORD = re.compile(r"\w+(?:['\u2019.,]\w+)*")


def cited_words(rows: Sequence[Row]) -> list[tuple[Span, ...]]:
    """Of each passage that the answers share, the places that any of them cites, in order, none overlapping.

    `rows`: at least one answer of the log, all to the same question; their passages are the same, but for the
    last, which not every model has room for.
    """
    passages = max((row["passages"] for row in rows), key=len)
    places: list[list[Span]] = [[] for _ in passages]
    for row in rows:
        for number, span in _cited(row):
            places[number - 1].append(span)
    return [tuple(_joined(spans)) for spans in places]


def _cited(row: Row) -> Iterator[tuple[int, Span]]:
    for quote in row["quotes"]:
        yield quote["passage"], Span(quote["start"], quote["end"])
    if row["quotes"]:
        return
    for sentence in answer_sentences(row):
        for claim in sentence.claims:
            said = wording(claim.text)
            for number in claim.citations:
                if 1 <= number <= len(row["passages"]):
                    text = row["passages"][number - 1]["text"]
                    yield from ((number, span) for span in _shared(text, said))


def _shared(passage: str, said: Wording) -> Iterator[Span]:
    """The passage's words that say what the claim says; small words that it has too join their neighbours."""
    begun: Span | None = None
    for word in _WORD.finditer(passage):
        found = wording(word[0])
        if found.stems & said.stems or found.numbers & said.numbers:
            begun = Span(begun.start if begun else word.start(), word.end())
        elif begun and not (found.empty and found.words & said.words):
            yield begun
            begun = None
    if begun:
        yield begun


def _joined(spans: Sequence[Span]) -> Iterator[Span]:
    """The same characters without overlap."""
    last: Span | None = None
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        if last and span.start <= last.end:
            last = Span(last.start, max(last.end, span.end))
            continue
        if last:
            yield last
        last = span
    if last:
        yield last
