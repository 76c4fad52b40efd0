"""Marks of harmful passages: what is marked is never given to a model again, and stays where it is.

Knows the tables `harmful` and `harmless`. A mark belongs to a text under its product, not to a row, so it
outlives that a review is read again, replaced, moved or split anew; `retriever.products` moves it with its
product. Knows nothing of what makes a text harmful.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from config.errors import UnknownPassage, UnknownProduct
from database import Database
from retriever.passage import StoredPassage
from retriever.products import product_key

PERSON = "person"  # the reason of a mark that a person set
WHOLE_HASH, LEAST_OF_HASH = 64, 4  # hexadecimal digits

ADD = "INSERT INTO harmful (product, content_hash, text, reason) VALUES %s ON CONFLICT DO NOTHING"
# Through the hash index on a passage's content, not through all passages of the product.
MARKED_KEYS = """
    SELECT body, number FROM harmful JOIN passage USING (product, content_hash)
    WHERE harmful.product = %s
"""
MARKED_REVIEWS = """
    SELECT DISTINCT review_id FROM harmful JOIN passage USING (product, content_hash)
    JOIN review USING (product, body) WHERE harmful.product = %s
"""
MARKED_HASHES = "SELECT content_hash FROM harmful WHERE product = %s"
MARKED_OF_BODIES = """
    SELECT product, body, harmful.text, reason
    FROM unnest(%s::bigint[], %s::bigint[]) AS _ (product, body)
    JOIN passage USING (product, body) JOIN harmful USING (product, content_hash)
"""
# Not what a person cleared, nor a part of it; what holds it and more is another text.
ADD_UNCLEARED = """
    INSERT INTO harmful (product, content_hash, text, reason)
    SELECT * FROM (VALUES %s) AS new (product, content_hash, text, reason)
    WHERE NOT EXISTS (SELECT FROM harmless WHERE harmless.product = new.product
                      AND strpos(harmless.text, new.text) > 0)
    ON CONFLICT DO NOTHING RETURNING content_hash
"""
CLEAR = """
    WITH lifted AS (
        DELETE FROM harmful WHERE (product, content_hash) = (%s, %s) RETURNING product, content_hash, text
    )
    INSERT INTO harmless (product, content_hash, text) SELECT * FROM lifted ON CONFLICT DO NOTHING
"""
UNCLEAR = "DELETE FROM harmless WHERE (product, content_hash) = (%s, %s)"


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked text of a product. `content_hash` is the passage's; `reason` says who or what judged so.

    `stored`: whether a passage of the product has this text now. `marked_at` is in UTC.
    """

    content_hash: str
    text: str
    reason: str
    marked_at: datetime
    stored: bool


class HarmfulMarks:
    """Sets and lifts marks. Safe to share between threads; every method may raise DatabaseError.

    A text is named by its passage's `content_hash`, or by the hash's beginning, four characters at least, if
    that is no other's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def mark(self, product_id: str, content_hash: str, reason: str = PERSON) -> str:
        """Mark a passage of the product; what is marked keeps its first mark. Returns the whole hash.

        Raises UnknownProduct and UnknownPassage.
        """
        with self._database.connection() as connection, connection.cursor() as cursor:
            product = product_key(cursor, product_id)
            found, text = _only(cursor, "passage", product, content_hash)
            execute_values(cursor, ADD, [(product, found, text, reason)])
            cursor.execute(UNCLEAR, (product, found))
        return found

    def unmark(self, product_id: str, content_hash: str) -> str:
        """Lift the mark of a text, whether it is stored now or not; no scanner sets it again.

        Returns the whole hash. Raises UnknownProduct, and UnknownPassage if it is not marked.
        """
        with self._database.connection() as connection, connection.cursor() as cursor:
            product = product_key(cursor, product_id)
            found, _ = _only(cursor, "harmful", product, content_hash)
            cursor.execute(CLEAR, (product, found))
        return found

    def marks(self, product_id: str) -> list[Mark]:
        """All marks of the product, the latest first. Raises UnknownProduct."""
        with self._database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT content_hash, text, reason, marked_at, EXISTS (SELECT FROM passage"
                " WHERE (passage.product, passage.content_hash) = (harmful.product, harmful.content_hash))"
                " FROM harmful WHERE product = %s ORDER BY marked_at DESC, content_hash",
                (product_key(cursor, product_id),),
            )
            return [Mark(*row) for row in cursor]


def marked_keys(cursor: Cursor, product: int) -> list[tuple[int, int]]:
    """The text's key and the number of every marked passage of the product with this key."""
    cursor.execute(MARKED_KEYS, (product,))
    return list(cursor)


def marked_reviews(database: Database, product_id: str) -> set[str]:
    """The ids of the product's reviews of which a passage is marked; none for an unknown product."""
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(MARKED_REVIEWS, (_known_key(cursor, product_id),))
        return {review_id for (review_id,) in cursor}


def marked_hashes(database: Database, product_id: str) -> set[str]:
    """The content hashes of the product's marked texts, stored now or not; none for an unknown product."""
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(MARKED_HASHES, (_known_key(cursor, product_id),))
        return {content_hash for (content_hash,) in cursor}


def mark_suspicious(connection: Connection, rows: Sequence[tuple[int, str, str, str]]) -> int:
    """Mark what a scanner found, unless a person cleared it; return how many were not marked before.

    `rows`: product, content hash, text, reason.
    """
    if not rows:
        return 0
    with connection.cursor() as cursor:
        return len(execute_values(cursor, ADD_UNCLEARED, rows, fetch=True, page_size=len(rows)))


def marked_of_bodies(
    connection: Connection, keys: Sequence[tuple[int, int]]
) -> list[tuple[int, int, str, str]]:
    """Of the stored passages of these texts, those marked: product, the text's key, text, reason."""
    with connection.cursor() as cursor:
        cursor.execute(MARKED_OF_BODIES, ([product for product, _ in keys], [body for _, body in keys]))
        return list(cursor)


def mark_anew(
    connection: Connection,
    marked: Iterable[tuple[int, int, str, str]],
    texts: Mapping[tuple[int, int], str],
    pieces: Iterable[StoredPassage],
) -> None:
    """Mark, of texts whose passages were cut in another way, all pieces that hold a part of a marked one.

    `marked` as `marked_of_bodies` gave them before, `texts` the whole texts by product and key, `pieces` in
    the texts' order.
    """
    pieces_of = defaultdict(list)
    for piece in pieces:
        pieces_of[piece.product, piece.body].append(piece)
    rows = [
        (product, piece.content_hash, piece.text, reason)
        for product, body, text, reason in marked
        for piece in _touching(text, texts[product, body], pieces_of[product, body])
    ]
    if rows:
        with connection.cursor() as cursor:
            execute_values(cursor, ADD, rows)


def _touching(text: str, whole: str, pieces: Sequence[StoredPassage]) -> Iterable[StoredPassage]:
    """The pieces of `whole` that share a character with `text`, wherever it stands there."""
    places = [match.span() for match in re.finditer(re.escape(text), whole)]
    start = -1
    for piece in pieces:
        # Pieces may share characters, but each begins after the one before it.
        start = max(whole.find(piece.text, start + 1), start)
        if any(start < last and first < start + len(piece.text) for first, last in places):
            yield piece


def _known_key(cursor: Cursor, product_id: str) -> int | None:
    """The product's key; None if there is no such product."""
    try:
        return product_key(cursor, product_id)
    except UnknownProduct:
        return None


def _only(cursor: Cursor, table: str, product: int, content_hash: str) -> tuple[str, str]:
    """Hash and text of the one row of the table that is named by its hash or the beginning of that."""
    what = "marked passage" if table == "harmful" else "passage"
    if len(content_hash) < LEAST_OF_HASH:
        raise UnknownPassage(
            f"'{content_hash}' is too short: a {what} is named by "
            f"{LEAST_OF_HASH} characters of its hash at least."
        )
    named = "content_hash = %s" if len(content_hash) == WHOLE_HASH else "starts_with(content_hash, %s)"
    cursor.execute(
        f"SELECT DISTINCT content_hash, text FROM {table} WHERE product = %s AND {named} LIMIT 2",
        (product, content_hash),
    )
    found: list[tuple[str, str]] = cursor.fetchall()
    if len(found) != 1:
        several = "More than one" if found else "No"
        raise UnknownPassage(
            f"{several} {what} of this product has a hash that begins with "
            f"'{content_hash[:WHOLE_HASH]}'. `python -m retriever PRODUCT QUESTION` and "
            "`python -m retriever marks PRODUCT` show them."
        )
    return found[0]
