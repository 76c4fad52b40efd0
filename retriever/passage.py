"""The values that flow through ReviewDuel: what a product, a passage and a match are.

Knows nothing of vectors, SQL or models.
"""

from dataclasses import dataclass
from datetime import date

SENTENCE_ENDS = (".", "!", "?", "…", ":", "。", "！", "？")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Product:
    """A product and the ids it is found by; its figures are over all rows of its reviews."""

    product_id: str
    """The first public id seen for it."""
    ids: tuple[str, ...]
    """`product_id` and every other public id: the source's own, after `source:` if the source has a name."""
    name: str
    """The first name seen for it, else `product_id`."""
    reviews: int
    """Rows: a text that came several times counts every time, and so do stars alone."""
    mean_rating: float | None
    """In stars, 1 to 5, over the rows that carry a rating; None if none does."""
    brand: str | None = None
    categories: str | None = None
    ratings: tuple[int, ...] = (0, 0, 0, 0, 0)
    """How many rows gave 1, 2, 3, 4 and 5 stars, rounded."""
    first_on: date | None = None
    """The day of the first row that has a date."""
    last_on: date | None = None
    """The day of the last row that has a date."""
    with_text: int = 0
    """Rows with a text; the others have stars alone."""
    source: str | None = None
    """The name of the space of ids that its ids belong to; None: they have no name in front."""
    languages: tuple[str, ...] = ()
    """ISO 639-1, of its rows, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a review: the `number`-th, counted from 0, of review `review_id`.

    Where several rows have the same text, `review_id`, rating, date and reviewer are those of the latest row
    that passed the search's limits. `rating` is in stars, 1 to 5. `content_hash` is the hexadecimal SHA-256
    of `text`.
    """

    product_id: str
    review_id: str
    number: int
    text: str
    rating: float | None
    written_on: date | None
    reviewer: str | None
    content_hash: str


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """The `number`-th piece, from 0, of the text `body` of a product; both are keys of the database."""

    product: int
    body: int
    number: int
    text: str
    content_hash: str
    """The SHA-256 of `text` in hexadecimal."""


@dataclass(frozen=True, slots=True)
class Match:
    """A passage and how well it fits a question: the higher `score`, the better.

    The score of a dense search is the cosine (-1 to 1) or the dot product (unbounded), as the embedder's
    metric says; of others, about how many standard deviations it is above the product's average passage.
    `agreeing`: how many other reviews say the same or nearly the same, among those of the best hundred
    passages; not counted in a dense search.
    """

    passage: Passage
    score: float
    agreeing: int = 0


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What one search found, best first, and the seconds it took: embedding the question, and SQL."""

    matches: tuple[Match, ...]
    retrieval_s: float


def prose(title: str | None, text: str) -> str:
    """Title and text as one piece of prose: what is compared, split and embedded."""
    if title is None:
        return text
    return f"{title}{' ' if title.endswith(SENTENCE_ENDS) else '. '}{text}"
