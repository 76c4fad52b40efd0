"""What one row of a table says, as a Review, or why it is none.

Knows where in a row what stands; knows nothing of files or of the database. Small and without a file in it,
so that it can be sent to where the rows are parsed.
"""

from collections import Counter
from dataclasses import dataclass

from config.printable import printable
from ingest.cleaning import LONGEST_LINE, LONGEST_TEXT, Cleaned, clean
from ingest.columns import Columns
from ingest.encoding import TextDecoder
from ingest.fields import Unusable, parse_date, parse_id, parse_product_ids, parse_rating
from ingest.review import Rejection, Review
from ingest.rows import BadRow
from ingest.tables import Record
from retriever.products import Listing

LONGEST_VALUE = 4 * LONGEST_TEXT  # a character is up to four that could not be decoded


@dataclass(frozen=True, slots=True)
class RowParser:
    """Makes reviews of the rows of one file, which is called `name` and counts its rows in `unit`."""

    name: str
    unit: str
    columns: Columns
    decoder: TextDecoder

    def parse(self, row: Record | BadRow, notes: Counter[str]) -> Review | Rejection:
        """The row, cleaned; what was done to its texts is added to `notes`, in words."""
        try:
            return self._review(row, notes)
        except Unusable as problem:
            return Rejection(self.name, row.line, problem.found, problem.expected, self.unit)

    def _review(self, row: Record | BadRow, notes: Counter[str]) -> Review:
        if isinstance(row, BadRow):
            raise Unusable(row.found, row.expected)
        text = self._clean(row, "text", notes, LONGEST_TEXT)
        if text.text is None:
            raise Unusable(f"no text in '{self.columns['text'][0]}'", "a review")
        title = self._clean(row, "title", notes)
        ids = [self._value(row, column, notes) for column in self.columns["product"]]
        return Review(
            line=row.line,
            listing=Listing(
                parse_product_ids(ids, self.columns["product"][0]),
                *(self._clean(row, field, notes).text for field in ("name", "brand", "categories")),
            ),
            title=title.text,
            text=text.text,
            review_id=parse_id(self._field(row, "id", notes)) or None,
            rating=parse_rating(self._field(row, "rating", notes)),
            written_on=parse_date(self._field(row, "date", notes)),
            reviewer=self._clean(row, "reviewer", notes).text,
            original_title=title.original,
            original_text=text.original,
        )

    def _clean(self, row: Record, field: str, notes: Counter[str], longest: int = LONGEST_LINE) -> Cleaned:
        cleaned = clean(self._field(row, field, notes), longest)
        if cleaned.cut:
            notes[f"{field} cut to {longest:,} characters"] += 1
        return cleaned

    def _field(self, row: Record, field: str, notes: Counter[str]) -> str:
        return self._value(row, self.columns[field][0], notes) if field in self.columns else ""

    def _value(self, row: Record, column: str, notes: Counter[str]) -> str:
        # A million rows of a Parquet file may share a long text: no more of it is looked at than may count.
        value, encoding = self.decoder.mend(row.values.get(column, "")[:LONGEST_VALUE])
        if encoding:
            expected = self.decoder.name.upper().removesuffix("-SIG")
            notes[f"'{printable(column)}' not in {expected}, read as {encoding}"] += 1
        return value
