"""Passages become numbered sentences, each an exact piece of its passage.

A line is a sentence, or several, and so is an item of a list: the library, made for prose, sees neither.
Knows nothing of models or prompts. Imports a compiled library, so the worker does not import it.
"""

# ruff: noqa: RUF001

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sentencex import segment

from retriever.passage import SENTENCE_ENDS, Passage

# Its rules for marks that end a sentence hold for every script; the language chooses the abbreviations.
_LANGUAGE = "en"
# Signs that begin an item wherever they stand; others, such as a dash, do so at the beginning of a line only.
_BULLETS = "•●▪■◦‣⁃∙✓✔✅✗✘✖❌➤►▶◆◇☑①-⑳"
_BULLET = re.compile(rf"(?<!\S)[{_BULLETS}]|[①-⑳]|[0-9]\ufe0f?\u20e3")
# "1.", "2)", "(3)", "4、": before a space or a letter, so not the 3 of "3.5".
_NUMBER = re.compile(r"(?<![A-Za-z0-9.,$€£#/-])\(?([0-9]{1,2})[.)、．](?=\s|[^\W\d])")
_MARKER = re.compile(rf"(?:[-–—*+>#{_BULLETS}]+\ufe0f?\s*|{_NUMBER.pattern}\s*)*")
# Behind these a "1." begins a list within a line; behind "No." it does not.
_BEFORE_LISTS = tuple(".:;!?,)–—-。：；！？，、…")
_NOT_BEFORE_LISTS = re.compile(r"\b(?:no|nr|num|step|part|art)\.$", re.IGNORECASE)
# Inches, feet and faces: the library takes two of them for a pair, and what is between them for one sentence.
_UNPAIRED = re.compile(r"(?<=[0-9])[\"'](?![\w])|(?<=[:;=])[()\[\]]|(?<=[:;=]-)[()\[\]]")
# The library cuts behind these before a capital or a digit.
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|vs|approx|incl|esp|ca)\.\s*$", re.IGNORECASE)
# An end before a capital alone: "it's... ok" goes on.
_ELLIPSIS = re.compile(r"(?:\.{2,}|…+)[\"')\]’”»]*\s*(?=([\"'(\[‘“«¿¡]*)(\w))")


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
    """Where each sentence of a text begins, and its characters, without the white space around them.

    Lines, and the items of lists that stand in a line, are apart from each other; an item keeps its marker.
    """
    position = 0
    for line in _lines(text):
        starts = _item_starts(line)
        for start, end in zip(starts, [*starts[1:], len(line)], strict=True):
            yield from _pieces_of_item(line[start:end], position + start)
        position += len(line)


def _lines(text: str) -> Iterator[str]:
    """The lines, ends included; a sentence that was wrapped is one: "The zip\\nbroke after a week." """
    wrapped: list[str] = []
    for line in text.splitlines(keepends=True):
        goes_on = line.lstrip()[:1].islower() and wrapped and wrapped[-1].rstrip()[-1:].isalnum()
        if not goes_on:
            yield from _unwrapped(wrapped)
            wrapped = []
        wrapped.append(line)
    yield from _unwrapped(wrapped)


def _unwrapped(lines: list[str]) -> list[str]:
    """As one line if they may be a sentence, from a capital to a mark; else they are a list's."""
    sentence = lines and lines[0].lstrip()[:1].isupper() and lines[-1].rstrip().endswith(SENTENCE_ENDS)
    return ["".join(lines)] if sentence else lines


def _item_starts(line: str) -> list[int]:
    """Where the items of a list begin in a line, the first of them or what is before it at 0.

    Numbers are a list's where they count on, from the beginning of the line or from 1: "1. Good 2. Bad".
    """
    starts = {0} | {bullet.start() for bullet in _BULLET.finditer(line)}
    run: list[int] = []
    last = 0
    for marker in _NUMBER.finditer(line):
        number = int(marker[1])
        if run and number == last + 1:
            run.append(marker.start())
            starts.update(run)
        elif _begins_list(line[: marker.start()].rstrip(), number):
            run = [marker.start()]
        else:
            continue
        last = number
    return sorted(starts)


def _begins_list(before: str, number: int) -> bool:
    if not any(map(str.isalnum, before)):
        return True
    return number == 1 and before.endswith(_BEFORE_LISTS) and not _NOT_BEFORE_LISTS.search(before)


def _pieces_of_item(item: str, offset: int) -> Iterator[tuple[int, str]]:
    """The sentences of an item, which begins at `offset`; its marker belongs to the first one."""
    marker = _MARKER.match(item)
    body = marker.end() if marker else 0
    begin = 0
    for end in [*_ends(item[body:], body), len(item)]:
        if piece := item[begin:end].strip():
            yield offset + item.index(piece, begin), piece
        begin = end


def _ends(text: str, offset: int) -> Iterator[int]:
    """Where sentences end before the last one, counted from `offset`."""
    position = 0
    text = _UNPAIRED.sub("_", text)
    for piece in segment(_LANGUAGE, text):
        # The splitter might normalise what it hands out; what is not found as it stands ends nowhere.
        found = text.find(piece, position)
        if found < 0:
            continue
        if found > position:
            yield offset + found
        position = found + len(piece)
        for ellipsis in _ELLIPSIS.finditer(piece):
            if ellipsis[2].isupper():
                yield offset + found + ellipsis.end()
        if not _ABBREVIATION.search(piece):
            yield offset + position
