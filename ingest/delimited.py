"""Delimited text as a table: commas, tabs, semicolons or bars, quoted or not.

The delimiter is the one by which most rows have as many fields as the header. `csv.Sniffer` finds it as well,
but its time grows with the square of a text's quotes, and whether quotes are letters only reading can tell.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import TextIO

from ingest.encoding import TextDecoder
from ingest.records import NoTable, Options, Record, Table, require_few
from ingest.rows import BadRow, Dialect, Row, line_lists, read_rows

NAMES = {",": "CSV", "\t": "tab-separated text", ";": "CSV with semicolons", "|": "CSV with bars"}
UNQUOTED = "\t|"  # of these, files without any quoting are common
NO_DELIMITER = "\x1f"  # which no text holds
TOLD = re.compile(r"\ufeff?\s*sep=(.)\r?\n", re.IGNORECASE)  # a first line that Excel reads
QUOTING_SHARE = 0.9  # of the fields that begin with a quote; so many end with one, if it is not a letter
FEWEST_FIT = 0.5  # share of the rows; with fewer, a text of one column or of none is likelier

LONGEST_NAME = 60  # characters
NUMBER = re.compile(r"[-+]?[\d.,]*\d[\d.,]*(e[-+]?\d+)?%?", re.IGNORECASE)
DATE = re.compile(r"(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{4}年\d{1,2}月\d{1,2}日)([T ,]*[\d:.]+.*)?")
SENTENCE = re.compile(r"[.!?](\s|$)|[\u3002\uff01\uff1f\uff0c]")  # the last four are East Asian


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well a dialect fits a text."""

    dialect: Dialect
    width: int
    good: int
    bad: int

    @property
    def share(self) -> float:
        return self.good / max(self.good + self.bad, 1)


def delimited_table(
    open_text: Callable[[], TextIO], start: str, complete: bool, options: Options, decoder: TextDecoder
) -> Table:
    """The table in a text that begins with `start`, or is it. Raises NoTable."""
    dialect = dialect_of(start, complete)
    first = next(read_rows(line_lists(open_text()), dialect), None)
    if first is None:
        raise NoTable(1, "nothing", "a header with the names of the columns")
    if isinstance(first, BadRow):
        raise NoTable(first.line, first.found, "a header with the names of the columns")
    # A name may be as long as a row: none is mended before they are counted.
    require_few(tuple(first.fields), first.line)
    fields = [decoder.mend(name)[0].strip() for name in first.fields]
    if any("\0" in name for name in fields):
        raise NoTable(first.line, "bytes that are no text", "CSV, TSV, JSON, XLSX or Parquet")
    if dialect.delimiter == NO_DELIMITER and options.header and not _is_name(fields[0]):
        raise NoTable(first.line, "text that is no table", "a header with the names of the columns")
    columns = names_of(fields, options.header)

    def rows() -> Iterator[Record | BadRow]:
        read = read_rows(line_lists(open_text()), dialect)
        if options.header:
            next(read, None)
        for row in read:
            if isinstance(row, Row):
                yield Record(row.line, dict(zip(columns, row.fields, strict=True)))
            else:
                yield row

    seems = looks_like_a_row(fields) if options.header else None
    return Table(kind_of(dialect), columns, rows, first.line, looks_like_a_row=seems)


def kind_of(dialect: Dialect) -> str:
    """The dialect in words."""
    if dialect.delimiter == NO_DELIMITER:
        return "text of one column"
    name = NAMES.get(dialect.delimiter, f"CSV with {dialect.delimiter!r}")
    return name if dialect.quoted else f"{name} without quotes"


def names_of(fields: Sequence[str], header: bool) -> tuple[str, ...]:
    """The columns' names: those in the header, or their numbers."""
    if not header:
        return tuple(str(number) for number, _ in enumerate(fields, start=1))
    return tuple(name or f"column {number}" for number, name in enumerate(fields, start=1))


def dialect_of(start: str, complete: bool) -> Dialect:
    """How to read the text that begins with `start`, or is it."""
    if not complete:
        start = start[: max(start.rfind("\n"), start.rfind("\r")) + 1] or start
    if told := TOLD.match(start):
        return _quoting(start, Dialect(told[1], first_line=2)).dialect
    header = next((line for line in re.split(r"[\r\n]+", start) if line.strip()), "")
    fits = [_quoting(start, Dialect(delimiter)) for delimiter in NAMES if delimiter in header]
    fits = [fit for fit in fits if fit.width > 1]
    best = max(fits, key=lambda fit: (round(fit.share, 1), fit.width), default=None)
    if best is None or (best.share < FEWEST_FIT and best.good + best.bad > 2 and _is_prose(header)):
        return _quoting(start, Dialect(NO_DELIMITER)).dialect
    return best.dialect


def _quoting(start: str, dialect: Dialect) -> _Fit:
    """The dialect, with the quoting that fits the text best."""
    quoted = _fit(start, dialect)
    if quoted.bad and '\\"' in start:
        escaped = _fit(start, replace(dialect, escape="\\"))
        quoted = escaped if escaped.bad < quoted.bad else quoted
    if dialect.delimiter not in UNQUOTED + NO_DELIMITER or '"' not in start:
        return quoted
    plain = _fit(start, replace(dialect, quoted=False))
    if quoted.bad != plain.bad:
        return min(quoted, plain, key=lambda fit: fit.bad)
    # Too many fields in a line fit as well where the last are empty.
    quotes = [line for line in start.splitlines() if '"' in line]
    wide = any(line.count(dialect.delimiter) >= quoted.width for line in quotes)
    header = next(iter(start.splitlines()), "").split(dialect.delimiter)
    if wide or all(len(name) > 1 and name[0] == name[-1] == '"' for name in header):
        return quoted
    return quoted if _quotes_come_in_pairs(quotes, dialect.delimiter) else plain


def _fit(start: str, dialect: Dialect) -> _Fit:
    good = bad = width = 0
    for row in read_rows(line_lists(StringIO(start, newline="")), dialect):
        if isinstance(row, BadRow):
            bad += 1
        else:
            good += 1
            width = width or len(row.fields)
    return _Fit(dialect, width, good, bad)


def _quotes_come_in_pairs(lines: Sequence[str], delimiter: str) -> bool:
    """Whether fields that begin with a quote end with one too, and quotes inside are doubled."""
    begun = ended = 0
    for line in lines:
        for value in line.split(delimiter):
            if value.startswith('"'):
                begun += 1
                inner = value[1:-1]
                ended += len(value) > 1 and value.endswith('"') and inner.count('"') == 2 * inner.count('""')
    return begun > 0 and ended >= QUOTING_SHARE * begun


def _is_prose(line: str) -> bool:
    return len(line) > LONGEST_NAME or SENTENCE.search(line) is not None


def _is_name(value: str) -> bool:
    """Whether this may be a column's name."""
    if not value or len(value) > LONGEST_NAME or len(value.split()) > 8:
        return False
    return not (NUMBER.fullmatch(value) or DATE.fullmatch(value) or SENTENCE.search(value))


def looks_like_a_row(fields: Sequence[str]) -> str | None:
    """Why a header seems to be data, in words; None if it is one."""
    names = sum(map(_is_name, fields))
    if 2 * names > len(fields) or list(fields) == [str(number) for number in range(len(fields))]:
        return None
    for value in (value for value in fields if len(value) <= LONGEST_NAME):
        if NUMBER.fullmatch(value):
            return f"'{value}' is a number"
        if DATE.fullmatch(value):
            return f"'{value}' is a date"
    if any(len(value) > LONGEST_NAME for value in fields):
        return f"one of its fields has more than {LONGEST_NAME} characters"
    if not all(fields):
        return "fields in it are empty"
    return "fields in it are equal" if len(set(fields)) < len(fields) else None
