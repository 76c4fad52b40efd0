"""CSV text to rows, line by line, losing no good row to a bad one. Knows no column.

A quote that is never closed swallows what follows it, up to the end of the file. So a row that cannot be
read costs only its first line: reading goes on with the line after it.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TextIO

USUAL_LIMIT = 131_072  # csv's own, for the whole process
LONGEST_FIELD = 1 << 20  # characters; what is between this and the longest text is cut, not refused
LONGEST_ROW = 2 * LONGEST_FIELD
# Characters that may be read again after bad rows, beside what was read once: a file could be made of
# lines each of which swallows all others.
READ_AGAIN = 2 * LONGEST_ROW


@dataclass(frozen=True, slots=True)
class Row:
    """The fields of one row; `line` is the physical line, from 1, where it starts."""

    line: int
    fields: list[str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no CSV, or has another number of fields than the first row."""

    line: int
    found: str
    expected: str


def physical_lines(text: TextIO) -> Iterator[str]:
    """The lines, ends included; of one that is longer than LONGEST_ROW only so much that this can be seen."""
    while line := text.readline(LONGEST_ROW + 1):
        yield line
        while len(line) > LONGEST_ROW and not line.endswith(("\n", "\r")):
            line = text.readline(LONGEST_ROW + 1)


def read_rows(lines: Iterable[str], delimiter: str = ",") -> Iterator[Row | BadRow]:
    """The rows of a CSV file given its physical lines, ends included; blank lines are skipped.

    The first row fixes how many fields the others must have. Memory: one row, of LONGEST_ROW characters at
    most. Time grows with the file's length, whatever its quotes: where too much would be read again, a bad
    row costs all the lines that it swallowed.
    """
    if csv.field_size_limit() == USUAL_LIMIT:
        csv.field_size_limit(LONGEST_FIELD)
    source = _Lines(iter(lines))
    width: int | None = None
    while True:
        line = source.begin_row()
        try:
            # strict: a stray quote is an error, where csv would otherwise guess.
            fields = next(csv.reader(source, delimiter=delimiter, strict=True), None)
        except csv.Error as error:
            lost = source.return_all_but_first()
            found = f"a row that is no CSV ({error}{lost})"
            yield BadRow(line, found, "quotes that are closed and doubled inside")
            continue
        if fields is None:
            return
        if not fields:
            continue
        width = width or len(fields)
        if len(fields) == width:
            yield Row(line, fields)
        else:
            lost = source.return_all_but_first()
            yield BadRow(line, f"{len(fields)} fields{lost}", f"{width} as in the header")


class _Lines:
    """Physical lines that can be given back, back to the start of the current row."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._given_back: deque[str] = deque()
        self._row: list[str] = []
        self._row_length = 0
        self._next_number = 1
        self._may_return = READ_AGAIN

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._given_back:
            line = self._given_back.popleft()
        else:
            line = next(self._lines)
            self._may_return += len(line)
        self._row.append(line)
        self._row_length += len(line)
        self._next_number += 1
        if self._row_length > LONGEST_ROW:
            raise csv.Error(f"longer than {LONGEST_ROW:,} characters")
        return line

    def begin_row(self) -> int:
        """Forget the last row; return the number of the line where the next one starts."""
        self._row.clear()
        self._row_length = 0
        return self._next_number

    def return_all_but_first(self) -> str:
        """Give the lines back, unless that was done too much before; then returns, in words, what is lost."""
        swallowed = self._row[1:]
        self._may_return -= self._row_length - len(self._row[0])
        if self._may_return < 0:
            return f", with the {len(swallowed)} lines after it" if swallowed else ""
        self._next_number -= len(swallowed)
        self._given_back.extendleft(reversed(swallowed))
        return ""
