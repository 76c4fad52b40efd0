"""Which passages an answer cites, and where: the one place that knows how citations are written.

Counted are numbers of up to three digits, in any of these forms:

- in brackets: `[1]`, `[1, 2]`, `[1; 2]`, `[1 and 2]`, `[1-3]`, `[^1]`, `[#1]`, `[Review 4]`, `【2】`,
  `【2†source】`;
- in round brackets with a name: `(Review 4)`, `(reviews 1, 2)`;
- raised: `¹`, `¹⁻³`, `<sup>1</sup>`, unless it is an exponent (`10²`, `m²`);
- in bare round brackets, `(1)` or `(1, 2)`, with up to two digits (`(2019)` is a year), where they end what
  they stand for: a sign of punctuation, the end of the line, a conjunction or another citation follows. `(1)`
  at the beginning of a line, or before the words it introduces ("it is (1) quiet and (2) light"), marks a
  list; behind a number or its word ("two (2)") it repeats that.

Knows texts alone.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_GAP = r"[ \t\u00a0]{0,3}"
_NAME = r"(?:reviews?|passages?|sources?|refs?\.?|references?|documents?|docs?\.?)"
_LABEL = rf"(?:{_NAME}{_GAP}[:#]?|n[or]s?\.|[#^]|[rp](?=\d)){_GAP}"
_DASH = rf"{_GAP}(?:[-\u2010-\u2015\u2212]|\bto\b){_GAP}"
_COMMA = rf"{_GAP}(?:,{_GAP}and\b|[,;&+]|\band\b|\bor\b){_GAP}"


def _list(digits: int, label: str = f"(?:{_LABEL})?") -> str:
    item = rf"{label}\d{{1,{digits}}}(?:{_DASH}{label}\d{{1,{digits}}})?"
    return rf"{item}(?:{_COMMA}{item})*"


_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_LEVEL = str.maketrans(_RAISED, "0123456789")
_CITATION = re.compile(
    rf"[\[\uff3b\u3010\u3014]{_GAP}{_list(3)}{_GAP}(?:\u2020[^\]\u3011\n]{{0,80}})?[\]\uff3d\u3011\u3015]"
    rf"|[(\uff08]{_GAP}(?={_NAME}|\#){_list(3)}{_GAP}[)\uff09]"
    rf"|(?P<raised>\u207d?(?<![{_RAISED}])[{_RAISED}]{{1,3}}(?![{_RAISED}])(?:[\u207b,][{_RAISED}]{{1,3}})*\u207e?"
    rf"|<sup>{_GAP}{_list(3)}{_GAP}</sup>)"
    rf"|(?P<bare>[(\uff08]{_GAP}{_list(2, '')}{_GAP}[)\uff09])",
    re.IGNORECASE,
)
_NUMERAL = re.compile(rf"\d+|[{_RAISED}]+")
_SPAN = re.compile(_DASH + rf"(?:{_LABEL})?|\u207b", re.IGNORECASE)
# What a raised number makes a power of.
_BASE = re.compile(
    r"(?:\d|(?<![^\W\d_])(?:[µcdkm]?m|in|inch(?:es)?|ft|feet|yd|mi|[xyznr]|mc))$", re.IGNORECASE
)
_NOTHING_BEFORE = re.compile(r"(?:[-*•#>|+]|\d{1,2}[.)]|\s)*$")
_COUNTED = re.compile(
    r"(?:\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|stars?|rat(?:ed|ing)))[\s\u00a0]*$",
    re.IGNORECASE,
)
_LIST = re.compile(r"[ \t]*(?:[-*\u2022][ \t]+)?[(\uff08]\d")
_PUNCTUATION = re.compile(r"[\s*_]*(?:$|[.,;!?\u2026\"'\u201d\u2019)\]\u3002\uff0c|])")
_END_OF_CLAUSE = re.compile(
    _PUNCTUATION.pattern + r"|[\s*_]*(?:[-\u2013\u2014]\s|"
    r"(?:and|but|or|while|whereas|though|although|yet|however|because|so)\b)",
    re.IGNORECASE,
)
# More passages than any prompt holds: such a range is taken for its two ends.
_LONGEST_RANGE = 50


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number as it stands in a text; the bracket around it belongs to it where it is the only one."""

    start: int
    end: int
    number: int


@dataclass(frozen=True, slots=True)
class Citation:
    """The characters `start` to `end` of a text, which cite passages."""

    start: int
    end: int
    numbers: tuple[int, ...]
    """All that are cited, those within a range too."""
    numerals: tuple[Numeral, ...]
    """Those that are written."""


def citations(text: str) -> Sequence[Citation]:
    """The citations of a text, in order."""
    found: list[Citation] = []
    # From the end: what a bare "(1)" is depends on what follows it.
    for match in reversed(list(_CITATION.finditer(text))):
        if _counts(match, found[-1].start if found else None):
            found.append(_citation(match))
    return found[::-1]


def cited_numbers(text: str) -> Sequence[int]:
    """The numbers that a text cites, each once, in order of appearance."""
    return list(dict.fromkeys(number for citation in citations(text) for number in citation.numbers))


def replaced(text: str, new: Callable[[Citation], str]) -> str:
    """The text with each citation as `new` says."""
    parts, position = [], 0
    for citation in citations(text):
        parts += [text[position : citation.start], new(citation)]
        position = citation.end
    return "".join([*parts, text[position:]])


def without_citations(text: str) -> str:
    """The text, and no citation in it."""
    return replaced(text, lambda citation: "")


def citation_groups(text: str) -> Iterator[Citation]:
    """Neighbouring citations as one, with the white space before it; for a text of one line."""
    group: Citation | None = None
    for one in citations(text):
        start = len(text[: one.start].rstrip())
        if group and start <= group.end:
            group = Citation(group.start, one.end, group.numbers + one.numbers, group.numerals + one.numerals)
            continue
        if group:
            yield group
        group = Citation(start, one.end, one.numbers, one.numerals)
    if group:
        yield group


def _counts(match: re.Match[str], following: int | None) -> bool:
    """Whether the match is a citation; `following`: where the next one begins."""
    text = match.string
    line_start = text.rfind("\n", 0, match.start()) + 1
    before = text[max(line_start, match.start() - 60) : match.start()]
    if match["raised"]:
        return not _BASE.search(before)
    if not match["bare"]:
        return True
    if _COUNTED.search(before) or _NOTHING_BEFORE.match(text[line_start : match.start()]):
        return False
    if following is not None and not text[match.end() : following].strip(" \t,;"):
        return True
    line_end = text.find("\n", match.end())
    after = text[match.end() : len(text) if line_end < 0 else line_end]
    # ", (2)" goes on in a list, and so does "(2) - " where the line begins with "(1) - ".
    lists = before.rstrip().endswith((",", ";", ":")) or _LIST.match(text, line_start)
    return bool((_PUNCTUATION if lists else _END_OF_CLAUSE).match(after))


def _citation(match: re.Match[str]) -> Citation:
    text = match.string
    found = [
        Numeral(place.start(), place.end(), int(place[0].translate(_LEVEL)))
        for place in _NUMERAL.finditer(text, match.start(), match.end())
        # What stands behind a dagger is the name of a source.
        if "\u2020" not in text[match.start() : place.start()]
    ]
    numbers: list[int] = []
    for numeral, before in zip(found, [None, *found], strict=False):
        is_end = before and _SPAN.fullmatch(text, before.end, numeral.start)
        if is_end and before and before.number < numeral.number <= before.number + _LONGEST_RANGE:
            numbers += range(before.number + 1, numeral.number)
        numbers.append(numeral.number)
    if len(found) == 1:
        found = [Numeral(match.start(), match.end(), found[0].number)]
    return Citation(match.start(), match.end(), tuple(numbers), tuple(found))
