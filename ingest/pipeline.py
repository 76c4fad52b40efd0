"""From reviews to stored passages, in batches, doing again only what changed.

Knows the steps and their transactions; which review is new or changed is the shelf's business, how it is
stored the retriever's. Ingesting a file again changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import TypeVar

from psycopg2.extensions import connection as Connection

from config.settings import PassageSettings
from database import Database
from ingest.counts import IngestCounts
from ingest.occurrences import Occurrences
from ingest.review import Rejection, Review, sha256
from ingest.shelf import Changes, Shelf
from ingest.splitter import Splitter
from ingest.suspicious import suspicious
from retriever import Embedder, harmful, store, truth
from retriever.identity import claim_database
from retriever.layout import tidy
from retriever.passage import prose
from retriever.products import recount_products, resolve_products
from retriever.stored import StoredPassage, StoredReview

# Some seconds of embedding: the unit of progress, of what an interruption loses, and of sorting by length.
BATCH_ROWS = 256

Report = Callable[[IngestCounts, Sequence[Rejection]], None]
Rows = Iterable[Review | Rejection]
Batch = Sequence[Review | Rejection]
T = TypeVar("T")


def ingest(
    rows: Rows,
    database: Database,
    embedder: Embedder,
    passages: PassageSettings,
    on_batch: Report = lambda counts, rejections: None,
    *,
    replace: bool = False,
) -> IngestCounts:
    """Store reviews; return what became of the rows.

    Each batch of rows is one transaction, after which `on_batch` gets the counts so far and the batch's
    rejections: what was stored before a failure stays. With `replace` all is one transaction, and at its
    end the rows are the whole truth for the products they name. Several may run at the same time.
    Raises EmbedderMismatch, DatabaseError, and what `rows` and the embedder raise.
    """
    with closing(Occurrences()) as occurrences:
        writer = Writer(embedder, passages, occurrences)
        if replace:
            counts = _replace(batches(rows), database, writer, on_batch)
        else:
            counts = IngestCounts()
            for batch in batches(rows):
                counts += _transaction(batch, database, writer)
                on_batch(counts, _rejections(batch))
    if counts.new or counts.updated or counts.removed:
        tidy(database)
    return counts


def batches(rows: Iterable[T]) -> Iterator[list[T]]:
    """The rows, BATCH_ROWS at a time."""
    rest = iter(rows)
    while batch := list(islice(rest, BATCH_ROWS)):
        yield batch


def _transaction(batch: Batch, database: Database, writer: "Writer") -> IngestCounts:
    reviews = [row for row in batch if isinstance(row, Review)]
    rejected = len(batch) - len(reviews)
    counts = IngestCounts(read=rejected, rejected=rejected)
    if reviews:
        with database.connection() as connection:
            # Held while embedding too: a second ingest would otherwise embed and store the same reviews.
            store.lock_for_writing(connection)
            counts += writer.write(connection, reviews)
    return counts


def _replace(
    batches: Iterable[Batch], database: Database, writer: "Writer", on_batch: Report
) -> IngestCounts:
    counts = IngestCounts()
    with database.connection() as connection:
        store.lock_for_writing(connection)
        truth.begin(connection)
        for batch in batches:
            rejections = _rejections(batch)
            counts += IngestCounts(read=len(rejections), rejected=len(rejections))
            reviews = [row for row in batch if isinstance(row, Review)]
            if reviews:
                counts += writer.write(connection, reviews, note=True)
            on_batch(counts, rejections)
        return counts + IngestCounts(removed=truth.remove_unseen(connection))


def _rejections(batch: Batch) -> list[Rejection]:
    return [row for row in batch if isinstance(row, Rejection)]


class Writer:
    """Writes batches of reviews of one file, each within a transaction of the caller's."""

    def __init__(self, embedder: Embedder, passages: PassageSettings, occurrences: Occurrences) -> None:
        self._embedder = embedder
        self._splitter = Splitter(passages)
        self._scan = passages.scan
        self._occurrences = occurrences

    def write(self, connection: Connection, reviews: Sequence[Review], note: bool = False) -> IngestCounts:
        """Store what is new or changed of a batch; `note` it as seen if it shall be the whole truth."""
        claim_database(connection, self._embedder)
        products = resolve_products(connection, [review.listing for review in reviews])
        rows = [self._row(review, product) for review, product in zip(reviews, products, strict=True)]
        shelf = Shelf(
            *store.similar_reviews(
                connection, products, [row.review_id for row in rows], [row.content_hash for row in rows]
            )
        )
        seen = []
        for review, row in zip(reviews, rows, strict=True):
            times = 0
            if review.review_id is not None:
                shelf.place(row)
            else:
                key = f"{review.listing.ids[0]}\0{row.content_hash}"
                times = self._occurrences.count(key.encode())
                shelf.place_unnamed(row, times)
            seen.append((review.listing.ids[0], row.review_id, times))
        if note:
            truth.note_seen(connection, seen)
        return shelf.counts + self._apply(connection, shelf.changes())

    def _row(self, review: Review, product: int) -> StoredReview:
        content_hash = sha256(prose(review.title, review.text))
        return StoredReview(
            product=product,
            review_id=review.review_id or content_hash,
            title=review.title,
            text=review.text,
            original_title=review.original_title,
            original_text=review.original_text,
            rating=review.rating,
            written_on=review.written_on,
            reviewer=review.reviewer,
            content_hash=content_hash,
            listed_as=review.listing.ids[0],
            split=self._splitter.name,
        )

    def _apply(self, connection: Connection, changes: Changes) -> IngestCounts:
        """Write the changes; count the passages that had to be embedded, and those marked as suspicious."""
        pieces = [piece for review in changes.split for piece in self._pieces(review)]
        texts = {piece.content_hash: piece.text for piece in pieces}
        # Before anything is deleted: vectors and marks of what moves or is split anew are still there.
        marked = harmful.marked_of_reviews(connection, [review.key for review in changes.split])
        vectors = store.known_vectors(connection, texts) if texts else {}
        missing = [content_hash for content_hash in texts if content_hash not in vectors]
        if missing:
            made = self._embedder.embed_passages([texts[content_hash] for content_hash in missing])
            vectors.update(zip(missing, made, strict=True))
        store.delete_copies(connection, changes.copies_deleted)
        store.delete_reviews(connection, changes.deleted)
        store.delete_passages(connection, [review.key for review in changes.split])
        store.update_reviews(connection, changes.updated)
        if changes.inserted:
            store.insert_reviews(connection, changes.inserted)
        store.insert_copies(connection, changes.copies_inserted)
        store.insert_passages(connection, pieces, [vectors[piece.content_hash] for piece in pieces])
        if marked:
            harmful.mark_anew(connection, marked, changes.split, pieces)
        noticed = list(suspicious(pieces)) if self._scan else []
        suspected = harmful.mark_suspicious(connection, noticed)
        if changes.products:
            with connection.cursor() as cursor:
                recount_products(cursor, changes.products)
        return IngestCounts(embedded=len(missing), suspected=suspected)

    def _pieces(self, review: StoredReview) -> list[StoredPassage]:
        return [
            StoredPassage(review.product, review.review_id, number, text, content_hash)
            for number, (content_hash, text) in enumerate(self._splitter.pieces(review.title, review.text))
        ]
