"""Files as tables: CSV, TSV and JSON lines become columns and rows of text.

Knows these formats, which it tells by how a file begins; Parquet is `ingest.parquet`'s. Knows nothing of
reviews. Memory: some rows.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import TextIO

from ingest.rows import LONGEST_ROW, BadRow, Row, physical_lines, read_rows

# Of JSON lines, which have no header, and may leave out what is empty. A column that comes later is not read.
ROWS_TO_LEARN_COLUMNS = 5_000
MOST_COLUMNS = 10_000
DEEPEST = 32  # objects and lists within each other


@dataclass(frozen=True, slots=True)
class Record:
    """One row as `column: text`; a column that the row does not have is not there. `line` is from 1."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """An open file: its columns, as it spells them, and its rows, once. `unit` is what `line` counts."""

    columns: tuple[str, ...]
    rows: Iterator[Record | BadRow]
    header_line: int = 1
    unit: str = "line"


@dataclass(frozen=True, slots=True)
class NoTable(Exception):
    """The file as a whole cannot be read as a table."""

    line: int
    found: str
    expected: str


def text_table(text: TextIO, start: str) -> Table:
    """The table in a text that begins with `start`: JSON lines, or CSV with tabs or commas."""
    first = start.lstrip()[:1]
    if first == "[":
        raise NoTable(1, "a JSON array", "one JSON object per line (`jq -c '.[]'` makes them)")
    if first == "{":
        return _json_table(physical_lines(text))
    header = next((line for line in start.splitlines() if line.strip()), "")
    return _csv_table(physical_lines(text), "\t" if header.count("\t") > header.count(",") else ",")


def require_few(columns: Table) -> Table:
    """The table itself, unless nobody could choose among its columns."""
    if len(columns.columns) > MOST_COLUMNS:
        found = f"{len(columns.columns):,} columns"
        raise NoTable(columns.header_line, found, f"at most {MOST_COLUMNS:,}")
    return columns


def _csv_table(lines: Iterable[str], delimiter: str) -> Table:
    rows = read_rows(lines, delimiter)
    header = next(rows, None)
    if header is None:
        raise NoTable(1, "nothing", "a header with the names of the columns")
    if isinstance(header, BadRow):
        raise NoTable(header.line, header.found, "a header with the names of the columns")
    columns = tuple(name.strip() for name in header.fields)
    if any("\0" in name for name in columns):
        raise NoTable(header.line, "bytes that are no text", "CSV, TSV, JSON lines or Parquet")
    return Table(columns, (_record(row, columns) for row in rows), header.line)


def _record(row: Row | BadRow, columns: tuple[str, ...]) -> Record | BadRow:
    return row if isinstance(row, BadRow) else Record(row.line, dict(zip(columns, row.fields, strict=True)))


def _json_table(lines: Iterable[str]) -> Table:
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    known: list[Record | BadRow] = []
    length = 0
    for number, line in numbered:
        known.append(_parsed(number, line))
        length += len(line)
        if len(known) == ROWS_TO_LEARN_COLUMNS or length > LONGEST_ROW:
            break
    records = [row for row in known if isinstance(row, Record)]
    if not records:
        raise NoTable(1, "no line that is a JSON object", "one per line")
    columns = dict.fromkeys(name for record in records for name in record.values)
    return Table(tuple(columns), chain(known, (_parsed(number, line) for number, line in numbered)))


def _parsed(number: int, line: str) -> Record | BadRow:
    if len(line) > LONGEST_ROW:
        return BadRow(number, "a longer line", f"at most {LONGEST_ROW:,} characters")
    try:
        values = json.loads(line)
        if not isinstance(values, dict):
            return BadRow(number, f"a JSON {type(values).__name__}", "one JSON object")
        return Record(number, dict(flattened(values)))
    except RecursionError:
        return BadRow(number, "values within values, too deep", f"at most {DEEPEST} levels")
    except ValueError as error:
        return BadRow(number, f"a line that is no JSON ({error})", "one JSON object")


def flattened(values: Mapping[str, object], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Column and text of each value, nested objects as `outer.inner`; RecursionError below DEEPEST levels."""
    _require_shallow(depth)
    for name, value in values.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{prefix}{name}.", depth + 1)
        else:
            yield f"{prefix}{name}", _as_text(value, depth)


def _as_text(value: object, depth: int) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, list | tuple):
        _require_shallow(depth)
        return ",".join(text for item in value if (text := _as_text(item, depth + 1)))
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return str(value)


def _require_shallow(depth: int) -> None:
    # Long before Python's own limit: each level repeats the names of those around it.
    if depth > DEEPEST:
        raise RecursionError
