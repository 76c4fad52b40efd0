"""Reviews into the database, in batches, doing again only what changed.

A row of the source is a row of the database. Its text is split and embedded once per product, and no text
that has a vector in any product is embedded again. Reading a file again changes nothing.
"""

import hashlib
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from dataclasses import replace as changed
from functools import partial
from itertools import islice
from typing import TypeVar

import numpy as np
from psycopg2.extensions import connection as Connection

from config.errors import DatabaseAway
from config.settings import PassageSettings
from database import Database, Patience
from ingest.review import LeftOut, Rejection, Review, Row, sha256
from ingest.splitter import Splitter
from retriever import Embedder, harmful, store
from retriever.identity import claim_database
from retriever.passage import StoredPassage, prose
from retriever.products import recount_products, resolve_products, share_words, taken_numbers
from retriever.scan import reasons
from retriever.store import Content, Key, StoredBody, StoredReview

# Some seconds of embedding: the unit of progress, of what an interruption loses, and of sorting by length.
BATCH_ROWS = 256
BATCHES_AHEAD = 2  # that are read while one is stored


@dataclass(frozen=True, slots=True)
class IngestCounts:
    """What became of the rows; `read` is the sum of new, updated, unchanged, left out and rejected."""

    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    removed: int = 0
    """Stored reviews that the rows, where they replace what is stored, do not have."""
    embedded: int = 0
    """Passages whose vectors were made; the others' were known."""
    suspected: int = 0
    """Passages that a scanner marked now: they look like attempts to take a model over."""
    left_out: int = 0
    """Rows that were read and rightly not stored."""
    repeated: int = 0
    """Rows with the id of an earlier row, which they replaced; they are among the updated or unchanged."""
    kept: int = 0
    """Stored reviews that the rows do not have, but that a row that could not be read may be."""
    unread: int = 0
    """Rows with a text that the embedder has no words for."""

    def __add__(self, other: "IngestCounts") -> "IngestCounts":
        return IngestCounts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def __str__(self) -> str:
        left_out = f", left out {self.left_out}" if self.left_out else ""
        removed = f", removed {self.removed}" if self.removed else ""
        suspected = f", passages marked as suspicious {self.suspected}" if self.suspected else ""
        return (
            f"read {self.read}, new {self.new}, updated {self.updated}, "
            f"unchanged {self.unchanged}, rejected {self.rejected}{left_out}{removed}{suspected}"
        )


Report = Callable[[IngestCounts, Sequence[Rejection]], None]
Outcome = tuple[IngestCounts, list[Rejection]]
T = TypeVar("T")


class Occurrences:
    """Counts how often each key was seen, in about 8 bytes per key that is counted.

    A dict of the keys would take more than 100 bytes for each. Here they are 64-bit hashes in a sorted array,
    the latest in a small buffer. Two keys with one hash are taken for one; of a hundred million keys that
    happens once in some thousand times.
    """

    SMALLEST = 1 << 16  # hashes in the buffer

    def __init__(self) -> None:
        self._sorted = np.empty(0, np.uint64)
        self._latest: Counter[int] = Counter()

    def count(self, key: bytes) -> int:
        """How often the key was seen, this time included."""
        number = int.from_bytes(hashlib.blake2b(key, digest_size=8).digest())
        self._latest[number] += 1
        first, last = (self._sorted.searchsorted(np.uint64(number), side) for side in ("left", "right"))
        times = int(last - first) + self._latest[number]
        # A part of the whole: so the array is copied seldom, however long it is.
        if len(self._latest) > max(self.SMALLEST, len(self._sorted) // 64):
            latest = np.sort(np.fromiter(self._latest.elements(), np.uint64))
            self._sorted = np.insert(self._sorted, self._sorted.searchsorted(latest), latest)
            self._latest.clear()
        return times


def ingest(
    rows: Iterable[Row],
    database: Database,
    embedder: Embedder,
    passages: PassageSettings,
    on_batch: Report = lambda counts, rejections: None,
    *,
    replace: bool = False,
    patience: Patience = Patience(),
    name: str = "the file",
) -> IngestCounts:
    """Store reviews; return what became of the rows.

    Each batch of rows is one transaction, after which `on_batch` gets the counts so far and the batch's
    rejections: what was stored before a failure stays, and a database that is away is waited for. With
    `replace` all is one transaction, attempted once, and at its end what is stored of the products of these
    rows and is not among them is removed; but not what a row that could not be read may be. Several may run
    at the same time. `name`: the file of a rejection that is made here.
    Raises EmbedderMismatch, DatabaseError, and what `rows` and the embedder raise.
    """
    writer = Writer(embedder, passages, name)
    with _told(replace):
        with read_ahead(map(writer.prepared, batches(rows))) as prepared:
            if replace:
                counts = _replace(prepared, database, writer, on_batch, patience)
            else:
                counts = IngestCounts()
                for batch in prepared:
                    more, rejections = _transaction(batch, database, writer, patience)
                    counts += more
                    on_batch(counts, rejections)
        if counts.new or counts.updated or counts.removed:
            patience.repeat(partial(store.tidy, database))
    return counts


def batches(rows: Iterable[T]) -> Iterator[list[T]]:
    """The rows, BATCH_ROWS at a time."""
    rest = iter(rows)
    while batch := list(islice(rest, BATCH_ROWS)):
        yield batch


@contextmanager
def read_ahead(items: Iterable[T]) -> Iterator[Iterator[T]]:
    """The items, some of them drawn by a thread while the caller waits for the database.

    What drawing them raises is raised where they are taken. After the block nothing is drawn any more.
    """
    taken: queue.SimpleQueue[T | BaseException | None] = queue.SimpleQueue()
    room = threading.Semaphore(BATCHES_AHEAD)
    ended = threading.Event()

    def draw() -> None:
        try:
            for item in items:
                taken.put(item)
                room.acquire()
                if ended.is_set():
                    return
            taken.put(None)
        except BaseException as error:
            taken.put(error)

    def take() -> Iterator[T]:
        while (item := taken.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            room.release()
            yield item

    thread = threading.Thread(target=draw, daemon=True)
    thread.start()
    try:
        yield take()
    finally:
        ended.set()
        room.release()
        thread.join()


@contextmanager
def _told(replace: bool) -> Iterator[None]:
    """Around an ingest: the message of a lost database says what became of the rows."""
    try:
        yield
    except DatabaseAway as error:
        # Of a replacement the error itself says it.
        kept = "" if replace else " What was stored is kept."
        raise DatabaseAway(f"{error}{kept} Ingest the same again when it is back.") from error


@dataclass(frozen=True, slots=True)
class _Batch:
    """Some rows, and all that can be known of them without the database."""

    counts: IngestCounts
    """Of the rows that are not stored."""
    rejections: list[Rejection]
    arriving: list["_Arriving"]
    cuts: dict[str, "_Cut"]
    """The texts that were split already, by the hashes of title and text."""


def _transaction(batch: _Batch, database: Database, writer: "Writer", patience: Patience) -> Outcome:
    counts, rejections = batch.counts, batch.rejections
    if batch.arriving:

        def write(connection: Connection) -> Outcome:
            # Held while embedding too: a second ingest would otherwise embed and store the same reviews.
            store.lock_for_writing(connection)
            return writer.write(connection, batch)

        more, refused = patience.transact(database, write)
        counts, rejections = counts + more, rejections + refused
    return counts, rejections


def _replace(
    batches: Iterable[_Batch],
    database: Database,
    writer: "Writer",
    on_batch: Report,
    patience: Patience,
) -> IngestCounts:
    def write(connection: Connection) -> IngestCounts:
        counts, protected = IngestCounts(), _Protected()
        store.lock_for_writing(connection)
        store.begin_replacement(connection)
        for batch in batches:
            more, rejections = batch.counts, batch.rejections
            if batch.arriving:
                written, refused = writer.write(connection, batch, note=True)
                more, rejections = more + written, rejections + refused
            counts += more
            protected.add(rejections)
            on_batch(counts, rejections)
        removed, kept = store.remove_unseen(connection, None if protected.everything else protected.ids)
        return counts + IngestCounts(removed=removed, kept=kept)

    return patience.transact_once(database, write)


@dataclass(slots=True)
class _Protected:
    """Whose stored reviews may be a row that could not be read."""

    everything: bool = False
    ids: set[str] = field(default_factory=set)

    def add(self, rejections: Iterable[Rejection]) -> None:
        """Protect the products of these rows; all, if one does not tell its product."""
        for rejection in rejections:
            self.everything |= not rejection.products
            self.ids.update(rejection.products)


@dataclass(frozen=True, slots=True)
class _Arriving:
    """A review on its way into the database."""

    review: Review
    review_id: str
    """Within its product; the n-th row with the same key but without an id of its own has `key#n`."""
    content_hash: str | None
    """Of title and text; None: stars alone."""
    repeated: bool
    """Whether an earlier row had its id."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """A text in pieces."""

    pieces: list[tuple[str, str]]
    """In order, each after its hash."""
    reasons: dict[int, str]
    """The numbers of those that look like an order to a model, and why."""


@dataclass(slots=True)
class _Changes:
    """What is to be written of a batch, and what became of its rows."""

    new: int = 0
    unchanged: int = 0
    repeated: int = 0
    placed: int = 0
    """Rows that were taken up."""
    before: dict[tuple[int, str], StoredReview] = field(default_factory=dict)
    after: dict[tuple[int, str], StoredReview] = field(default_factory=dict)
    left: set[Key] = field(default_factory=set)
    """Texts that a row had, which now has another one."""

    def place(self, row: StoredReview, anew: bool, repeated: bool) -> None:
        """Take up a row; `anew`: the passages of its text are made anew."""
        key = row.product, row.review_id
        old = self.after.get(key) or self.before.get(key)
        same = row == old and not anew
        self.placed += 1
        self.new += old is None
        self.unchanged += same
        self.repeated += repeated
        if old is not None and old.body is not None and old.body != row.body:
            self.left.add((old.product, old.body))
        self.after[key] = row

    @property
    def counts(self) -> IngestCounts:
        """What became of the rows."""
        updated = self.placed - self.new - self.unchanged
        return IngestCounts(self.placed, self.new, updated, self.unchanged, repeated=self.repeated)

    @property
    def inserted(self) -> list[StoredReview]:
        """The rows whose keys are free."""
        return [row for key, row in self.after.items() if key not in self.before]

    @property
    def updated(self) -> list[StoredReview]:
        """The rows that say something else now."""
        return [row for key, row in self.after.items() if key in self.before and self.before[key] != row]


class Writer:
    """Writes batches of reviews of one file, each within a transaction of the caller's."""

    def __init__(self, embedder: Embedder, passages: PassageSettings, name: str = "the file") -> None:
        self._embedder = embedder
        self._splitter = Splitter(passages)
        self._scan = passages.scan
        self._name = name
        self._occurrences = Occurrences()
        # Ids that are numbers, and whose first name in this file is no other product's.
        self._same: set[str] = set()
        self._mostly_new = True  # the texts of the batch before

    def prepared(self, batch: Sequence[Row]) -> _Batch:
        """A batch, numbered; its texts split and scanned while most texts are new.

        Each row is counted by this, so it is done once, before any transaction.
        """
        rejections = [row for row in batch if isinstance(row, Rejection)]
        left_out = sum(isinstance(row, LeftOut) for row in batch)
        unread = sum(
            not self._embedder.reads(prose(row.title, row.text))
            for row in batch
            if isinstance(row, Review) and row.text is not None
        )
        counts = IngestCounts(
            read=len(rejections) + left_out, rejected=len(rejections), left_out=left_out, unread=unread
        )
        arriving = [self._number(row) for row in batch if isinstance(row, Review)]
        cuts: dict[str, _Cut] = {}
        if self._mostly_new:
            for one in arriving:
                if one.content_hash is not None and one.content_hash not in cuts:
                    assert one.review.text is not None
                    cuts[one.content_hash] = self._cut(one.review.title, one.review.text)
        return _Batch(counts, rejections, arriving, cuts)

    def _cut(self, title: str | None, text: str) -> _Cut:
        pieces = list(self._splitter.pieces(title, text))
        return _Cut(pieces, reasons([piece for _, piece in pieces]) if self._scan else {})

    def _number(self, review: Review) -> _Arriving:
        review_id = review.key
        times = self._occurrences.count(f"{review.listing.aliases[0]}\0{review_id}".encode())
        if review.review_id is None and times > 1:
            review_id = f"{review_id}#{times}"
        content_hash = None if review.text is None else sha256(prose(review.title, review.text))
        return _Arriving(review, review_id, content_hash, review.review_id is not None and times > 1)

    def write(self, connection: Connection, batch: _Batch, note: bool = False) -> Outcome:
        """Store what is new or changed of a batch; `note` it as seen if it shall replace what is stored.

        The rejections are of rows that a stored product of another shop may not get.
        """
        claim_database(connection, self._embedder)
        arriving, rejections = self._refuse(connection, batch.arriving)
        products = resolve_products(connection, [one.review.listing for one in arriving])
        bodies = self._bodies(connection, arriving, products)
        new = [body for body, stored in bodies.values() if stored is None]
        self._mostly_new = 2 * len(new) > len(bodies)
        anew = [body for body, stored in bodies.values() if stored and stored.split != body.split]
        changes = _Changes(
            before=store.stored_reviews(
                connection,
                [(product, one.review_id) for product, one in zip(products, arriving, strict=True)],
            )
        )
        cut = {body.key for body in anew}
        for one, product in zip(arriving, products, strict=True):
            row = _stored(one, product, bodies)
            changes.place(row, row.body is not None and (product, row.body) in cut, one.repeated)
        if note:
            store.note_seen(connection, ((one.review.listing.aliases[0], one.review_id) for one in arriving))
        counts = changes.counts + self._write_texts(connection, new, anew, batch.cuts)
        store.insert_reviews(connection, changes.inserted)
        store.update_reviews(connection, changes.updated)
        store.delete_unused_bodies(connection, changes.left)
        self._recount(connection, {row.product for row in (*changes.inserted, *changes.updated)})
        refused = len(rejections)
        return counts + IngestCounts(read=refused, rejected=refused), rejections

    def _refuse(
        self, connection: Connection, arriving: Sequence[_Arriving]
    ) -> tuple[list[_Arriving], list[Rejection]]:
        """Without the rows whose product shares no more than a number with a stored one."""
        stored = taken_numbers(connection, [one.review.listing for one in arriving])
        accepted, rejections = [], []
        for one in arriving:
            numbers = one.review.listing.numbers
            others = [
                bare
                for alias, bare in numbers.items()
                if alias in stored
                and alias not in self._same
                and not share_words(stored[alias], one.review.listing.name or "")
            ]
            if others:
                taken = next(stored[alias] for alias, bare in numbers.items() if bare == others[0])
                rejections.append(self._refused(one.review, others[0], taken))
            else:
                self._same.update(numbers)
                accepted.append(one)
        return accepted, rejections

    def _refused(self, review: Review, number: str, taken: str) -> Rejection:
        listing = review.listing
        return Rejection(
            file=self._name,
            line=review.line,
            found=f"product id '{number}', which is '{taken}' in the database and '{listing.name}' here",
            expected="the same product, or --source NAME for the ids of another shop",
            field="product",
            products=listing.aliases,
        )

    def _bodies(
        self, connection: Connection, arriving: Sequence[_Arriving], products: Sequence[int]
    ) -> dict[Content, tuple[StoredBody, StoredBody | None]]:
        """The texts of a batch by product and hash, each as it shall be and as it is stored, if it is."""
        wanted = {
            (product, one.content_hash): one.review
            for one, product in zip(arriving, products, strict=True)
            if one.content_hash is not None
        }
        stored = store.stored_bodies(connection, list(wanted)) if wanted else {}
        lacking = len(wanted) - len(stored)
        ids = iter(store.new_body_ids(connection, lacking) if lacking else [])
        bodies: dict[Content, tuple[StoredBody, StoredBody | None]] = {}
        for (product, content_hash), review in wanted.items():
            old = stored.get((product, content_hash))
            if old is not None:
                body = changed(old, split=self._splitter.name)
            else:
                assert review.text is not None
                body = StoredBody(
                    product, next(ids), content_hash, review.title, review.text, self._splitter.name
                )
            bodies[product, content_hash] = body, old
        return bodies

    def _write_texts(
        self,
        connection: Connection,
        new: Sequence[StoredBody],
        anew: Sequence[StoredBody],
        cuts: Mapping[str, _Cut],
    ) -> IngestCounts:
        """Store new texts, and split others anew; count the passages that were embedded, and those marked."""
        cut = [
            (body, cuts.get(body.content_hash) or self._cut(body.title, body.text)) for body in (*new, *anew)
        ]
        pieces = [piece for body, of in cut for piece in _passages(body, of)]
        texts = {piece.content_hash: piece.text for piece in pieces}
        # Before anything is deleted: vectors and marks of what is split anew are still there.
        marked = harmful.marked_of_bodies(connection, [body.key for body in anew]) if anew else []
        vectors = store.known_vectors(connection, texts) if texts else {}
        missing = [content_hash for content_hash in texts if content_hash not in vectors]
        if missing:
            made = self._embedder.embed_passages([texts[content_hash] for content_hash in missing])
            vectors.update(zip(missing, made, strict=True))
        store.clear_bodies(connection, anew)
        store.insert_bodies(connection, new)
        store.insert_passages(connection, pieces, [vectors[piece.content_hash] for piece in pieces])
        if marked:
            whole = {body.key: prose(body.title, body.text) for body in anew}
            harmful.mark_anew(connection, marked, whole, pieces)
        noticed = [
            (body.product, *of.pieces[number], reason)
            for body, of in cut
            for number, reason in of.reasons.items()
        ]
        return IngestCounts(embedded=len(missing), suspected=harmful.mark_suspicious(connection, noticed))

    @staticmethod
    def _recount(connection: Connection, products: set[int]) -> None:
        if products:
            with connection.cursor() as cursor:
                recount_products(cursor, list(products))


def _passages(body: StoredBody, cut: _Cut) -> Iterator[StoredPassage]:
    for number, (content_hash, text) in enumerate(cut.pieces):
        yield StoredPassage(body.product, body.id, number, text, content_hash)


def _stored(
    arriving: _Arriving, product: int, bodies: dict[Content, tuple[StoredBody, StoredBody | None]]
) -> StoredReview:
    review, content_hash = arriving.review, arriving.content_hash
    return StoredReview(
        product=product,
        review_id=arriving.review_id,
        body=None if content_hash is None else bodies[product, content_hash][0].id,
        rating=review.rating,
        rating_given=review.rating_given,
        rating_scale=review.rating_scale,
        written_on=review.written_on,
        reviewer=review.reviewer,
        language=review.language,
    )
