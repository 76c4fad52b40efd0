"""Files as tables: whatever form a file has, its columns, and its rows of text, as often as one likes.

Knows how a file's form is told: by how it begins, never by its name. Knows nothing of reviews.
"""

from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

from ingest.blocks import begins_with_a_block, block_table
from ingest.delimited import delimited_table
from ingest.encoding import TextDecoder
from ingest.foreign import require_no_known_file, require_no_known_text, require_unpacked
from ingest.json_document import json_table
from ingest.parquet import parquet_table
from ingest.records import NoTable, Options, Record, Table, flattened
from ingest.rows import BadRow
from ingest.source import PARQUET, Source
from ingest.workbook import is_workbook, workbook_table

__all__ = ["NoTable", "Options", "Record", "TableFile", "flattened"]

MARK = "\ufeff"  # of the order of bytes: at the beginning it is no part of the text
SAMPLE = 1 << 20  # bytes, and characters, by which the form is told


class TableFile:
    """An open file as a table. Its rows can be read more than once, but not twice at the same time.

    `path` may be `-` for standard input. Raises NoTable if the file is no table, OSError if it cannot be
    read, LookupError for an unknown encoding, CannotWrite without room for a temporary file.
    """

    def __init__(self, path: Path, options: Options = Options()) -> None:
        self._source = Source(path)
        self._text: TextIOWrapper | None = None
        self._marked = False
        self._ended = False
        self.size = self._source.size
        self.packed = self._source.packed
        self.encoding: str | None = None
        """The encoding of the text; None if the format has none."""
        self.decoder = TextDecoder(b"")
        try:
            self._table = self._open(path.name, options)
        except UnicodeError as error:
            self.close()
            raise self._not_in_encoding() from error
        except BaseException:
            self.close()
            raise
        self.kind = self._table.kind
        self.columns = self._table.columns
        self.header_line = self._table.header_line
        self.unit = self._table.unit
        self.looks_like_a_row = self._table.looks_like_a_row
        self.not_read = self._table.not_read

    @property
    def position(self) -> int:
        """How many bytes of the file are read, a little ahead of the rows given out."""
        return self.size if self._ended and self.size is not None else self._source.position

    def records(self) -> Iterator[Record | BadRow]:
        """The rows in order, from the first one on; this ends any reading that was begun before.

        Raises NoTable or OSError where the file turns out to be damaged.
        """
        self._ended = False
        try:
            yield from self._table.rows()
        except UnicodeError as error:
            raise self._not_in_encoding() from error
        self._ended = True

    def close(self) -> None:
        """Close the file. Harmless when repeated."""
        if self._text:
            self._text.detach()
            self._text = None
        self._source.close()

    def _open(self, name: str, options: Options) -> Table:
        start = self._source.bytes.read(SAMPLE)
        require_no_known_file(start, name)
        if start.startswith(PARQUET):
            return parquet_table(self._source.seekable())
        if is_workbook(start):
            return workbook_table(self._source.seekable(), options)
        require_unpacked(start)
        self.decoder = TextDecoder(start, options.encoding)
        self.encoding = self.decoder.shown
        # Which the encoding does not always take for its own.
        self._marked = start[:64].decode(self.decoder.name, "replace").startswith(MARK)
        return self._text_table(options)

    def _text_table(self, options: Options) -> Table:
        text = self._open_text()
        start = text.read(SAMPLE)
        complete = not text.read(1)
        require_no_known_text(start)
        if start.lstrip()[:1] in ("{", "["):
            return json_table(self._open_text, start, complete, options.path)
        if begins_with_a_block(start):
            return block_table(self._open_text)
        return delimited_table(self._open_text, start, complete, options, self.decoder)

    def _open_text(self) -> TextIOWrapper:
        """The text from its beginning; what was opened before cannot be read on."""
        if self._text:
            self._text.detach()  # the bytes are the source's
        name, errors = self.decoder.name, self.decoder.errors
        self._text = TextIOWrapper(self._source.begin(), encoding=name, errors=errors, newline="")
        if self._marked:
            self._text.read(len(MARK))
        return self._text

    def _not_in_encoding(self) -> NoTable:
        return NoTable(0, f"bytes that are not {self.decoder.name}", "text in the encoding that was told")
