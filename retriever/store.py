"""Writing reviews, their texts and the texts' passages.

Knows the tables review, body and passage, and COPY in its binary format; what is new or changed is decided by
the caller. Every function but `tidy` works inside the caller's transaction.
"""

import io
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from pgvector import Vector
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.sql import SQL, Identifier

from database import Database
from retriever.embedder import Vectors
from retriever.passage import StoredPassage
from retriever.products import recount_products

LOCK = 7_390_428  # any number but that of database.migrate

Key = tuple[int, int]  # of a product and a body
Content = tuple[int, str]  # a product, and the hash of a text of its reviews


@dataclass(frozen=True, slots=True)
class StoredReview:
    """A row of the source as the table holds it; `product` and `body` are keys of the database."""

    product: int
    review_id: str
    body: int | None
    """The text; None: stars alone."""
    rating: float | None
    """In stars, 1 to 5."""
    rating_given: str | None
    rating_scale: str | None
    written_on: date | None
    reviewer: str | None
    language: str | None


@dataclass(frozen=True, slots=True)
class StoredBody:
    """A text of a product's reviews."""

    product: int
    id: int
    content_hash: str
    title: str | None
    text: str
    split: str | None
    """How its passages are made."""

    @property
    def key(self) -> Key:
        """What the table knows it by."""
        return self.product, self.id


# COPY, PostgreSQL's fastest way in. Binary, because a vector of some hundred numbers written as text takes
# longer than all the rest of a row.
START = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
END = struct.pack(">h", -1)
FIRST_DAY = date(2000, 1, 1).toordinal()  # PostgreSQL counts its days from there

Encoder = Callable[[Any], bytes]

BIGINT: Encoder = struct.Struct(">q").pack
INTEGER: Encoder = struct.Struct(">i").pack
DOUBLE: Encoder = struct.Struct(">d").pack
TEXT: Encoder = str.encode


def DATE(day: date) -> bytes:
    """The column type date."""
    return struct.pack(">i", day.toordinal() - FIRST_DAY)


def VECTOR(vector: Vectors) -> bytes:
    """The column type vector, of shape (dimension,)."""
    return Vector(vector).to_binary()


_TYPES: dict[str, Encoder] = {
    "product": BIGINT, "id": BIGINT, "body": BIGINT, "number": INTEGER, "rating": DOUBLE, "written_on": DATE,
}  # fmt: skip
_REVIEW, _BODY, _PASSAGE = (
    {field.name: _TYPES.get(field.name, TEXT) for field in fields(row)}
    for row in (StoredReview, StoredBody, StoredPassage)
)
_CHANGED = ", ".join(f"{name} = incoming.{name}" for name in _REVIEW if name not in ("product", "review_id"))
_KEYS = "unnest(%s::bigint[], %s::bigint[]) AS key (product, body)"
_CONTENTS = "unnest(%s::bigint[], %s::text[]) AS key (product, name)"
# Lateral, each key through the index: a join reads all rows of the products while there are no statistics.
STORED_REVIEWS = f"""
    SELECT found.* FROM {_CONTENTS}, LATERAL (
        SELECT {", ".join(_REVIEW)} FROM review WHERE (product, review_id) = (key.product, key.name) LIMIT 1
    ) AS found
"""
STORED_BODIES = f"""
    SELECT found.* FROM {_CONTENTS}, LATERAL (
        SELECT {", ".join(_BODY)} FROM body WHERE (product, content_hash) = (key.product, key.name) LIMIT 1
    ) AS found
"""
_UNUSED = """
    NOT EXISTS (SELECT FROM review WHERE (review.product, review.body) = (body.product, body.id))
"""

# What was seen is noted by a public id of the product: products may turn out to be one meanwhile.
KNOWN = """
    CREATE TEMP TABLE known ON COMMIT DROP AS
    SELECT DISTINCT product, review_id FROM seen JOIN product_alias USING (alias)
"""
UNSEEN = """
    CREATE TEMP TABLE unseen ON COMMIT DROP AS
    SELECT product, review_id, body FROM (SELECT DISTINCT product FROM known) JOIN review USING (product)
    WHERE NOT EXISTS (
        SELECT FROM known
        WHERE (known.product, known.review_id) = (review.product, review.review_id))
"""
PROTECTED = """
    DELETE FROM unseen WHERE %(all)s OR product IN (
        SELECT product FROM product_alias WHERE id = ANY(%(ids)s) OR alias = ANY(%(ids)s))
"""
REMOVE = """
    DELETE FROM review USING unseen
    WHERE (review.product, review.review_id) = (unseen.product, unseen.review_id)
"""


def lock_for_writing(connection: Connection) -> None:
    """Wait until no other transaction writes reviews: they come in whole batches, one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))


def stored_reviews(
    connection: Connection, keys: Sequence[tuple[int, str]]
) -> dict[tuple[int, str], StoredReview]:
    """Those of the rows with these products and ids that are stored."""
    with connection.cursor() as cursor:
        cursor.execute(STORED_REVIEWS, _columns(keys))
        rows = (StoredReview(*row) for row in cursor)
        return {(row.product, row.review_id): row for row in rows}


def stored_bodies(connection: Connection, contents: Sequence[Content]) -> dict[Content, StoredBody]:
    """Those of the texts, by product and hash, that are stored."""
    with connection.cursor() as cursor:
        cursor.execute(STORED_BODIES, _columns(contents))
        rows = (StoredBody(*row) for row in cursor)
        return {(row.product, row.content_hash): row for row in rows}


def new_body_ids(connection: Connection, count: int) -> list[int]:
    """So many keys for texts, rising; nobody else gets them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('body', 'id')) FROM generate_series(1, %s)", (count,)
        )
        return [key for (key,) in cursor]


def known_vectors(connection: Connection, hashes: Iterable[str]) -> dict[str, Vectors]:
    """The vectors of those texts that have one already, by the texts' hashes, in whatever product."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hash, vector_send(embedding) FROM unnest(%s::text[]) AS hash,"
            " LATERAL (SELECT embedding FROM passage WHERE content_hash = hash LIMIT 1)",
            (list(hashes),),
        )
        return {content_hash: Vector.from_binary(vector).to_numpy() for content_hash, vector in cursor}


def known_texts(connection: Connection, hashes: Iterable[str]) -> set[str]:
    """Those of the hashes whose text has a vector already, in whatever product."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hash FROM unnest(%s::text[]) AS hash"
            " WHERE EXISTS (SELECT FROM passage WHERE content_hash = hash)",
            (list(hashes),),
        )
        return {content_hash for (content_hash,) in cursor}


def insert_bodies(connection: Connection, bodies: Sequence[StoredBody]) -> None:
    """Store texts whose keys and contents are free."""
    if bodies:
        with connection.cursor() as cursor:
            copy_rows(cursor, "body", _BODY, map(_values, bodies))


def clear_bodies(connection: Connection, bodies: Sequence[StoredBody]) -> None:
    """Remove the passages of these stored texts, and note how the next ones are made."""
    if not bodies:
        return
    keys = _columns([body.key for body in bodies])
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM passage USING {_KEYS}"
                       " WHERE (passage.product, passage.body) = (key.product, key.body)", keys)  # fmt: skip
        cursor.execute(f"UPDATE body SET split = %s FROM {_KEYS}"
                       " WHERE (body.product, body.id) = (key.product, key.body)",
                       (bodies[0].split, *keys))  # fmt: skip


def delete_unused_bodies(connection: Connection, keys: Iterable[Key]) -> None:
    """Remove those of these texts that no review has any more, with their passages."""
    if keys := set(keys):
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM body USING {_KEYS}"
                f" WHERE (body.product, body.id) = (key.product, key.body) AND {_UNUSED}",
                _columns(sorted(keys)),
            )


def insert_reviews(connection: Connection, reviews: Sequence[StoredReview]) -> None:
    """Store rows whose keys are free and whose texts are stored."""
    if reviews:
        with connection.cursor() as cursor:
            copy_rows(cursor, "review", _REVIEW, map(_values, reviews))


def update_reviews(connection: Connection, reviews: Sequence[StoredReview]) -> None:
    """Change the rows of these keys."""
    if not reviews:
        return
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS incoming (LIKE review) ON COMMIT DROP")
        cursor.execute("TRUNCATE incoming")
        copy_rows(cursor, "incoming", _REVIEW, map(_values, reviews))
        cursor.execute(
            f"UPDATE review SET {_CHANGED} FROM incoming"
            " WHERE (review.product, review.review_id) = (incoming.product, incoming.review_id)"
        )


def insert_passages(
    connection: Connection, passages: Iterable[StoredPassage], vectors: Iterable[Vectors]
) -> None:
    """Store passages of stored texts, each with its vector."""
    rows = ((*_values(passage), vector) for passage, vector in zip(passages, vectors, strict=True))
    with connection.cursor() as cursor:
        copy_rows(cursor, "passage", _PASSAGE | {"embedding": VECTOR}, rows)


def begin_replacement(connection: Connection) -> None:
    """Start to note what is seen; before `note_seen` and `remove_unseen`."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE seen (alias text, review_id text) ON COMMIT DROP")


def note_seen(connection: Connection, rows: Iterable[tuple[str, str]]) -> None:
    """Note rows: a public id of the product, and the row's id within it."""
    with connection.cursor() as cursor:
        copy_rows(cursor, "seen", {"alias": TEXT, "review_id": TEXT}, rows)


def remove_unseen(connection: Connection, protected: Iterable[str] | None) -> tuple[int, int]:
    """Remove, of the products of what was noted, every row that was not; return how many went and stayed.

    The rows of products with one of the ids `protected` stay, public ids or the source's own; None: all stay.
    """
    with connection.cursor() as cursor:
        cursor.execute(KNOWN)
        cursor.execute("CREATE INDEX ON known (product, review_id)")
        cursor.execute("ANALYZE known")
        cursor.execute(UNSEEN)
        cursor.execute(PROTECTED, {"all": protected is None, "ids": list(protected or ())})
        kept = cursor.rowcount
        cursor.execute(REMOVE)
        removed = cursor.rowcount
        cursor.execute(
            "DELETE FROM body USING (SELECT DISTINCT product, body FROM unseen) AS key"
            f" WHERE (body.product, body.id) = (key.product, key.body) AND {_UNUSED}"
        )
        cursor.execute("SELECT DISTINCT product FROM unseen")
        recount_products(cursor, [product for (product,) in cursor])
    return removed, kept


def tidy(database: Database) -> None:
    """Record which pages all can see, and count anew, so that searches can read the indexes alone.

    For the end of an ingest that wrote passages. Blocks nobody. Raises DatabaseError if the server cannot be
    reached.
    """
    with database.connection() as connection, connection.cursor() as cursor:
        connection.commit()  # VACUUM runs outside any transaction
        connection.autocommit = True
        try:
            cursor.execute("VACUUM (ANALYZE) passage")
            cursor.execute("VACUUM (ANALYZE) review")
        finally:
            connection.autocommit = False


def copy_rows(
    cursor: Cursor, table: str, columns: Mapping[str, Encoder], rows: Iterable[Iterable[object]]
) -> None:
    """Append rows to a table: each row's values in the order of `columns`, None as NULL."""
    length = struct.Struct(">i").pack
    width = struct.pack(">h", len(columns))
    missing = length(-1)
    encoders = tuple(columns.values())
    parts = [START]
    for row in rows:
        parts.append(width)
        for encode, value in zip(encoders, row, strict=True):
            if value is None:
                parts.append(missing)
            else:
                field = encode(value)
                parts += (length(len(field)), field)
    parts.append(END)
    statement = SQL("COPY {} ({}) FROM STDIN WITH (FORMAT binary)").format(
        Identifier(table), SQL(", ").join(map(Identifier, columns))
    )
    cursor.copy_expert(statement, io.BytesIO(b"".join(parts)))


def _columns(pairs: Sequence[tuple[int, Any]]) -> tuple[list[int], list[Any]]:
    return [first for first, _ in pairs], [second for _, second in pairs]


def _values(row: StoredReview | StoredBody | StoredPassage) -> list[object]:
    return [getattr(row, name) for name in row.__slots__]
