"""What a row of a review file becomes: a Review, or a Rejection that says why not.

Knows nothing of files, SQL or vectors.
"""

import hashlib
from dataclasses import dataclass
from datetime import date

from config.printable import printable
from retriever.products import Listing


@dataclass(frozen=True, slots=True)
class Review:
    """A usable row. `line` is the physical line, from 1, where it starts; `rating` is in stars, 1 to 5.

    Texts are cleaned and never empty: what the file does not say is None. `review_id` is the source's.
    `original_title` and `original_text` are what the file said, None where cleaning changed nothing.
    """

    line: int
    listing: Listing
    title: str | None
    text: str
    review_id: str | None
    rating: float | None
    written_on: date | None
    reviewer: str | None
    original_title: str | None = None
    original_text: str | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that cannot be used; as `str` it is the sentence for the user. Parquet has rows, not lines."""

    file: str
    line: int
    found: str
    expected: str
    unit: str = "line"

    def __str__(self) -> str:
        return printable(
            f"{self.file}, {self.unit} {self.line}: found {self.found}, expected {self.expected}."
        )


def sha256(text: str) -> str:
    """The hexadecimal SHA-256 of a text: two contents are the same if these are."""
    return hashlib.sha256(text.encode()).hexdigest()
