"""An answer's sentences, where they stand in it, and what each claims with which citations.

Pure text. Knows the columns of the answer log that a verbatim answer fills; knows no passages.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from compare.scores.abstention import declines
from compare.scores.score import Span
from generator.citations import Citation, citation_groups
from generator.log.answer_log import Row
from generator.support.wording import wording
from generator.verbatim.choice import OWN_WORDS
from generator.verbatim.sentences import sentence_pieces

_LINE = re.compile(r"[^\n]+")
_MARKER = re.compile(r"\s*(?:[-*•#>]+|\d{1,2}[.)])\s+")
_EDGES = ' \t\n,.;:-*_"\u2013\u2014\u201c\u201d'


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, or its part up to a citation, without the citation's numbers."""

    text: str
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """A sentence of the answer with at least one claim."""

    span: Span
    claims: tuple[Claim, ...]


def answer_sentences(row: Row) -> Sequence[AnswerSentence]:
    """The sentences that claim something, in order.

    Left out are those that only say that the reviews do not tell, or that speak of reviews alone ("Opinions
    differ."), and lines that introduce a list. A quotation is one sentence, and so is a report of a grounded
    answer.
    """
    if row["answers"] != "free":
        return list(_chosen(row))
    return list(_written(row["answer"], 0))


def _written(text: str, offset: int) -> Iterator[AnswerSentence]:
    for line in _LINE.finditer(text):
        groups = list(citation_groups(line[0]))
        for span in _spans(line[0], groups):
            sentence = line[0][span.start : span.end]
            if declines(sentence) or sentence.endswith(":"):
                continue
            claims = tuple(_claims(line[0], span, groups))
            if claims:
                begin = offset + line.start()
                yield AnswerSentence(Span(begin + span.start, begin + span.end), claims)


def _spans(line: str, groups: Sequence[Citation]) -> Sequence[Span]:
    """Where the sentences are, without a list's marker; a citation after a full stop belongs before it."""
    marker = _MARKER.match(line)
    offset = marker.end() if marker else 0
    spans: list[Span] = []
    ends = {start: group.end for group in groups for start in _starts(line, group)}
    ahead = offset in ends
    for begin, sentence in sentence_pieces(line[offset:]):
        start = offset + begin
        end = start + len(sentence)
        if start in ends and spans and not ahead:
            start = ends[start]
            spans[-1] = Span(spans[-1].start, start)
            start += len(line[start:end]) - len(line[start:end].lstrip())
        if start < end:
            spans.append(Span(start, end))
    return spans


def _starts(line: str, group: Citation) -> Sequence[int]:
    """Where a sentence that begins with the citations may begin: with the white space before them, or not."""
    group_text = line[group.start : group.end]
    return group.start, group.end - len(group_text.lstrip())


def _claims(line: str, span: Span, groups: Sequence[Citation]) -> Iterator[Claim]:
    """Cut after each citation, which belongs to what stands before it; or after it, if nothing does."""
    position = span.start
    pending: tuple[int, ...] = ()
    for group in groups:
        if not (span.start < group.end <= span.end):
            continue
        text = line[position : max(position, group.start)].strip(_EDGES)
        pending += tuple(dict.fromkeys(group.numbers))
        if not wording(text).empty:
            yield Claim(text, pending)
            pending = ()
        position = group.end
    text = line[position : span.end].strip(_EDGES)
    if not wording(text).empty:
        yield Claim(text, pending)


def _chosen(row: Row) -> Iterator[AnswerSentence]:
    text, position = row["answer"], 0
    for quote in row["quotes"]:
        said = quote.get("report") or quote["text"]
        shown = " ".join(said.split()).rstrip(".!? " if quote.get("report") else "")
        start = text.find(shown, position)
        if start < 0:  # the answer does not show it as it was chosen
            continue
        position = start + len(shown)
        yield AnswerSentence(Span(start, position), (Claim(said, (quote["passage"],)),))
    if row["own_line"]:
        start = text.find(OWN_WORDS, position)
        if start >= 0:
            yield from _written(text[start + len(OWN_WORDS) :], start + len(OWN_WORDS))
