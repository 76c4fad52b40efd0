"""Writing reviews, their copies and their passages.

Knows the tables review, review_copy and passage; what is new or changed is decided by the caller. Every
function works inside the caller's transaction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields

from pgvector import Vector
from psycopg2.extensions import connection as Connection
from psycopg2.sql import SQL, Identifier

from retriever.bulk import BIGINT, DATE, DOUBLE, INTEGER, TEXT, VECTOR, Encoder, copy_rows
from retriever.embedder import Vectors
from retriever.stored import Key, StoredCopy, StoredPassage, StoredReview

LOCK = 7_390_428  # any number but that of database.migrate

_TYPES: dict[str, Encoder] = {
    "product": BIGINT, "number": INTEGER, "unnamed": INTEGER, "copies": INTEGER, "rating": DOUBLE,
    "written_on": DATE, "embedding": VECTOR,
}  # fmt: skip
_REVIEW, _COPY, _PASSAGE = (
    {field.name: _TYPES.get(field.name, TEXT) for field in fields(row)}
    for row in (StoredReview, StoredCopy, StoredPassage)
)
_CHANGED = ", ".join(f"{name} = incoming.{name}" for name in _REVIEW if name not in ("product", "review_id"))
SIMILAR = f"""
    WITH wanted AS (
        SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS _ (product, id, hash)
    ), keys AS (
        SELECT old.product, old.review_id FROM wanted
        JOIN review AS old ON (old.product, old.review_id) = (wanted.product, wanted.id)
        UNION
        SELECT old.product, old.review_id FROM wanted
        JOIN review AS old ON (old.product, old.content_hash) = (wanted.product, wanted.hash)
        UNION
        SELECT copy.product, copy.review_id FROM wanted
        JOIN review_copy AS copy ON (copy.product, copy.copy_id) = (wanted.product, wanted.id)
    )
    SELECT {", ".join(_REVIEW)} FROM keys JOIN review USING (product, review_id)
"""
_KEYS = "unnest(%s::bigint[], %s::text[])"


def lock_for_writing(connection: Connection) -> None:
    """Wait until no other transaction writes reviews: they come in whole batches, one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))


def similar_reviews(
    connection: Connection, products: Sequence[int], ids: Sequence[str], hashes: Sequence[str]
) -> tuple[list[StoredReview], list[StoredCopy]]:
    """The stored reviews that have, in this product, this id, this content or a copy of this id; all copies.

    The three sequences belong together, entry by entry.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            SIMILAR,
            (list(products), list(ids), list(hashes)),
        )
        reviews = [StoredReview(*row) for row in cursor]
        copied = [review.key for review in reviews if review.copies > 1]
        if not copied:
            return reviews, []
        cursor.execute(
            f"SELECT {', '.join(_COPY)} FROM {_KEYS} AS _ (product, review_id)"
            " JOIN review_copy USING (product, review_id)",
            _columns(copied),
        )
        return reviews, [StoredCopy(*row) for row in cursor]


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


def insert_reviews(connection: Connection, reviews: Sequence[StoredReview]) -> None:
    """Store reviews whose keys are free."""
    with connection.cursor() as cursor:
        copy_rows(cursor, "review", _REVIEW, map(_values, reviews))


def update_reviews(connection: Connection, reviews: Sequence[StoredReview]) -> None:
    """Change the reviews of these keys; their passages and copies stay."""
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


def delete_reviews(connection: Connection, keys: Sequence[Key]) -> None:
    """Remove reviews with their passages and copies."""
    _delete(connection, "review", "review_id", keys)


def delete_copies(connection: Connection, keys: Sequence[Key]) -> None:
    """Forget copies, by product and the copy's id."""
    _delete(connection, "review_copy", "copy_id", keys)


def insert_copies(connection: Connection, copies: Sequence[StoredCopy]) -> None:
    """Remember copies whose keys are free, of reviews that are stored."""
    if copies:
        with connection.cursor() as cursor:
            copy_rows(cursor, "review_copy", _COPY, map(_values, copies))


def delete_passages(connection: Connection, keys: Sequence[Key]) -> None:
    """Remove the passages of these reviews."""
    _delete(connection, "passage", "review_id", keys)


def insert_passages(
    connection: Connection, passages: Iterable[StoredPassage], vectors: Iterable[Vectors]
) -> None:
    """Store passages of stored reviews, each with its vector."""
    rows = ((*_values(passage), vector) for passage, vector in zip(passages, vectors, strict=True))
    with connection.cursor() as cursor:
        copy_rows(cursor, "passage", _PASSAGE | {"embedding": VECTOR}, rows)


def _delete(connection: Connection, table: str, id_column: str, keys: Sequence[Key]) -> None:
    if not keys:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            SQL(f"DELETE FROM {{table}} AS old USING {_KEYS} AS gone (product, id)").format(
                table=Identifier(table)
            )
            + SQL(" WHERE (old.product, old.{id}) = (gone.product, gone.id)").format(
                id=Identifier(id_column)
            ),
            _columns(keys),
        )


def _columns(keys: Iterable[Key]) -> tuple[list[int], list[str]]:
    pairs = list(keys)
    return [product for product, _ in pairs], [name for _, name in pairs]


def _values(row: StoredReview | StoredCopy | StoredPassage) -> list[object]:
    return [getattr(row, name) for name in row.__slots__]
