"""From reviews to stored passages, in batches, doing again only what changed.

Knows batches and their transactions; what is done with a batch is the writer's business. Ingesting a file
again changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from typing import TypeVar

from psycopg2.extensions import connection as Connection

from config.errors import DatabaseAway
from config.settings import PassageSettings
from database import Database, Patience
from ingest.counts import IngestCounts
from ingest.occurrences import Occurrences
from ingest.review import Rejection, Review
from ingest.writer import Writer
from retriever import Embedder, store, truth
from retriever.layout import tidy

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
    patience: Patience = Patience(),
) -> IngestCounts:
    """Store reviews; return what became of the rows.

    Each batch of rows is one transaction, after which `on_batch` gets the counts so far and the batch's
    rejections: what was stored before a failure stays, and a database that is away is waited for. With
    `replace` all is one transaction, attempted once, and at its end the rows are the whole truth for the
    products they name. Several may run at the same time.
    Raises EmbedderMismatch, DatabaseError, and what `rows` and the embedder raise.
    """
    with closing(Occurrences()) as occurrences, _told(replace):
        writer = Writer(embedder, passages, occurrences)
        if replace:
            counts = _replace(batches(rows), database, writer, on_batch, patience)
        else:
            counts = IngestCounts()
            for batch in batches(rows):
                counts += _transaction(batch, database, writer, patience)
                on_batch(counts, _rejections(batch))
        if counts.new or counts.updated or counts.removed:
            patience.repeat(partial(tidy, database))
    return counts


def batches(rows: Iterable[T]) -> Iterator[list[T]]:
    """The rows, BATCH_ROWS at a time."""
    rest = iter(rows)
    while batch := list(islice(rest, BATCH_ROWS)):
        yield batch


@contextmanager
def _told(replace: bool) -> Iterator[None]:
    """Around an ingest: who loses the database hears what became of the rows."""
    try:
        yield
    except DatabaseAway as error:
        # Of a replacement the error itself says it.
        kept = "" if replace else " What was stored is kept."
        raise DatabaseAway(f"{error}{kept} Ingest the same again when it is back.") from error


def _transaction(batch: Batch, database: Database, writer: Writer, patience: Patience) -> IngestCounts:
    rejected = len(_rejections(batch))
    counts = IngestCounts(read=rejected, rejected=rejected)
    if rows := writer.numbered(batch):

        def write(connection: Connection) -> IngestCounts:
            # Held while embedding too: a second ingest would otherwise embed and store the same reviews.
            store.lock_for_writing(connection)
            return writer.write(connection, rows)

        counts += patience.transact(database, write)
    return counts


def _replace(
    batches: Iterable[Batch], database: Database, writer: Writer, on_batch: Report, patience: Patience
) -> IngestCounts:
    def write(connection: Connection) -> IngestCounts:
        counts = IngestCounts()
        store.lock_for_writing(connection)
        truth.begin(connection)
        for batch in batches:
            rejections = _rejections(batch)
            counts += IngestCounts(read=len(rejections), rejected=len(rejections))
            if rows := writer.numbered(batch):
                counts += writer.write(connection, rows, note=True)
            on_batch(counts, rejections)
        return counts + IngestCounts(removed=truth.remove_unseen(connection))

    return patience.transact_once(database, write)


def _rejections(batch: Batch) -> list[Rejection]:
    return [row for row in batch if isinstance(row, Rejection)]
