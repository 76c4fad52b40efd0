"""One row of a table as a Review, or the reason why it is left out or cannot be used.

It holds no file, so that it can be sent to where rows are parsed.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial

from ingest.cleaning import LONGEST_LINE, LONGEST_TEXT, clean
from ingest.columns import Columns, known_names, normalised, shown
from ingest.dates import DayReader, NoDay
from ingest.encoding import TextDecoder
from ingest.fields import Unusable, parse_id, parse_product_ids, plain
from ingest.language import detected_language, language_code
from ingest.notes import Kind, Notes
from ingest.ratings import LONGEST_GIVEN, RatingScale, is_missing, read_value
from ingest.review import LeftOut, Rejection, Review, Row
from ingest.rows import BadRow
from ingest.tables import Record
from retriever.products import Listing

LONGEST_VALUE = 4 * LONGEST_TEXT  # a character is up to four that could not be decoded
SCRAPED_END = "READ MORE"  # a button that scrapers take for the end of the text

NOT_A_RATING = Kind("rating", "not understood: no stars", "--rating-scale 0-10 tells a scale")
NO_RATING_GIVEN = Kind("rating", "0, below the scale: no stars")
OUTSIDE_SCALE = Kind("rating", "outside the scale: no stars", "--rating-scale 0-10 tells another")
NO_DATE = {
    "relative": Kind("date", "relative to an unknown day: no date"),
    "incomplete": Kind("date", "without a day or a year: no date"),
    "open": Kind(
        "date", "with the day or the month first, which is open: no date", "--date-order dmy or mdy"
    ),
    "not understood": Kind("date", "not understood: no date"),
}
HIDDEN = Kind("status", "hidden by the source: left out")
YES, NO = ("true", "1", "yes", "y"), ("false", "0", "no", "n")
BLANK = Kind("row", "without anything: left out")
HEADER_AGAIN = Kind("row", "with the names of the columns once more: left out")
CHANGED_ID = Kind("product", "as a spreadsheet shortens numbers: different ids may have become one")
SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
EMPTY = Kind("text", "without text and stars: left out")
FILLER = Kind("text", "that only say there is none")
STARS_ALONE = Kind("text", "with stars and no text: they count in the product's stars")


@dataclass(frozen=True, slots=True)
class RowParser:
    """Makes reviews of the rows of one file."""

    name: str
    """The file's, in sentences."""
    unit: str
    """What a row's number counts: `line` or `row`."""
    columns: Columns
    decoder: TextDecoder
    scale: RatingScale | None
    """Of ratings that are plain numbers; None: it is open."""
    open_scale: str
    """Why it is open."""
    days: DayReader
    product: str | None = None
    """The only product's id and name, where no column tells it."""
    source: str | None = None
    language: str | None = None
    """Of all reviews; None: as their column says, else detected."""
    name_is_reviewer: bool = False
    name_is_open: bool = False
    """Nothing is taken from the column `name`."""

    def parse(self, row: Record | BadRow, notes: Notes) -> Row:
        """The row, cleaned; what was done to it is noted."""
        if isinstance(row, BadRow):
            return self._rejected(row.line, Unusable("row", row.found, row.expected))
        product: tuple[str, ...] = ()
        if what := self._is_no_row(row):
            notes.add(what, "", f"{self.unit} {row.line}")
            return LeftOut(row.line, what.what)
        try:
            if self._is_hidden(row, notes):
                return LeftOut(row.line, "hidden by the source")
            product = self._product(row, notes)
            return self._review(row, product, notes)
        except Unusable as problem:
            return self._rejected(row.line, problem, product)

    def _is_no_row(self, row: Record) -> Kind | None:
        """Whether the row is blank, or a header among rows, as joined files have it."""
        text = self.columns.of["text"][0]
        if row.values.get(text, "") not in ("", text):
            return None
        values = [(column, value.strip()) for column, value in row.values.items()]
        if not any(value for _, value in values):
            return BLANK
        return HEADER_AGAIN if all(value in ("", column) for column, value in values) else None

    def _rejected(self, line: int, problem: Unusable, product: tuple[str, ...] = ()) -> Rejection:
        return Rejection(
            self.name, line, problem.found, problem.expected, self.unit, problem.field, self._public(product)
        )

    def _public(self, product: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"{self.source}:{one}" for one in product) if self.source else product

    def _review(self, row: Record, product: tuple[str, ...], notes: Notes) -> Row:
        place = f"{self.unit} {row.line}"
        text, title = self._text(row, notes, place), self._clean(row, "title", notes)
        if text is None:
            text, title = title, None  # what people write into the title alone is their text
        given = plain(self._field(row, "rating", notes))
        rating, scale = self._rating(given, notes, place)
        if text is None:
            if rating is None:
                notes.add(EMPTY, "", place)
                return LeftOut(row.line, "without text and stars")
            notes.add(STARS_ALONE, "", place)
        written = self._field(row, "date", notes).strip()
        name, reviewer = self._clean(row, "name", notes), self._clean(row, "reviewer", notes)
        if self.name_is_reviewer:
            name, reviewer = None, name
        elif self.name_is_open:
            name = None
        return Review(
            line=row.line,
            listing=Listing(
                product, name if self.product is None else self.product,
                self._clean(row, "brand", notes), self._clean(row, "categories", notes), self.source,
            ),
            title=title,
            text=text,
            review_id=parse_id(self._field(row, "id", notes), "id") or None,
            rating=rating,
            written_on=self._date(written, notes, place),
            reviewer=reviewer,
            rating_given=given[:LONGEST_GIVEN] or None,
            rating_scale=scale,
            language=self._language(row, text, notes),
            written=written[:LONGEST_LINE],
        )  # fmt: skip

    def _product(self, row: Record, notes: Notes) -> tuple[str, ...]:
        if self.product is not None:
            return (self.product,)
        columns = self.columns.of["product"]
        values = [self._value(row, column, notes) for column in columns]
        if SHORTENED.fullmatch(values[0]):
            notes.add(CHANGED_ID, values[0], f"{self.unit} {row.line}")
        return parse_product_ids(values, shown(columns[0]), self.columns.lists)

    def _text(self, row: Record, notes: Notes, place: str) -> str | None:
        """The text; of several columns their parts, each under its word."""
        parts = []
        names = known_names()
        several = len(self.columns.labels) > 1
        for column, label in zip(self.columns.of["text"], self.columns.labels, strict=True):
            text = self._cleaned(self._value(row, column, notes), "text", notes, LONGEST_TEXT)
            if text is None:
                continue
            text = text.removesuffix(SCRAPED_END).rstrip() if text.endswith(SCRAPED_END) else text
            if len(text) < 40 and _plain(text) in (
                names.part_fillers if label and several else names.fillers
            ):
                notes.add(FILLER, text, place)
            elif text:
                parts.append(f"{label}: {text}" if label else text)
        return "\n\n".join(parts)[:LONGEST_TEXT] or None

    def _rating(self, given: str, notes: Notes, place: str) -> tuple[float | None, str | None]:
        """Stars, and the scale that they follow from."""
        if not given or is_missing(given):
            return None, None
        # What is longer is no rating.
        stars, what = _stars(given[: LONGEST_GIVEN + 1], self.scale)
        if isinstance(what, Kind):
            if what is NOT_A_RATING and self.open_scale and read_value(given):
                what = Kind("rating", f"on an unknown scale ({self.open_scale}): no stars", what.remedy)
            notes.add(what, given, place)
            return None, None
        return stars, what

    def _date(self, written: str, notes: Notes, place: str) -> date | None:
        if not written or is_missing(written):
            return None
        day = self.days.read(written[:LONGEST_LINE])
        if isinstance(day, NoDay):
            notes.add(NO_DATE[day.reason], written, place)
            return None
        return day

    def _language(self, row: Record, text: str | None, notes: Notes) -> str | None:
        if self.language:
            return self.language
        told = (
            language_code(self._field(row, "language", notes)[:50]) if "language" in self.columns.of else None
        )
        return told or (detected_language(text) if text else None)

    def _is_hidden(self, row: Record, notes: Notes) -> bool:
        for column in self.columns.of.get("status", ()):
            value = self._value(row, column, notes).strip().casefold()
            if value and _hides(column, value):
                notes.add(HIDDEN, value, f"{self.unit} {row.line}")
                return True
        return False

    def _clean(self, row: Record, field: str, notes: Notes) -> str | None:
        value = self._field(row, field, notes)
        return self._cleaned(value, field, notes, LONGEST_LINE) if value else None

    def _cleaned(self, value: str, field: str, notes: Notes, longest: int) -> str | None:
        # Names, brands and categories come again with each review of a product.
        text, cut = (
            _clean_line(value) if longest == LONGEST_LINE and len(value) < 200 else clean(value, longest)
        )
        if cut:
            notes.add(Kind(field, f"cut to {longest:,} characters"))
        return None if text is not None and is_missing(text) else text

    def _field(self, row: Record, field: str, notes: Notes) -> str:
        columns = self.columns.of.get(field)
        return self._value(row, columns[0], notes) if columns else ""

    def _value(self, row: Record, column: str, notes: Notes) -> str:
        # A million rows of a Parquet file may share a long text: no more of it is looked at than may count.
        value = row.values.get(column, "")
        if value.isascii() and len(value) <= LONGEST_VALUE:
            return value
        value, encoding = self.decoder.mend(value[:LONGEST_VALUE])
        if encoding:
            expected = self.decoder.name.upper().removesuffix("-SIG")
            kind = Kind(shown(column), f"not in {expected}, read as {encoding}", "--encoding tells another")
            notes.add(kind, value)
        return value


_clean_line = lru_cache(10_000)(partial(clean, longest=LONGEST_LINE))


@lru_cache(10_000)
def _stars(given: str, scale: RatingScale | None) -> tuple[float | None, str | Kind]:
    """Stars and the scale in words; without stars the kind of what is wrong."""
    value = read_value(given)
    scale = value.scale or scale if value else scale
    if value is None or scale is None:
        return None, NOT_A_RATING
    if value.number == 0 and scale.zero_is_none:
        return None, NO_RATING_GIVEN
    stars = scale.stars(value.number)
    return (None, OUTSIDE_SCALE) if stars is None else (round(stars, 4), str(scale))


@lru_cache(1000)
def _hides(column: str, value: str) -> bool:
    """Whether this value of a status column says that the review is not to be seen."""
    name = normalised(column)
    if name.endswith(("published", "visible", "approved")):
        return value in NO or value in known_names().hidden
    if name.endswith(("hidden", "spam", "deleted")):
        return value in YES or value in known_names().hidden
    return value in known_names().hidden


def _plain(text: str) -> str:
    """A text as the table of fillers spells it."""
    return text.casefold().strip(" .!\n") or text
