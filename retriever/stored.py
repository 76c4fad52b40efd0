"""The rows of the tables review, review_copy and passage, as values. Knows no SQL."""

from dataclasses import dataclass
from datetime import date

Key = tuple[int, str]  # of a product, and a review's or a copy's id


@dataclass(frozen=True, slots=True)
class StoredReview:
    """A review as the table holds it; `product` is the key that `resolve_products` gave.

    `rating` is in stars, 1 to 5. The originals are None where they are the same. `listed_as` is the id by
    which its row named the product, `split` the way in which its passages were made. `unnamed` of the
    `copies` rows that had this text had no id of their own.
    """

    product: int
    review_id: str
    title: str | None
    text: str
    original_title: str | None
    original_text: str | None
    rating: float | None
    written_on: date | None
    reviewer: str | None
    content_hash: str
    listed_as: str | None
    split: str | None
    unnamed: int = 0
    copies: int = 1

    @property
    def key(self) -> Key:
        """What the table knows it by."""
        return self.product, self.review_id


@dataclass(frozen=True, slots=True)
class StoredCopy:
    """A row of the source with an id, `copy_id`, and the text of the stored review `review_id`."""

    product: int
    copy_id: str
    review_id: str
    rating: float | None
    written_on: date | None
    reviewer: str | None


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """The `number`-th piece, from 0, of a review; `content_hash` is the SHA-256 of `text` in hexadecimal."""

    product: int
    review_id: str
    number: int
    text: str
    content_hash: str
