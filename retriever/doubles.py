"""When two products turn out to be one: a text that both have is stored once, and what bore it is counted.

Knows the tables review and review_copy, between two products.
"""

from psycopg2.extensions import cursor as Cursor

BOTH = """
    FROM review AS double JOIN review AS kept USING (content_hash)
    WHERE double.product = %(other)s AND kept.product = %(keep)s
"""
NEW_COPY = """
    INSERT INTO review_copy (product, copy_id, review_id, rating, written_on, reviewer)
"""
# A review of the later product with a text that the earlier one has becomes a copy there.
REVIEWS = f"""
    {NEW_COPY}
    SELECT kept.product, double.review_id, kept.review_id, double.rating, double.written_on, double.reviewer
    {BOTH} AND double.review_id <> double.content_hash AND NOT EXISTS (
        SELECT FROM review AS taken WHERE (taken.product, taken.review_id) = (kept.product, double.review_id))
    ON CONFLICT DO NOTHING
"""
COPIES = f"""
    {NEW_COPY}
    SELECT pair.product, copy.copy_id, pair.review_id, copy.rating, copy.written_on, copy.reviewer
    FROM (SELECT kept.product, kept.review_id, double.review_id AS double_id {BOTH}) AS pair
    JOIN review_copy AS copy ON (copy.product, copy.review_id) = (%(other)s, double_id)
    WHERE NOT EXISTS (
        SELECT FROM review AS taken WHERE (taken.product, taken.review_id) = (pair.product, copy.copy_id))
    ON CONFLICT DO NOTHING
"""
COUNTS = """
    UPDATE review SET unnamed = greatest(review.unnamed, double.unnamed),
        copies = greatest(review.unnamed, double.unnamed)
            + (review.review_id <> review.content_hash)::integer
            + (SELECT count(*) FROM review_copy AS copy
               WHERE (copy.product, copy.review_id) = (review.product, review.review_id))
    FROM review AS double
    WHERE review.product = %(keep)s AND double.product = %(other)s
        AND review.content_hash = double.content_hash
"""
# What the earlier product has already, by its id or its content, goes.
GONE = """
    DELETE FROM review AS double USING review AS kept
    WHERE double.product = %(other)s AND kept.product = %(keep)s
        AND (kept.review_id = double.review_id OR kept.content_hash = double.content_hash)
"""
COPIES_GONE = """
    DELETE FROM review_copy AS double USING review_copy AS kept
    WHERE double.product = %(other)s AND kept.product = %(keep)s AND kept.copy_id = double.copy_id
"""


def join_doubles(cursor: Cursor, keep: int, other: int) -> None:
    """Leave to product `other` only reviews and copies that `keep` can take over as they are."""
    for statement in (REVIEWS, COPIES, COUNTS, GONE, COPIES_GONE):
        cursor.execute(statement, {"keep": keep, "other": other})
