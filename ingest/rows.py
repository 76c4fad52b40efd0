"""Delimited text to rows, losing no good row to a bad one. Knows no column.

A quote that is never closed swallows what follows it, up to the end of the file. So a row that cannot be
read costs only its first line: reading goes on with the line after it.

Most rows are read by `csv.reader` from a list of lines. Where it stops, that row alone is read line by line.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import chain, islice
from typing import Any, NamedTuple, TextIO

USUAL_LIMIT = 131_072  # csv's own, for the whole process
LONGEST_FIELD = 1 << 20  # characters; what is between this and the longest text is cut, not refused
LONGEST_ROW = 2 * LONGEST_FIELD
# Characters that may be read again after bad rows, beside what was read once: a file could be made of
# lines each of which swallows all others.
READ_AGAIN = 2 * LONGEST_ROW
BLOCK = 1 << 18  # characters that are read at once
AT_ONCE = 512  # lines that `csv.reader` gets together
END_OF_FILE = "\x1a"  # as old programs write it


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the fields of a row are told apart."""

    delimiter: str = ","
    quoted: bool = True
    """False: a quote is a letter, and a row is a line."""
    escape: str | None = None
    """What stands before a quote that does not end its field, if it is not another quote."""
    first_line: int = 1
    """Where the table begins; the lines before it are not read."""


class Row(NamedTuple):
    """The fields of one row; `line` is the physical line, from 1, where it starts."""

    line: int
    fields: list[str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no CSV, or has another number of fields than the first row."""

    line: int
    found: str
    expected: str


def line_lists(text: TextIO) -> Iterator[list[str]]:
    """The lines, ends included, some at a time; of one longer than LONGEST_ROW only so much as shows this."""
    rest: list[str] = []  # of a line that may go on in the next block; so may "\r" as "\r\n"
    length, whole = 0, False  # `whole`: there may be complete lines in it
    while block := text.read(BLOCK):
        ends = whole or "\n" in block or "\r" in block or (rest and rest[-1].endswith("\r"))
        rest.append(block)
        length += len(block)
        if ends:
            lines = list(StringIO("".join(rest), newline=""))
            rest = [lines.pop()]
            length, whole = len(rest[0]), False
            if lines:
                yield lines
        if length > LONGEST_ROW and not rest[-1].endswith(("\n", "\r")):
            yield ["".join(rest)[: LONGEST_ROW + 1]]
            rest = [_after_line(text)]
            length, whole = len(rest[0]), True
    if length:
        yield list(StringIO("".join(rest), newline=""))


def _after_line(text: TextIO) -> str:
    """Skip the rest of a line; what is read of the next one."""
    while block := text.read(BLOCK):
        lines = list(StringIO(block, newline=""))
        if len(lines) > 1 or block.endswith("\n"):
            return "".join(lines[1:])
    return ""


def physical_lines(text: TextIO) -> Iterator[str]:
    """As `line_lists`, one by one."""
    return chain.from_iterable(line_lists(text))


def read_rows(lists: Iterable[list[str]], dialect: Dialect = Dialect()) -> Iterator[Row | BadRow]:
    """The rows, given the physical lines as `line_lists` makes them; blank lines are skipped.

    The first row fixes how many fields the others must have; more are allowed if they are empty. Memory: some
    lists, and one row of LONGEST_ROW characters at most. Time grows with the file's length, whatever its
    quotes: where too much would be read again, a bad row costs all the lines that it swallowed.
    """
    if csv.field_size_limit() == USUAL_LIMIT:
        csv.field_size_limit(LONGEST_FIELD)
    form: dict[str, Any] = {"delimiter": dialect.delimiter, "escapechar": dialect.escape, "strict": True}
    if not dialect.quoted:
        form |= {"quoting": csv.QUOTE_NONE, "quotechar": None}
    source = _Lines(iter(lists))
    source.skip(dialect.first_line - 1)
    width = 0
    while True:
        yield from source.good_rows(width, form)
        line = source.begin_row()
        try:
            # strict: a stray quote is an error, where csv would otherwise guess.
            fields = next(csv.reader(source, **form), None)
        except csv.Error as error:
            lost = source.return_all_but_first()
            expected = "quotes that are closed and doubled inside"
            yield BadRow(line, f"a row that is no CSV ({error}{lost})", expected)
            continue
        if fields is None:
            return
        if _is_blank(fields, width):
            continue
        width = width or len(fields)
        if len(fields) == width or (len(fields) > width and not any(fields[width:])):
            yield Row(line, fields[:width])
        else:
            lost = source.return_all_but_first()
            yield BadRow(line, f"{len(fields)} fields{lost}", f"{width} as in the header")


def _is_blank(fields: list[str], width: int) -> bool:
    if len(fields) > 1:
        return False
    return not fields or fields[0] == END_OF_FILE or (width != 1 and not fields[0].strip())


class _Lines:
    """Physical lines that can be given back, back to the start of the current row."""

    def __init__(self, lists: Iterator[list[str]]) -> None:
        self._lists = lists
        self._waiting: deque[str] = deque()
        self._row: list[str] = []
        self._row_length = 0
        self._next_number = 1
        self._may_return = READ_AGAIN

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if not self._waiting:
            self._read_list()
        line = self._waiting.popleft()
        self._row.append(line)
        self._row_length += len(line)
        self._next_number += 1
        if self._row_length > LONGEST_ROW:
            raise csv.Error(f"longer than {LONGEST_ROW:,} characters")
        return line

    def _read_list(self) -> None:
        lines = next(self._lists)
        self._may_return += sum(map(len, lines))
        self._waiting.extend(lines)

    def skip(self, count: int) -> None:
        """Read past so many lines."""
        for _ in range(count):
            next(self, None)

    def good_rows(self, width: int, form: dict[str, Any]) -> Iterator[Row]:
        """The rows that can be read at once, up to the first that is odd, or not all here."""
        while width:
            if not self._waiting:
                try:
                    self._read_list()
                except StopIteration:
                    return
            lines = list(islice(self._waiting, AT_ONCE))
            first, used = self._next_number, 0
            reader = csv.reader(lines, **form)
            try:
                for fields in reader:
                    if len(fields) != width or (width == 1 and fields[0] == END_OF_FILE):
                        break
                    yield Row(first + used, fields)
                    used = reader.line_num
            except csv.Error:
                pass
            for _ in range(used):
                self._waiting.popleft()
            self._next_number += used
            if used < len(lines):
                return

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
        self._waiting.extendleft(reversed(swallowed))
        return ""
