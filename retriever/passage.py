"""The values that flow through ReviewDuel: what a product, a passage and a match are.

Knows nothing of vectors, SQL or models.
"""

from dataclasses import dataclass
from datetime import date

SENTENCE_ENDS = (".", "!", "?", "…", ":", "。", "！", "？")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class Product:
    """A product and the ids it is found by.

    `product_id` is the first id seen for it; `ids` holds that and every other. `mean_rating` is in
    stars, 1 to 5, over the reviews that carry a rating; None if none does. `ratings` are how many gave
    1, 2, 3, 4 and 5 stars, rounded. A text that came several times counts once. `first_on` and `last_on` are
    the days of the first and the last review that has a date.
    """

    product_id: str
    ids: tuple[str, ...]
    name: str
    reviews: int
    mean_rating: float | None
    brand: str | None = None
    categories: str | None = None
    ratings: tuple[int, ...] = (0, 0, 0, 0, 0)
    first_on: date | None = None
    last_on: date | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a review: the `number`-th, counted from 0, of review `review_id`.

    `rating` is in stars, 1 to 5. `content_hash` is the hexadecimal SHA-256 of `text`.
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
class Match:
    """A passage and how well it fits a question: the higher `score`, the better.

    The score of a dense search is the cosine (-1 to 1) or the dot product (unbounded), as the embedder's
    metric says; of others, about how many standard deviations it is above the product's average passage.
    `agreeing`: how many other reviews say nearly the same, among the best hundred passages; not counted in
    a dense search.
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
