"""What arriving reviews do to the stored ones: which are new, changed, known, or copies of another.

Knows the rules and no SQL. A review is known by its source's id within its product, else by its content.
The same content under the same product is stored once; further rows that have it are copies.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ingest.counts import IngestCounts
from retriever.stored import Key, StoredCopy, StoredReview


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be written: reviews and copies to delete, by key, then reviews and copies to store.

    `split` are those of `inserted` and `updated` that need new passages.
    """

    deleted: list[Key]
    inserted: list[StoredReview]
    updated: list[StoredReview]
    split: list[StoredReview]
    copies_deleted: list[Key]
    copies_inserted: list[StoredCopy]
    products: list[int]


class Shelf:
    """The stored reviews that a batch may touch, as they will be once it is stored."""

    def __init__(self, reviews: Iterable[StoredReview], copies: Iterable[StoredCopy]) -> None:
        self._reviews_before = {review.key: review for review in reviews}
        self._copies_before = {(copy.product, copy.copy_id): copy for copy in copies}
        self._reviews = dict(self._reviews_before)
        self._copies = dict(self._copies_before)
        self._holders = {(row.product, row.content_hash): row.review_id for row in self._reviews.values()}
        self.counts = IngestCounts()

    def place(self, review: StoredReview) -> None:
        """Take up a row with an id of its own."""
        key = review.key
        old, copy = self._reviews.get(key), self._copies.get(key)
        if old is not None and old.content_hash == review.content_hash:
            self._refresh(old, review)
            return
        holder = self._holders.get((review.product, review.content_hash))
        if copy is not None and copy.review_id == holder:
            self._note_copy(review, holder, same=_says(copy) == _says(review))
            return
        if old is not None:
            self._vacate(old)
        self._copies.pop(key, None)
        existed = old is not None or copy is not None
        if holder is not None:
            self._note_copy(review, holder, same=not existed)
            return
        self._add(review)
        self.counts += IngestCounts(read=1, new=not existed, updated=existed)

    def place_unnamed(self, review: StoredReview, occurrence: int) -> None:
        """Take up a row without id, the `occurrence`-th of its file with this content."""
        holder = self._holders.get((review.product, review.content_hash))
        if holder is None:
            self._add(replace(review, unnamed=occurrence))
            self.counts += IngestCounts(read=1, new=1)
            return
        held = self._reviews[review.product, holder]
        if occurrence > held.unnamed:
            held = self._reviews[held.key] = replace(held, unnamed=occurrence)
        # Which of several rows changed cannot be told: the first of the same listing speaks for the text.
        speaks = holder == review.review_id and occurrence == 1
        if speaks and held.listed_as in (None, review.listed_as):
            self._refresh(held, review)
        else:
            self._refresh(held, replace(held, split=review.split))

    def changes(self) -> Changes:
        """What became of all that was placed."""
        copies = Counter((copy.product, copy.review_id) for copy in self._copies.values())
        for key, review in self._reviews.items():
            rows = review.unnamed + (review.review_id != review.content_hash) + copies[key]
            if review.copies != rows:
                self._reviews[key] = replace(review, copies=max(rows, 1))
        before = self._reviews_before
        written = [review for key, review in self._reviews.items() if before.get(key) is not review]
        gone = [key for key in before if key not in self._reviews]
        old_copies = [key for key, copy in self._copies_before.items() if self._copies.get(key) != copy]
        new_copies = [copy for key, copy in self._copies.items() if self._copies_before.get(key) != copy]
        # A text that moved to another key keeps its vectors: they are found by the passages' contents.
        return Changes(
            deleted=gone,
            inserted=[review for review in written if review.key not in before],
            updated=[review for review in written if review.key in before],
            split=[review for review in written if _made_of(review) != _made_of(before.get(review.key))],
            copies_deleted=old_copies,
            copies_inserted=new_copies,
            products=list({product for product, _ in gone} | {review.product for review in written}),
        )

    def _add(self, review: StoredReview) -> None:
        self._reviews[review.key] = review
        self._holders[review.product, review.content_hash] = review.review_id

    def _note_copy(self, review: StoredReview, holder: str, same: bool) -> None:
        self._copies[review.key] = StoredCopy(
            review.product, review.review_id, holder, review.rating, review.written_on, review.reviewer
        )
        held = self._reviews[review.product, holder]
        if held.split != review.split:
            self._reviews[held.key] = replace(held, split=review.split)
        self.counts += IngestCounts(read=1, unchanged=same, updated=not same)

    def _refresh(self, old: StoredReview, new: StoredReview) -> None:
        """The same text again: perhaps with other stars, or to be split in another way."""
        new = replace(new, unnamed=old.unnamed, copies=old.copies, listed_as=old.listed_as or new.listed_as)
        same = new == old
        if not same:
            self._reviews[old.key] = new
        self.counts += IngestCounts(read=1, unchanged=same, updated=not same)

    def _vacate(self, old: StoredReview) -> None:
        """The review of this key gets another text; if others had the old text, one of them takes it over."""
        del self._reviews[old.key]
        content = old.product, old.content_hash
        del self._holders[content]
        others = [copy for copy in self._copies.values() if (copy.product, copy.review_id) == old.key]
        if not others:
            if old.unnamed:
                self._add(replace(old, review_id=old.content_hash))
            return
        heir = min(others, key=lambda copy: copy.copy_id)
        self._add(
            replace(
                old, review_id=heir.copy_id, rating=heir.rating, written_on=heir.written_on,
                reviewer=heir.reviewer,
            )
        )  # fmt: skip
        for copy in others:
            del self._copies[copy.product, copy.copy_id]
            if copy is not heir:
                self._copies[copy.product, copy.copy_id] = replace(copy, review_id=heir.copy_id)


def _says(row: StoredReview | StoredCopy) -> tuple[object, ...]:
    return row.rating, row.written_on, row.reviewer


def _made_of(review: StoredReview | None) -> tuple[str, str | None] | None:
    """What the passages of a review follow from."""
    return None if review is None else (review.content_hash, review.split)
