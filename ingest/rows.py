"""CSV text to rows, line by line, losing no good row to a bad one. Knows no column.

A quote that is never closed swallows what follows it, up to the end of the file. So a row that cannot be
read costs only its first line: reading goes on with the line after it.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

USUAL_LIMIT = 131_072  # csv's own, for the whole process
LONGEST_FIELD = 1 << 20  # characters; what is between this and the longest text is cut, not refused


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


def read_rows(lines: Iterable[str], delimiter: str = ",") -> Iterator[Row | BadRow]:
    """The rows of a CSV file given its physical lines, ends included; blank lines are skipped.

    The first row fixes how many fields the others must have. Memory: one row.
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
            source.return_all_but_first()
            yield BadRow(line, f"a row that is no CSV ({error})", "quotes that are closed and doubled inside")
            continue
        if fields is None:
            return
        if not fields:
            continue
        width = width or len(fields)
        if len(fields) == width:
            yield Row(line, fields)
        else:
            source.return_all_but_first()
            yield BadRow(line, f"{len(fields)} fields", f"{width} as in the header")


class _Lines:
    """Physical lines that can be given back, back to the start of the current row."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._given_back: deque[str] = deque()
        self._row: list[str] = []
        self._next_number = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._given_back.popleft() if self._given_back else next(self._lines)
        self._row.append(line)
        self._next_number += 1
        return line

    def begin_row(self) -> int:
        """Forget the last row; return the number of the line where the next one starts."""
        self._row.clear()
        return self._next_number

    def return_all_but_first(self) -> None:
        self._next_number -= len(self._row) - 1
        self._given_back.extendleft(reversed(self._row[1:]))
