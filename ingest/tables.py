"""Files as tables: CSV, TSV, JSON lines and Parquet become columns and rows of text.

Knows these formats, which it tells by how a file begins; knows nothing of reviews. Memory: some rows, and
of Parquet a part of a column.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from io import TextIOWrapper
from itertools import chain, islice
from typing import IO

from ingest.rows import BadRow, Row, read_rows

ROWS_TO_LEARN_COLUMNS = 200  # of JSON lines, which have no header, and may leave out what is empty
PARQUET_BATCH = 1024


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


def text_table(text: TextIOWrapper, start: str) -> Table:
    """The table in a text that begins with `start`: JSON lines, or CSV with tabs or commas."""
    first = start.lstrip()[:1]
    if first == "[":
        raise NoTable(1, "a JSON array", "one JSON object per line (`jq -c '.[]'` makes them)")
    if first == "{":
        return _json_table(text)
    header = next((line for line in start.splitlines() if line.strip()), "")
    return _csv_table(text, "\t" if header.count("\t") > header.count(",") else ",")


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
    rows = (_parsed(number, line) for number, line in enumerate(lines, start=1) if line.strip())
    known = list(islice(rows, ROWS_TO_LEARN_COLUMNS))
    records = [row for row in known if isinstance(row, Record)]
    if not records:
        raise NoTable(1, "no line that is a JSON object", "one per line")
    columns = dict.fromkeys(name for record in records for name in record.values)
    return Table(tuple(columns), chain(known, rows))


def _parsed(number: int, line: str) -> Record | BadRow:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError) as error:
        return BadRow(number, f"a line that is no JSON ({error})", "one JSON object")
    if not isinstance(values, dict):
        return BadRow(number, f"a JSON {type(values).__name__}", "one JSON object")
    return Record(number, dict(_flattened(values)))


def _flattened(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested objects as `outer.inner`."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flattened(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _as_text(value)


def parquet_table(file: IO[bytes]) -> Table:
    """The table in a Parquet file; `line` counts its rows."""
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        # Buffered: else a whole column of a row group, which may be all rows, is read at once.
        parquet = ParquetFile(file, buffer_size=1 << 20, pre_buffer=False)
    except (ArrowException, OSError) as error:
        raise NoTable(1, f"a damaged Parquet file ({' '.join(str(error).split())})", "a whole one") from error

    def rows() -> Iterator[Record | BadRow]:
        number = 0
        try:
            for batch in parquet.iter_batches(PARQUET_BATCH):
                for values in batch.to_pylist():
                    number += 1
                    yield Record(number, dict(_flattened(values)))
        except (ArrowException, OSError) as error:
            found = f"a damaged part ({' '.join(str(error).split())})"
            raise NoTable(number + 1, found, "a whole Parquet file") from error

    return Table(tuple(parquet.schema_arrow.names), rows(), unit="row")


def _as_text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, list | tuple):
        return ",".join(filter(None, map(_as_text, value)))
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return str(value)
