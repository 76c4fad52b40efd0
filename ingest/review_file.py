"""A review file, in any of the known formats, as a stream of reviews.

Knows how a file becomes a table; what its rows say is the parser's, and the database nobody's here. Memory:
some rows.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from config.errors import BadReviewFile
from config.printable import printable
from ingest.columns import UnclearColumns, recognise
from ingest.encoding import TextDecoder
from ingest.parquet import parquet_table
from ingest.parser import RowParser
from ingest.review import Rejection, Review
from ingest.rows import BadRow
from ingest.source import PARQUET, STANDARD_INPUT, Source
from ingest.tables import NoTable, Record, Table, require_few, text_table

MARK = "\ufeff"  # of the order of bytes: at the beginning it is no part of the text
WHAT = "CSV, TSV, JSON lines or Parquet"
NOTHING: Mapping[str, str] = MappingProxyType({})


class UnrecognisedColumns(BadReviewFile):
    """A field has no column, though it needs one or was told one, or has several.

    `columns` are the file's, as it spells them.
    """

    def __init__(self, message: str, columns: Sequence[str]) -> None:
        super().__init__(message)
        self.columns = tuple(columns)


class ReviewFile:
    """An open review file: iterate once over it for its rows, in order, as Review or Rejection.

    `path` may be `-` for standard input; gzip and zstd are undone. `columns` (field: column) says where
    what stands if the names do not, None: nowhere; `encoding` is guessed if it is not told; `name` is what
    sentences call it. `size` is in bytes, None for standard input; `available` are all its columns. `notes`
    counts what was done to the texts, in words. Raises BadReviewFile if the file cannot be read,
    UnrecognisedColumns if it lacks a column.
    """

    def __init__(
        self,
        path: Path,
        columns: Mapping[str, str | None] = NOTHING,
        encoding: str | None = None,
        name: str | None = None,
    ) -> None:
        self.path = path
        self.name = printable(name or ("standard input" if path == STANDARD_INPUT else str(path)))
        self.notes: Counter[str] = Counter()
        self._text: TextIOWrapper | None = None
        if path != STANDARD_INPUT and not path.is_file():
            found = "a folder" if path.is_dir() else "a device" if path.exists() else "no such file"
            raise self._bad(0, found, f"a file with reviews: {WHAT}")
        try:
            self._source = Source(path)
        except OSError as error:
            raise self._unreadable(error) from error
        self.size = self._source.size
        try:
            self._table = require_few(self._open_table(encoding))
            self.available = self._table.columns
            self.columns = recognise(self.available, columns)
            self.parser = RowParser(self.name, self._table.unit, self.columns, self._decoder)
        except BaseException as error:
            self.close()
            raise self._converted(error) from error

    @property
    def position(self) -> int:
        """How many bytes are read so far, a little ahead of the rows given out."""
        return self._source.position

    def __iter__(self) -> Iterator[Review | Rejection]:
        for row in self.rows():
            yield self.parser.parse(row, self.notes)

    def rows(self) -> Iterator[Record | BadRow]:
        """The rows as they stand in the file, once, in order: what `parser` makes reviews of."""
        try:
            yield from self._table.rows
        except (OSError, NoTable, UnicodeError) as error:
            raise self._converted(error) from error

    def close(self) -> None:
        """Close the file. Harmless when repeated."""
        if self._text:
            self._text.detach()  # not closed: standard input is not ours
            self._text = None
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open_table(self, encoding: str | None) -> Table:
        start = self._source.start()
        if start.startswith(PARQUET):
            self._decoder = TextDecoder(b"")
            return parquet_table(self._source.seekable())
        try:
            self._decoder = TextDecoder(start, encoding)
        except LookupError:
            raise NoTable(0, f"no encoding '{encoding}'", "one like utf-8, cp1252 or utf-16") from None
        name = self._decoder.name
        if name not in ("utf-8-sig", "utf-8"):
            self.notes[f"read as {name}, all"] += 1
        # UTF-16 knows no way back to its bytes.
        errors = "replace" if name.startswith("utf-16") else "surrogateescape"
        self._text = TextIOWrapper(self._source.bytes, encoding=name, errors=errors, newline="")
        beginning = start.decode(name, "replace")
        if beginning.startswith(MARK):  # which the encoding does not take for its own
            self._text.read(len(MARK))
        return text_table(self._text, beginning.removeprefix(MARK))

    def _converted(self, error: BaseException) -> BaseException:
        """Our error for what reading raises; a defect stays what it is."""
        if isinstance(error, NoTable):
            return self._bad(error.line, error.found, error.expected)
        if isinstance(error, UnclearColumns):
            sentence = self._sentence(self._table.header_line, error.found, error.expected)
            return UnrecognisedColumns(sentence, self.available)
        if isinstance(error, UnicodeError):  # of an encoding that was told: what is guessed reads any bytes
            return self._bad(
                0, f"bytes that are not {self._decoder.name}", "text in the encoding that was told"
            )
        return self._unreadable(error) if isinstance(error, OSError) else error

    def _unreadable(self, error: OSError) -> BadReviewFile:
        why = error.strerror or str(error) or type(error).__name__
        return self._bad(0, f"'{why}'", "a file that can be read to its end")

    def _bad(self, line: int, found: str, expected: str) -> BadReviewFile:
        return BadReviewFile(self._sentence(line, found, expected))

    def _sentence(self, line: int, found: str, expected: str) -> str:
        where = f"{self.name}, line {line}" if line else self.name
        return f"{where}: found {found}, expected {expected}."
