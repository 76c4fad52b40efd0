"""Rows of text under named columns: what every file format becomes. Knows no format and no review."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from ingest.rows import BadRow

# Of formats without a header, whose rows may leave out what is empty. A column that comes later is not read.
ROWS_TO_LEARN_COLUMNS = 5_000
MOST_COLUMNS = 10_000
DEEPEST = 32  # objects and lists within each other


@dataclass(frozen=True, slots=True)
class Options:
    """What the user may tell of a file."""

    encoding: str | None = None
    header: bool = True
    """False: the first row is data, and the columns are named 1, 2, ..."""
    path: str | None = None
    """JSON: where the reviews are, `.feed.entry`. Workbooks: the name of the sheet."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row as `column: text`; a column that the row does not have is not there. `line` is from 1."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a file, and its rows."""

    kind: str
    """The form of the file, in words."""
    columns: tuple[str, ...]
    rows: Callable[[], Iterator[Record | BadRow]]
    """Each call reads the file from its beginning."""
    header_line: int = 1
    unit: str = "line"
    """What `line` of a row counts."""
    looks_like_a_row: str | None = None
    """Why the header seems to be data, in words."""
    not_read: str = ""
    """What else is in the file, in words."""


@dataclass(slots=True)
class NoTable(Exception):
    """The file as a whole cannot be read as a table."""

    line: int
    found: str
    expected: str


def require_few(columns: tuple[str, ...], line: int = 1) -> tuple[str, ...]:
    """The columns themselves, unless nobody could choose among them."""
    if len(columns) > MOST_COLUMNS:
        raise NoTable(line, f"{len(columns):,} columns", f"at most {MOST_COLUMNS:,}")
    return columns


def columns_of(rows: Iterator[Record | BadRow]) -> tuple[str, ...]:
    """The columns of the rows, in the order of their first values."""
    names = dict.fromkeys(name for row in rows if isinstance(row, Record) for name in row.values)
    return require_few(tuple(names))


def flattened(values: Mapping[str, object], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Column and text of each value, nested objects as `outer.inner`; RecursionError below DEEPEST levels."""
    _require_shallow(depth)
    for name, value in values.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{prefix}{name}.", depth + 1)
        else:
            yield f"{prefix}{name}", value if type(value) is str else as_text(value, depth)


def as_text(value: object, depth: int = 0) -> str:
    """A value of JSON, Parquet or a workbook as text; nothing for null and NaN."""
    if isinstance(value, str):
        return value
    if value is None or value == [] or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, list | tuple):
        _require_shallow(depth)
        # Objects in a list are something of their own: replies, images, votes.
        plain = (item for item in value if not isinstance(item, dict))
        return ",".join(text for item in plain if (text := as_text(item, depth + 1)))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return str(value)


def _require_shallow(depth: int) -> None:
    # Long before Python's own limit: each level repeats the names of those around it.
    if depth > DEEPEST:
        raise RecursionError
