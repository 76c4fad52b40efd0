"""A review file, in any of the known formats, as a stream of reviews."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePath
from types import TracebackType
from typing import Self

from config.errors import BadReviewFile
from config.printable import printable
from ingest.columns import Samples, UnclearColumns, recognise, shown
from ingest.dates import DayReader
from ingest.mapping import FileMapping
from ingest.notes import Kind, Notes
from ingest.parser import RowParser
from ingest.review import Rejection, Row
from ingest.rows import BadRow
from ingest.source import STANDARD_INPUT
from ingest.survey import Survey, survey
from ingest.tables import NoTable, Options, Record, TableFile

WHAT = "CSV, TSV, JSON, XLSX or Parquet"
ROWS_TO_LEARN_COLUMNS = 2_000
MOST_TO_LEARN_COLUMNS = 8 << 20  # characters
ROWS_TO_SHOW = 3  # where somebody must say what stands where


class UnrecognisedColumns(BadReviewFile):
    """A field has no column, though it needs one or was told one, or has several.

    `columns` are the file's, as it spells them; `rows` its first ones, to see what stands where.
    """

    def __init__(self, message: str, columns: Sequence[str], rows: Samples = ()) -> None:
        super().__init__(message)
        self.columns = tuple(columns)
        self.rows = tuple(rows)


class ReviewFile:
    """An open review file: iterate over it for its rows, in order, each as Review, LeftOut or Rejection.

    `path` may be `-` for standard input. `mapping` says what the file does not tell by itself; `name` is what
    sentences call it. `notes` says what was done to the rows that were read. Raises BadReviewFile if the file
    cannot be read, UnrecognisedColumns if it lacks a column.
    """

    def __init__(self, path: Path, mapping: FileMapping = FileMapping(), name: str | None = None) -> None:
        self.path = path
        self.mapping = mapping
        self.name = printable(name or ("standard input" if path == STANDARD_INPUT else str(path)))
        self.notes = Notes()
        if path != STANDARD_INPUT and not path.is_file():
            found = "a folder" if path.is_dir() else "a device" if path.exists() else "no such file"
            raise self._bad(0, found, f"a file with reviews: {WHAT}")
        try:
            self.table = TableFile(path, Options(mapping.encoding, mapping.header, mapping.path))
        except (LookupError, NoTable, OSError, UnicodeError) as error:
            raise self._converted(error) from error
        samples: Samples = ()
        try:
            samples = self._samples()
            self.columns = recognise(self.available, samples, mapping.columns, mapping.product is not None)
            self.product = self._one_product(name or path.name)
        except BaseException as error:
            self.close()
            raise self._converted(error, samples) from error

    @property
    def available(self) -> tuple[str, ...]:
        """All columns of the file."""
        return self.table.columns

    @property
    def size(self) -> int | None:
        """Bytes of the file; None for standard input."""
        return self.table.size

    @property
    def position(self) -> int:
        """How many bytes are read so far, a little ahead of the rows given out."""
        return self.table.position

    @cached_property
    def survey(self) -> Survey:
        """What the whole file tells. Reads it to its end; raises BadReviewFile."""
        rows = (row.values for row in self.rows() if isinstance(row, Record))
        return survey(rows, self.columns, self.mapping)

    @cached_property
    def parser(self) -> RowParser:
        """What makes reviews of this file's rows. Raises what `survey` raises."""
        found = self.survey
        return RowParser(
            self.name, self.table.unit, self.columns, self.table.decoder, found.rating_scale,
            found.open_scale, DayReader(found.date_order), self.product, self.mapping.source,
            self.mapping.language, found.name_is_reviewer, found.name_is_open,
        )  # fmt: skip

    def __iter__(self) -> Iterator[Row]:
        parser = self.parser
        for row in self.rows():
            yield parser.parse(row, self.notes)

    def rows(self) -> Iterator[Record | BadRow]:
        """The rows as they stand in the file, in order: what `parser` makes reviews of."""
        try:
            yield from self.table.records()
        except (OSError, NoTable, UnicodeError) as error:
            raise self._converted(error) from error

    def remarks(self) -> Iterator[str]:
        """What there is to say of the file as a whole, and of its rows so far, a sentence each."""
        if self.table.encoding and not self.table.decoder.name.startswith("utf-8"):
            yield f"read as {self.table.encoding}"
        if self.product is not None and self.mapping.product is None:
            yield (
                f"no column names the product: all reviews are of one, '{self.product}'; "
                "--product NAME names it"
            )
        if self.table.not_read:
            yield printable(self.table.not_read)
        found = self.survey
        if found.open_scale and "rating" in self.columns.of:
            yield (
                f"rating: the scale is open ({found.open_scale}): no stars; "
                "--rating-scale 1-5 or 0-10 tells it"
            )
        if found.name_is_reviewer:
            column = shown(self.columns.of["name"][0])
            yield f"'{column}' differs within products: it is taken for the reviewer's name"
        elif found.name_is_open:
            yield (
                "name: no product comes twice, so 'name' may be the product's or the reviewer's: nothing is "
                "taken from it; --column name=name or --column reviewer=name tells it"
            )
        elif found.renamed_products:
            times = "one product comes" if found.renamed_products == 1 else (
                f"{found.renamed_products:,} products come"
            )  # fmt: skip
            yield f"name: {times} with several names; the first is kept: {'; '.join(found.renamed)}"
        if others := self.columns.other_texts:
            yield (
                f"text: '{shown(self.columns.of['text'][0])}' is taken, the longest of several; "
                f"--column {shlex.quote(f'text={shown(others[0])}')} takes another"
            )
        for field, (column, example) in self.columns.unreadable.items():
            yield (
                f"{field}: nothing is taken from '{shown(column)}', which holds no {field}, such as "
                f"'{printable(example[:40])}'; --column {shlex.quote(f'{field}={shown(column)}')} "
                "takes it all the same"
            )
        yield from self.notes.lines()

    def close(self) -> None:
        """Close the file. Harmless when repeated."""
        self.table.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _samples(self) -> Samples:
        """The first rows: by what stands in them columns are told apart."""
        rows = (row.values for row in self.table.records() if isinstance(row, Record))
        samples: list[Mapping[str, str]] = []
        length = 0
        for row in islice(rows, ROWS_TO_LEARN_COLUMNS):
            samples.append({column: self.table.decoder.mend(value)[0] for column, value in row.items()})
            length += sum(map(len, row.values()))
            if length > MOST_TO_LEARN_COLUMNS:
                break
        return samples

    def _one_product(self, name: str) -> str | None:
        """The only product, if no column names it: as told, else called like the file."""
        if "product" in self.columns.of:
            return None
        if self.mapping.product is None and self.path == STANDARD_INPUT:
            raise UnclearColumns(
                "no column for the product's id", "--product NAME if all of it is one product"
            )
        return self.mapping.product or printable(PurePath(name).name.split(".")[0]) or "product"

    def _converted(self, error: BaseException, samples: Samples = ()) -> BaseException:
        """Our error for what reading raises; a defect stays what it is."""
        if isinstance(error, NoTable):
            return self._bad(error.line, error.found, error.expected)
        if isinstance(error, UnclearColumns):
            return UnrecognisedColumns(self._unclear(error), self.available, samples[:ROWS_TO_SHOW])
        if isinstance(error, LookupError) and self.mapping.encoding is not None:
            return self._bad(0, f"no encoding '{self.mapping.encoding}'", "one like utf-8, cp1252 or utf-16")
        if isinstance(error, UnicodeError):  # of an encoding that was told: what is guessed reads any bytes
            return self._bad(
                0, f"bytes that are not {self.mapping.encoding}", "text in the encoding that was told"
            )
        if isinstance(error, OSError):
            why = error.strerror or str(error) or type(error).__name__
            return self._bad(0, f"'{why}'", "a file that can be read to its end")
        return error

    def _unclear(self, error: UnclearColumns) -> str:
        sentence = self._sentence(self.table.header_line, error.found, error.expected)
        if self.table.looks_like_a_row:
            first = "--no-header --column product=1 --column text=2"
            return (
                f"{sentence} The first line looks like a row ({self.table.looks_like_a_row}): if the file "
                f"has no header, name the columns by number, as in {first}."
            )
        return sentence

    def _bad(self, line: int, found: str, expected: str) -> BadReviewFile:
        return BadReviewFile(self._sentence(line, found, expected))

    def _sentence(self, line: int, found: str, expected: str) -> str:
        where = f"{self.name}, line {line}" if line else self.name
        return f"{where}: found {found}, expected {expected}."


def note_rejection(notes: Notes, row: Rejection, of_several_files: bool = False) -> None:
    """Group a rejected row with others of the same field."""
    file = f"{row.file}, " if of_several_files else ""
    kind = Kind(row.field, "rejected", f"expected {row.expected}")
    notes.add(kind, row.found, f"{file}{row.unit} {row.line}")
