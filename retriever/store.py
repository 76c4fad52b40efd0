"""Writing reviews and their passages.

Knows the tables review and passage; what is new or changed is decided by the caller. Every function works
inside the caller's transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

from pgvector import Vector
from psycopg2.extensions import connection as Connection

from retriever.bulk import copy_rows
from retriever.embedder import Vectors

LOCK = 7_390_428  # any number but that of database.migrate


@dataclass(frozen=True, slots=True)
class StoredReview:
    """A review as the table holds it; `product` is the key that `resolve_products` gave.

    `rating` is in stars, 1 to 5. The fields stand in the order of the table's columns.
    """

    product: int
    review_id: str
    title: str | None
    text: str
    rating: float | None
    written_on: date | None
    reviewer: str | None
    content_hash: str


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """The `number`-th piece, from 0, of a review; `content_hash` is the SHA-256 of `text` in hexadecimal."""

    product: int
    review_id: str
    number: int
    text: str
    content_hash: str


COLUMNS = ", ".join(column.name for column in fields(StoredReview))


def lock_for_writing(connection: Connection) -> None:
    """Wait until no other transaction writes reviews: they come in whole batches, one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))


def similar_reviews(
    connection: Connection, products: Sequence[int], ids: Sequence[str], hashes: Sequence[str]
) -> list[StoredReview]:
    """The stored reviews of these products that have one of these ids or one of these contents."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM review WHERE product = ANY(%s)"
            " AND (review_id = ANY(%s) OR content_hash = ANY(%s))",
            (list(products), list(ids), list(hashes)),
        )
        return [StoredReview(*row) for row in cursor]


def write_reviews(connection: Connection, reviews: Sequence[StoredReview]) -> None:
    """Insert reviews, or replace those of the same product and id; their passages stay."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE incoming (LIKE review) ON COMMIT DROP")
        copy_rows(cursor, "incoming", (tuple(_values(review)) for review in reviews))
        cursor.execute(
            f"INSERT INTO review ({COLUMNS}) SELECT {COLUMNS} FROM incoming"
            " ON CONFLICT (product, review_id) DO UPDATE SET title = excluded.title,"
            " text = excluded.text, rating = excluded.rating, written_on = excluded.written_on,"
            " reviewer = excluded.reviewer, content_hash = excluded.content_hash"
        )
        cursor.execute("DROP TABLE incoming")


def replace_passages(
    connection: Connection,
    reviews: Sequence[StoredReview],
    passages: Sequence[StoredPassage],
    vectors: Vectors,
) -> None:
    """Give reviews these passages in place of any they have; `vectors` is (len(passages), dimension)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM passage USING unnest(%s::bigint[], %s::text[]) AS old (product, review_id)"
            " WHERE passage.product = old.product AND passage.review_id = old.review_id",
            ([review.product for review in reviews], [review.review_id for review in reviews]),
        )
        copy_rows(
            cursor,
            "passage",
            (
                (*_values(passage), Vector(vector).to_text())
                for passage, vector in zip(passages, vectors, strict=True)
            ),
        )


def _values(row: StoredReview | StoredPassage) -> list[object]:
    return [getattr(row, column.name) for column in fields(row)]
