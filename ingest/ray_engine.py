"""Ingesting with a Ray cluster: the local engine's steps, done ahead by many for the one who stores.

Reading happens here, where the files are. The rows travel in partitions to where there is room, are cleaned,
split and hashed there, by the functions that the local engine uses; here the database is asked which texts
have no vector yet; those go to the embedders, one to a node or a GPU. What comes back, in the order of the
file, goes through `ingest.store` as ever: a partition is a transaction, written by COPY.

What is stored is decided in one place, because it depends on all rows before: which product a row belongs to
follows from chains of shared ids, how often a row without an id has come from their order. It takes some
hundredths of embedding. So nothing that a cluster does, or fails to do, changes what is stored, only whether
a vector is at hand when it is asked for; one that is not is made then.

Plain tasks and actors, not Ray Data (docs/experiments.md): its pipelines cannot ask the database a question
between two stages, so they would embed what is known, and cannot make anew what a lost node had of a source
that is read once.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np

from config.settings import EmbedderSettings, PassageSettings
from database import Database, Patience
from ingest.notes import Notes
from ingest.parser import RowParser
from ingest.ray_cluster import Cluster, Promise
from ingest.review import Review, Row
from ingest.review_file import ReviewFile
from ingest.rows import BadRow
from ingest.splitter import Splitter
from ingest.store import Occurrences, batches
from ingest.tables import Record
from retriever import Embedder, store
from retriever.embedder import Vectors
from retriever.identity import check_embedder

AHEAD = 3  # partitions under way per embedder: one being embedded, one waiting there, one coming
MOST_KEPT = 50_000  # vectors that were made and not yet asked for

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Partition:
    """Some rows of a file in order, what was done to them in words, and all their pieces by their hashes."""

    rows: list[Row]
    notes: Notes
    pieces: dict[str, str]


class RayEmbedder(Embedder):
    """The embedders of a cluster as one, which work ahead on the files that are read through it."""

    def __init__(self, settings: EmbedderSettings, address: str | None = None) -> None:
        """Raises what `Cluster` raises."""
        super().__init__(settings)
        self.cluster = Cluster(settings, address)
        self._made: dict[str, Vectors] = {}
        self._sent = Occurrences()

    @property
    def dimension(self) -> int:
        """Numbers per vector; an embedder loads its model."""
        return self.cluster.dimension()

    def read(
        self, file: ReviewFile, database: Database, passages: PassageSettings, patience: Patience = Patience()
    ) -> Iterator[Row]:
        """The rows of a file as iterating over it gives them; of what they say, vectors are made meanwhile.

        A database that is away is waited for. Raises DatabaseError, EmbedderMismatch, ClusterError and what
        reading raises.
        """
        size = AHEAD * self.cluster.embedders
        parser = file.parser  # which reads the file once, before its rows are read
        tasks = (self.cluster.run(parsed, parser, passages, rows) for rows in batches(file.rows()))
        partitions = map(self.cluster.get, ahead(tasks, size))
        asked = ((partition, *self._ask(partition, database, patience)) for partition in partitions)
        for partition, texts, vectors in ahead(asked, size):
            if texts:
                self._keep(texts, self.cluster.get(vectors))
            file.notes.update(partition.notes)
            yield from partition.rows

    def embed_passages(self, texts: list[str]) -> Vectors:
        """Vectors of passages, as ever: those made ahead, and each of these once; the others are made now."""
        made = {text: self._made.pop(text) for text in texts if text in self._made}
        missing = [text for text in texts if text not in made]
        if missing:
            made.update(zip(missing, self.cluster.get(self.cluster.embed(missing)), strict=True))
        return (
            np.stack([made[text] for text in texts]) if texts else np.empty((0, self.dimension), np.float32)
        )

    def close(self) -> None:
        """Let the embedders go, and a cluster that was started here."""
        self.cluster.close()

    def _ask(self, partition: Partition, database: Database, patience: Patience) -> tuple[list[str], Promise]:
        """The texts that have no vector, and the promise of theirs."""

        def known_texts() -> set[str]:
            with database.connection() as connection:
                check_embedder(connection, self)
                return store.known_texts(connection, partition.pieces)

        known = patience.repeat(known_texts)
        texts = [
            text
            for content_hash, text in partition.pieces.items()
            # What another partition brought a moment ago will be known by the time this one is stored.
            if content_hash not in known and self._sent.count(content_hash.encode()) == 1
        ]
        return texts, self.cluster.embed(texts) if texts else None

    def _keep(self, texts: list[str], vectors: Vectors) -> None:
        self._made.update(zip(texts, vectors, strict=True))
        # Few are left over: of reviews that changed within a partition.
        for text in list(islice(self._made, max(0, len(self._made) - MOST_KEPT))):
            del self._made[text]


def parsed(parser: RowParser, passages: PassageSettings, rows: list[Record | BadRow]) -> Partition:
    """Rows of a file, cleaned, split and hashed: what needs neither the database nor the other rows."""
    splitter, notes = Splitter(passages), Notes()
    found = [parser.parse(row, notes) for row in rows]
    texts = ((row.title, row.text) for row in found if isinstance(row, Review) and row.text is not None)
    pieces = (piece for title, text in texts for piece in splitter.pieces(title, text))
    return Partition(found, notes, dict(pieces))


def ahead(items: Iterator[T], count: int) -> Iterator[T]:
    """The items in order; each is drawn while `count` others that were drawn before wait to be given out."""
    drawn = deque(islice(items, count))
    while drawn:
        drawn.extend(islice(items, 1))
        yield drawn.popleft()
