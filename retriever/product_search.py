"""Finding products by what people call them: words of the name or the brand, or the beginning of an id.

Knows the tables product and product_alias; knows nothing of passages.
"""

import re

from database import Database
from retriever.listing import PRODUCTS, product_of
from retriever.passage import Product

# More words than a name has say nothing more.
MOST_WORDS = 8

# An id's beginning is compared without folding case, so that an index serves. Names are read through: they
# are few beside reviews. Each is folded once (OFFSET 0 keeps it from being done for every comparison), and
# only the few that are shown are joined with all that is known of them.
FOUND = f"""
    WITH found AS (
        SELECT product AS id, 5 AS rank FROM product_alias WHERE alias = ANY(%(ids)s)
        UNION ALL
        (SELECT product, 1 FROM product_alias WHERE alias LIKE %(beginning)s ORDER BY alias LIMIT %(limit)s)
        UNION ALL
        (SELECT product, 1 FROM product_alias WHERE alias LIKE %(capitals)s ORDER BY alias LIMIT %(limit)s)
        UNION ALL
        (SELECT id, CASE WHEN called LIKE %(name)s THEN 4 WHEN called LIKE %(word)s THEN 3 ELSE 2 END AS rank
         FROM product, LATERAL (SELECT lower(concat_ws(' ', name, brand)) AS called OFFSET 0) AS named
         WHERE called LIKE ALL (%(words)s)
         ORDER BY rank DESC, reviews DESC, id LIMIT %(limit)s)
    ),
    best AS (
        SELECT id, max(rank) AS rank FROM found JOIN product USING (id) GROUP BY id
        ORDER BY max(rank) DESC, max(reviews) DESC, id LIMIT %(limit)s
    )
    {PRODUCTS.replace("FROM product,", "FROM best JOIN product USING (id),")}
    ORDER BY best.rank DESC, reviews DESC, product.id
"""


def find_products(database: Database, text: str, limit: int = 50) -> list[Product]:
    """The products that `text` may mean, the likeliest first, `limit` at most; none for text without a word.

    A product is found by any of its ids or the beginning of one, as it stands or in capitals; and by its name
    and brand, if each word of the text is in them, case aside. First comes whose id it is, then whose name
    begins so, then whose has a word that begins so; the more reviews, the earlier. Raises DatabaseError.
    """
    clean = " ".join(text.replace("\0", " ").encode("utf-8", "ignore").decode().split())
    if not clean:
        return []
    values = {
        "ids": [clean, clean.upper()],
        "beginning": _pattern(clean, after="%"),
        "capitals": _pattern(clean.upper(), after="%"),
        "name": _pattern(clean.lower(), after="%"),
        "word": _pattern(clean.lower(), "% ", "%"),
        "words": [_pattern(word, "%", "%") for word in clean.lower().split()[:MOST_WORDS]],
        "limit": limit,
    }
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(FOUND, values)
        return [product_of(row) for row in cursor]


def _pattern(text: str, before: str = "", after: str = "") -> str:
    """A LIKE pattern in which the text means itself."""
    return before + re.sub(r"([\\%_])", r"\\\1", text) + after
