"""From reviews to stored passages, in batches, doing again only what changed.

Knows when a review is new, changed or known; how it is stored is the retriever's business. A review is known
by its source's id, else by its content. Ingesting a file again changes nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from itertools import islice

from psycopg2.extensions import connection as Connection

from config.settings import PassageSettings
from database import Database
from ingest.review import Rejection, Review, prose, sha256
from ingest.splitter import Splitter
from retriever import Embedder
from retriever.identity import claim_database
from retriever.products import resolve_products
from retriever.store import (
    StoredPassage,
    StoredReview,
    lock_for_writing,
    replace_passages,
    similar_reviews,
    write_reviews,
)

BATCH_ROWS = 64  # few seconds of embedding: the unit of progress, and of what an interruption loses


@dataclass(frozen=True, slots=True)
class IngestCounts:
    """What became of the rows; `read` is the sum of the others."""

    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    def __add__(self, other: "IngestCounts") -> "IngestCounts":
        return IngestCounts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def __str__(self) -> str:
        return (
            f"read {self.read}, new {self.new}, updated {self.updated}, "
            f"unchanged {self.unchanged}, rejected {self.rejected}"
        )


def ingest(
    rows: Iterable[Review | Rejection],
    database: Database,
    embedder: Embedder,
    passages: PassageSettings,
    on_batch: Callable[[IngestCounts, Sequence[Rejection]], None] = lambda counts, rejections: None,
) -> IngestCounts:
    """Store reviews; return what became of the rows.

    Each batch of rows is one transaction, after which `on_batch` gets the counts so far and the
    batch's rejections: what was stored before a failure stays. Several may run at the same time.
    Raises EmbedderMismatch, DatabaseError, and what `rows` and the embedder raise.
    """
    splitter = Splitter(passages)
    counts = IngestCounts()
    for batch in _batches(rows):
        rejections = [row for row in batch if isinstance(row, Rejection)]
        reviews = [row for row in batch if isinstance(row, Review)]
        counts += IngestCounts(read=len(rejections), rejected=len(rejections))
        if reviews:
            with database.connection() as connection:
                counts += _store(connection, reviews, embedder, splitter)
        on_batch(counts, rejections)
    return counts


def _batches(rows: Iterable[Review | Rejection]) -> Iterator[list[Review | Rejection]]:
    rest = iter(rows)
    while batch := list(islice(rest, BATCH_ROWS)):
        yield batch


def _store(
    connection: Connection, reviews: Sequence[Review], embedder: Embedder, splitter: Splitter
) -> IngestCounts:
    # Held while embedding too: a second ingest would otherwise embed and store the same reviews.
    lock_for_writing(connection)
    claim_database(connection, embedder)
    products = resolve_products(connection, [review.listing for review in reviews])
    incoming = [_stored(review, product) for review, product in zip(reviews, products, strict=True)]
    known = similar_reviews(
        connection,
        products,
        [review.review_id for review in incoming],
        [review.content_hash for review in incoming],
    )
    shelf = _Shelf(known)
    for source, review in zip(reviews, incoming, strict=True):
        shelf.place(review, has_own_id=source.review_id is not None)
    write_reviews(connection, list(shelf.written.values()))
    reworded = [review for key, review in shelf.written.items() if key in shelf.reworded]
    pieces = [piece for review in reworded for piece in _pieces(review, splitter)]
    vectors = embedder.embed_passages([piece.text for piece in pieces])
    replace_passages(connection, reworded, pieces, vectors)
    return shelf.counts


Key = tuple[int, str]


class _Shelf:
    """The stored reviews that a batch may touch, as they will be once it is stored."""

    def __init__(self, known: Sequence[StoredReview]) -> None:
        self._by_id: dict[Key, StoredReview] = {(row.product, row.review_id): row for row in known}
        self._contents = Counter((row.product, row.content_hash) for row in known)
        self.written: dict[Key, StoredReview] = {}
        self.reworded: set[Key] = set()
        self.counts = IngestCounts()

    def place(self, review: StoredReview, has_own_id: bool) -> None:
        """Take up a review, or find that it is there: by its own id and values, else by its content."""
        key = review.product, review.review_id
        content = review.product, review.content_hash
        old = self._by_id.get(key)
        if old == review or (self._contents[content] and (old is None or not has_own_id)):
            self.counts += IngestCounts(read=1, unchanged=1)
            return
        self.counts += IngestCounts(read=1, new=old is None, updated=old is not None)
        self._by_id[key] = self.written[key] = review
        if old is None or old.content_hash != review.content_hash:
            self.reworded.add(key)
            self._contents[content] += 1
            if old is not None:
                self._contents[old.product, old.content_hash] -= 1


def _stored(review: Review, product: int) -> StoredReview:
    content_hash = sha256(prose(review.title, review.text))
    return StoredReview(
        product=product,
        review_id=review.review_id or content_hash,
        title=review.title,
        text=review.text,
        rating=review.rating,
        written_on=review.written_on,
        reviewer=review.reviewer,
        content_hash=content_hash,
    )


def _pieces(review: StoredReview, splitter: Splitter) -> list[StoredPassage]:
    texts = splitter.split(prose(review.title, review.text))
    return [
        StoredPassage(review.product, review.review_id, number, text, sha256(text))
        for number, text in enumerate(texts)
    ]
