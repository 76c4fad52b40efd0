"""A batch of reviews into the tables: split, embedded where no vector is known, and stored.

Works inside the caller's transaction; which review is new or changed is the shelf's business, how it is
stored the retriever's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg2.extensions import connection as Connection

from config.settings import PassageSettings
from ingest.counts import IngestCounts
from ingest.occurrences import Occurrences
from ingest.review import Rejection, Review, sha256
from ingest.shelf import Changes, Shelf
from ingest.splitter import Splitter
from retriever import Embedder, harmful, store, truth
from retriever.identity import claim_database
from retriever.passage import prose
from retriever.products import recount_products, resolve_products
from retriever.scan import suspicious
from retriever.stored import StoredPassage, StoredReview


@dataclass(frozen=True, slots=True)
class Numbered:
    """A review, and the how-manieth row of its file it is with this content; 0 if it has an id of its own."""

    review: Review
    content_hash: str
    occurrence: int


class Writer:
    """Writes batches of reviews of one file, each within a transaction of the caller's."""

    def __init__(self, embedder: Embedder, passages: PassageSettings, occurrences: Occurrences) -> None:
        self._embedder = embedder
        self._splitter = Splitter(passages)
        self._scan = passages.scan
        self._occurrences = occurrences

    def numbered(self, batch: Iterable[Review | Rejection]) -> list[Numbered]:
        """The reviews of a batch. Each row is counted by this, so it is done once, before any transaction."""
        return [self._number(row) for row in batch if isinstance(row, Review)]

    def _number(self, review: Review) -> Numbered:
        content_hash = sha256(prose(review.title, review.text))
        occurrence = 0
        if review.review_id is None:
            occurrence = self._occurrences.count(f"{review.listing.ids[0]}\0{content_hash}".encode())
        return Numbered(review, content_hash, occurrence)

    def write(self, connection: Connection, arriving: Sequence[Numbered], note: bool = False) -> IngestCounts:
        """Store what is new or changed of a batch; `note` it as seen if it shall be the whole truth."""
        claim_database(connection, self._embedder)
        products = resolve_products(connection, [one.review.listing for one in arriving])
        rows = [self._row(one, product) for one, product in zip(arriving, products, strict=True)]
        shelf = Shelf(
            *store.similar_reviews(
                connection, products, [row.review_id for row in rows], [row.content_hash for row in rows]
            )
        )
        seen = []
        for one, row in zip(arriving, rows, strict=True):
            if one.occurrence:
                shelf.place_unnamed(row, one.occurrence)
            else:
                shelf.place(row)
            seen.append((one.review.listing.ids[0], row.review_id, one.occurrence))
        if note:
            truth.note_seen(connection, seen)
        return shelf.counts + self._apply(connection, shelf.changes())

    def _row(self, arriving: Numbered, product: int) -> StoredReview:
        review = arriving.review
        return StoredReview(
            product=product,
            review_id=review.review_id or arriving.content_hash,
            title=review.title,
            text=review.text,
            original_title=review.original_title,
            original_text=review.original_text,
            rating=review.rating,
            written_on=review.written_on,
            reviewer=review.reviewer,
            content_hash=arriving.content_hash,
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
