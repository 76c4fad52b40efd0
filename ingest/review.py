"""What a row of a review file becomes: a Review, or the reason why it is left out or cannot be used."""

import hashlib
from dataclasses import dataclass
from datetime import date

from config.printable import printable
from retriever.products import Listing


@dataclass(frozen=True, slots=True)
class Review:
    """One row of a source: a text, or stars, or both."""

    line: int
    """The physical line, from 1, where the row starts; a row's number where the format has no lines."""
    listing: Listing
    """The product."""
    title: str | None
    """Cleaned; never empty."""
    text: str | None
    """Cleaned; never empty. None: the row has stars alone."""
    review_id: str | None
    """The source's own id; None: it has none, and the row is known by what it says."""
    rating: float | None
    """Stars, 1 to 5, derived from `rating_given` by `rating_scale`."""
    written_on: date | None
    reviewer: str | None
    rating_given: str | None = None
    """The rating as the source gives it."""
    rating_scale: str | None = None
    """Lowest and highest value of the source's scale: 1-5, 0-10, 0-100, thumbs."""
    language: str | None = None
    """ISO 639-1, lower case: the source's word, else detected."""
    written: str = ""
    """The date as the source spells it. It tells rows without an id apart, understood or not."""

    @property
    def key(self) -> str:
        """What tells this row from others of its product: its id, else a hash of what the source says."""
        if self.review_id is not None:
            return self.review_id
        # The stars of a text may change; without a text they are all there is.
        said = self.text or self.rating_given or ""
        parts = (self.listing.ids[0], self.title or "", said, self.reviewer or "", self.written)
        return sha256("\0".join(parts))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that is read and rightly not stored: hidden by its shop, or without text and stars."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that cannot be used; as `str` it is the sentence for the user."""

    file: str
    line: int
    found: str
    expected: str
    unit: str = "line"
    """What `line` counts: Parquet has rows, not lines."""
    field: str = "row"
    """The field of a review that is wrong; `row` if it is the whole row."""
    products: tuple[str, ...] = ()
    """The product's ids, where they could be read: its stored reviews may be this row's."""

    def __str__(self) -> str:
        return printable(
            f"{self.file}, {self.unit} {self.line}: found {self.found}, expected {self.expected}."
        )


Row = Review | LeftOut | Rejection


def sha256(text: str) -> str:
    """The hexadecimal SHA-256 of a text: two contents are the same if these are."""
    return hashlib.sha256(text.encode()).hexdigest()
