"""Text that strangers or models wrote becomes Markdown that shows it as it is, and nothing more.

No link, image, HTML, formula or colour of theirs is rendered; only marks of our own are put in: citation
links, and what a caller brings.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from generator.citations import citations

# What begins markup in CommonMark or one of Streamlit's additions ($formula$, :colour[], :emoji:). All ASCII
# punctuation may be escaped, and is then shown as itself.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#+\-!|~$:&=]")
_LIST_NUMBER = re.compile(r"(?m)^\s*\d+(?=[.)])")
# What Streamlit makes a link of even so: web addresses and e-mail addresses.
_LINKED = re.compile(r"(?i)(?<=https:)|(?<=http:)|(?<=www)(?=\.)|(?<=@)")
_LINE = re.compile(r"[^\n]+")
ZERO_WIDTH_SPACE = "\u200b"


@dataclass(frozen=True, slots=True)
class Mark:
    """Markdown of our own before and after the characters `start` to `end` of a text."""

    start: int
    end: int
    before: str
    after: str


def literal(text: str, marks: Sequence[Mark] = ()) -> str:
    """Markdown that shows `text` literally, with `marks`; its line breaks are kept as paragraphs.

    Addresses get an invisible space, so that they do not become links. Marks may lie within each other, but
    not overlap otherwise; one over several lines is put on each.
    """
    inserted: dict[int, str] = {}

    def insert(at: int, markdown: str) -> None:
        inserted[at] = inserted.get(at, "") + markdown

    # The order at one place: what ends, the inner first; what begins, the outer first; then what escapes.
    lines = sorted(_by_line(text, marks), key=lambda mark: (mark.start, -mark.end))
    for mark in sorted(lines, key=lambda mark: (mark.end, -mark.start)):
        insert(mark.end, mark.after)
    for mark in lines:
        insert(mark.start, mark.before)
    for place in _LINKED.finditer(text):
        insert(place.start(), ZERO_WIDTH_SPACE)
    for place in _LIST_NUMBER.finditer(text):
        insert(place.end(), "\\")
    for place in _MARKUP.finditer(text):
        insert(place.start(), "\\")
    shown = "".join(inserted.get(at, "") + char for at, char in enumerate([*text, ""]))
    return re.sub(r"\s*\n\s*", "\n\n", shown.strip())


def _by_line(text: str, marks: Sequence[Mark]) -> Iterator[Mark]:
    """Markdown's spans end with their paragraph, and hold no space at their edges."""
    for mark in marks:
        for line in _LINE.finditer(text, mark.start, mark.end):
            bare = line[0].strip()
            if bare:
                start = line.start() + line[0].index(bare)
                yield Mark(start, start + len(bare), mark.before, mark.after)


def citation_marks(text: str, valid: Collection[int], anchor: str) -> Iterator[Mark]:
    """A link to `#{anchor}-{n}` over each `[n]` with n in `valid`; over each such number of `[n, m]`."""
    for citation in citations(text):
        for numeral in citation.numerals:
            if numeral.number in valid:
                yield Mark(numeral.start, numeral.end, "[", f"](#{anchor}-{numeral.number})")
