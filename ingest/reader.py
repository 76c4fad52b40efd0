"""A review file, CSV in the columns of the published experiment (Datafiniti's), as a stream of reviews.

Knows the columns and what may stand in them; knows nothing of the database. Memory: one row.
"""

import difflib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Self

from config.errors import BadReviewFile
from ingest.review import Rejection, Review
from ingest.rows import BadRow, Row, read_rows
from retriever.products import Listing

REQUIRED = ("asins", "reviews.title", "reviews.text")
LONGEST_ID = 200  # characters; an index entry holds some 2,700 bytes
LINE_BREAK_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
UNDECODABLE = re.compile("[\udc80-\udcff]")  # what surrogateescape makes of bytes that are not UTF-8


@dataclass(frozen=True, slots=True)
class _Unusable(Exception):
    found: str
    expected: str


class ReviewFile:
    """An open review file: iterate once over it for its rows, in order, as Review or Rejection.

    `size` is in bytes. The columns asins, reviews.title and reviews.text must be there; reviews.id,
    reviews.rating, reviews.date, reviews.username, name, brand and categories may be. UTF-8, with or
    without a byte order mark. Raises BadReviewFile if the file cannot be read or lacks a column.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            if not path.exists():
                raise self._bad(0, "no such file", "a CSV file with reviews")
            if not path.is_file():
                raise self._bad(0, "a folder" if path.is_dir() else "a device", "a CSV file")
            self.size = path.stat().st_size
            self._bytes = path.open("rb")
        except OSError as error:
            raise self._bad(0, f"'{error.strerror}'", "a file that can be read") from error
        self._text = TextIOWrapper(self._bytes, encoding="utf-8-sig", errors="surrogateescape", newline="")
        try:
            self._rows = read_rows(self._text)
            self._columns = self._read_header()
        except BaseException:
            self.close()
            raise

    @property
    def position(self) -> int:
        """How many bytes are read so far, a little ahead of the rows given out."""
        return self.size if self._bytes.closed else self._bytes.tell()

    def __iter__(self) -> Iterator[Review | Rejection]:
        try:
            for row in self._rows:
                try:
                    yield self._review(row)
                except _Unusable as problem:
                    yield Rejection(str(self.path), row.line, problem.found, problem.expected)
        except OSError as error:
            raise self._bad(0, f"'{error.strerror}'", "a file that can be read to its end") from error

    def close(self) -> None:
        """Close the file. Harmless when repeated."""
        self._text.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _bad(self, line: int, found: str, expected: str) -> BadReviewFile:
        where = f"{self.path}, line {line}" if line else str(self.path)
        return BadReviewFile(f"{where}: found {found}, expected {expected}.")

    def _read_header(self) -> list[str]:
        header = next(self._rows, None)
        if header is None:
            raise self._bad(1, "nothing", f"a header with the columns {', '.join(REQUIRED)}")
        if isinstance(header, BadRow):
            raise self._bad(header.line, header.found, f"a header with the columns {', '.join(REQUIRED)}")
        columns = [name.strip() for name in header.fields]
        if any("\0" in name or UNDECODABLE.search(name) for name in columns):
            raise self._bad(header.line, "bytes that are no text", "a CSV file in UTF-8")
        missing = [name for name in REQUIRED if name not in columns]
        if missing:
            close = difflib.get_close_matches(missing[0], columns, n=1, cutoff=0.5)
            found = f"no column '{missing[0]}'" + (f" (but '{close[0]}')" if close else "")
            raise self._bad(header.line, found, f"at least the columns {', '.join(REQUIRED)}")
        return columns

    def _review(self, row: Row | BadRow) -> Review:
        if isinstance(row, BadRow):
            raise _Unusable(row.found, row.expected)
        for name, value in zip(self._columns, row.fields, strict=True):
            if UNDECODABLE.search(value):
                raise _Unusable(f"bytes in '{name}' that are not UTF-8", "a file in UTF-8")
            if "\0" in value:
                raise _Unusable(f"a NUL character in '{name}'", "text")
        values = dict(zip(self._columns, row.fields, strict=True))
        text = _clean(values["reviews.text"])
        if text is None:
            raise _Unusable("no text in 'reviews.text'", "a review")
        return Review(
            line=row.line,
            listing=Listing(
                _product_ids(values["asins"]),
                _clean(values.get("name", "")),
                _clean(values.get("brand", "")),
                _clean(values.get("categories", "")),
            ),
            title=_clean(values["reviews.title"]),
            text=text,
            review_id=_id(values.get("reviews.id", "")) or None,
            rating=_rating(values.get("reviews.rating", "").strip()),
            written_on=_date(values.get("reviews.date", "").strip()),
            reviewer=_clean(values.get("reviews.username", "")),
        )


def _clean(value: str) -> str | None:
    """The text without HTML's entities and line breaks, as scraped reviews have them; None if empty."""
    return html.unescape(LINE_BREAK_TAG.sub("\n", value)).strip() or None


def _id(value: str) -> str:
    value = value.strip()
    if len(value) > LONGEST_ID:
        raise _Unusable(f"an id of {len(value)} characters", f"at most {LONGEST_ID}")
    return value


def _product_ids(value: str) -> tuple[str, ...]:
    ids = tuple(dict.fromkeys(name for part in value.split(",") if (name := _id(part))))
    if not ids:
        raise _Unusable("no product id in 'asins'", "one or more, separated by commas")
    return ids


def _rating(value: str) -> float | None:
    if not value:
        return None
    try:
        stars = float(value)
    except ValueError:
        stars = 0.0
    if not 1 <= stars <= 5:
        raise _Unusable(f"the rating {value[:40]!r}", "a number from 1 to 5, or nothing")
    return stars


def _date(value: str) -> date | None:
    if not value:
        return None
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        raise _Unusable(f"the date {value[:40]!r}", "one like 2017-01-13, or nothing") from None
