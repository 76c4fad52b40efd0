"""Parquet files as tables of text, a few megabytes at a time.

Knows the format through pyarrow, which is imported on first use: it loads slowly. Knows nothing of reviews.
"""

import mmap
from collections.abc import Iterator, Sequence
from io import SEEK_END
from typing import IO, Any

from ingest.records import DEEPEST, NoTable, Record, Table, flattened, require_few
from ingest.rows import BadRow
from ingest.source import MOST_TIMES, UNPACKED_FREELY

MOST_ROWS = 1024  # that are read at once
PORTION = 16 << 20  # bytes that they should take at most
OPTIONS = {"pre_buffer": False, "schema_depth_limit": DEEPEST}


def parquet_table(file: IO[bytes]) -> Table:
    """The table in a Parquet file; `line` counts its rows. Raises NoTable."""
    from pyarrow import BufferReader, py_buffer
    from pyarrow.parquet import ParquetFile

    try:
        # Mapped: read, a whole column of a row group, which may be all rows, would be in memory at once; read
        # through a buffer, that grows to whatever size a page claims to have.
        content = py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        schema = ParquetFile(BufferReader(content), **OPTIONS).schema_arrow

        def opened(schema: Any) -> Any:
            # A text that a million rows share stands in the file once, and shall in memory.
            return ParquetFile(BufferReader(content), read_dictionary=_texts(schema), **OPTIONS)

        columns = tuple(_names(schema))
        at_once = _rows_at_once(opened(schema).metadata, content.size)
    except Exception as error:
        # Of a damaged file pyarrow raises its own errors, and Python's about names, sizes and dates.
        raise _damaged(1, "a damaged Parquet file", error) from error
    require_few(columns)
    return Table("Parquet", columns, lambda: _rows(opened(schema), at_once, file), unit="row")


def _damaged(row: int, what: str, error: Exception) -> NoTable:
    return NoTable(row, f"{what} ({' '.join(str(error).split())})", "a whole one")


def _names(fields: Any, prefix: str = "") -> Iterator[str]:
    """The columns as `flattened` calls them, those within a column after its name."""
    from pyarrow import types

    for field in fields:
        if types.is_struct(field.type):
            yield from _names(field.type, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}"


def _texts(schema: Any) -> list[str]:
    from pyarrow import types

    checks = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    return [field.name for field in schema if any(is_text(field.type) for is_text in checks)]


def _rows_at_once(metadata: Any, size: int) -> int:
    unpacked = sum(metadata.row_group(number).total_byte_size for number in range(metadata.num_row_groups))
    if unpacked > UNPACKED_FREELY + MOST_TIMES * size:
        raise ValueError(f"it unpacks to more than {MOST_TIMES} times its size, as no reviews do")
    rows: int = PORTION * metadata.num_rows // max(unpacked, 1)
    return max(1, min(MOST_ROWS, rows))


def _rows(parquet: Any, at_once: int, file: IO[bytes]) -> Iterator[Record | BadRow]:
    number, size = 0, file.seek(0, SEEK_END)
    batches = parquet.iter_batches(at_once)
    while True:
        try:
            batch = next(batches, None)
        except Exception as error:
            raise _damaged(number + 1, "a damaged part", error) from error
        if batch is None:
            return
        # Nothing is read of it, and whoever shows how far it is looks there.
        file.seek(size * number // max(parquet.metadata.num_rows, 1))
        for values in _read(batch):
            number += 1
            yield _record(number, values)


def _record(number: int, values: dict[str, object] | Exception) -> Record | BadRow:
    if isinstance(values, Exception):
        return BadRow(number, f"a value that is none ({values})", "texts, numbers and dates")
    try:
        return Record(number, dict(flattened(values)))
    except RecursionError:
        return BadRow(number, "values within values, too deep", f"at most {DEEPEST} levels")


def _read(batch: Any) -> Iterator[dict[str, object] | Exception]:
    """The rows; one by one where one of them holds what Python has no value for, a year of 200,000."""
    try:
        yield from _python_rows(batch)
    except Exception:
        for index in range(batch.num_rows):
            try:
                yield from _python_rows(batch.slice(index, 1))
            except Exception as error:
                yield error


def _python_rows(batch: Any) -> list[dict[str, object]]:
    columns = [_python_values(column) for column in batch.columns]
    return [dict(zip(batch.schema.names, row, strict=True)) for row in zip(*columns, strict=True)]


def _python_values(column: Any) -> Sequence[object]:
    import pyarrow

    if isinstance(column, pyarrow.DictionaryArray):
        texts = _python_values(column.dictionary)
        return [None if index is None else texts[index] for index in column.indices.to_pylist()]
    try:
        values: list[object] = column.to_pylist()
    except UnicodeDecodeError:
        # Not in UTF-8, as text has to be there: its bytes are the parser's matter.
        return _python_values(column.cast(pyarrow.binary()))
    return values
