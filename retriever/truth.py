"""Making what arrives the whole truth for its products: what was not seen is removed at the end.

Works inside one transaction, in which reviews are stored as ever between `begin` and `remove_unseen`.
Products may turn out to be one meanwhile, so what was seen is noted by a product's public id.
"""

from collections.abc import Iterable

from psycopg2.extensions import connection as Connection

from retriever.bulk import INTEGER, TEXT, copy_rows
from retriever.products import recount_products

# A review that was not seen gives its text to a copy that was, or to the rows without an id.
HEIRS = """
    WITH heir AS (
        SELECT DISTINCT ON (product, review_id) product, review_id, copy_id, rating, written_on, reviewer
        FROM touched JOIN review_copy USING (product)
        WHERE (product, review_id) IN (SELECT product, review_id FROM unseen)
        ORDER BY product, review_id, copy_id
    ), gone AS (
        DELETE FROM review_copy AS copy USING heir
        WHERE (copy.product, copy.copy_id) = (heir.product, heir.copy_id)
    )
    UPDATE review SET review_id = heir.copy_id, rating = heir.rating, written_on = heir.written_on,
        reviewer = heir.reviewer
    FROM heir WHERE (review.product, review.review_id) = (heir.product, heir.review_id)
"""
UNNAMED_HEIRS = """
    UPDATE review SET review_id = content_hash FROM unseen, known
    WHERE (review.product, review.review_id) = (unseen.product, unseen.review_id)
        AND (known.product, known.id) = (review.product, review.content_hash)
        AND NOT EXISTS (SELECT FROM review_copy AS copy
            WHERE (copy.product, copy.review_id) = (review.product, review.review_id))
"""
UNSEEN = """
    CREATE TEMP TABLE unseen ON COMMIT DROP AS
    SELECT product, review_id FROM touched JOIN review USING (product)
    WHERE NOT EXISTS (SELECT FROM known WHERE (known.product, known.id) = (review.product, review.review_id))
"""
STEPS = (
    """CREATE TEMP TABLE known ON COMMIT DROP AS
       SELECT product, id, max(times) AS times FROM seen JOIN product_alias USING (alias)
       GROUP BY product, id""",
    "CREATE INDEX ON known (product, id)",
    "ANALYZE known",
    "CREATE TEMP TABLE touched ON COMMIT DROP AS SELECT DISTINCT product FROM known",
    """DELETE FROM review_copy AS copy USING touched WHERE copy.product = touched.product
       AND NOT EXISTS (SELECT FROM known WHERE (known.product, known.id) = (copy.product, copy.copy_id))""",
    UNSEEN,
    UNNAMED_HEIRS,
    HEIRS,
)
REMOVE = """
    DELETE FROM review USING unseen
    WHERE (review.product, review.review_id) = (unseen.product, unseen.review_id)
"""
RECOUNT = """
    UPDATE review SET unnamed = found.rows, copies = found.copies
    FROM (
        SELECT product, review_id, rows, greatest(1, rows + (review_id <> content_hash)::integer
            + (SELECT count(*) FROM review_copy AS copy
               WHERE (copy.product, copy.review_id) = (review.product, review.review_id))) AS copies
        FROM touched JOIN review USING (product), LATERAL (
            SELECT coalesce(max(times), 0) AS rows FROM known
            WHERE (known.product, known.id) = (review.product, review.content_hash))
    ) AS found
    WHERE (review.product, review.review_id) = (found.product, found.review_id)
        AND (review.unnamed, review.copies) <> (found.rows, found.copies)
"""


def begin(connection: Connection) -> None:
    """Start noting."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE seen (alias text, id text, times integer) ON COMMIT DROP")


def note_seen(connection: Connection, rows: Iterable[tuple[str, str, int]]) -> None:
    """Note rows: an id of the product, the review's id, and how often it came if it has none of its own."""
    with connection.cursor() as cursor:
        copy_rows(cursor, "seen", {"alias": TEXT, "id": TEXT, "times": INTEGER}, rows)


def remove_unseen(connection: Connection) -> int:
    """Remove, of the products of what was noted, all else; return how many reviews went."""
    with connection.cursor() as cursor:
        for step in STEPS:
            cursor.execute(step)
        cursor.execute("SELECT product FROM touched")
        products = [product for (product,) in cursor]
        cursor.execute(REMOVE)
        removed = cursor.rowcount
        cursor.execute(RECOUNT)
        recount_products(cursor, products)
    return removed
