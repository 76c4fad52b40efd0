"""The products with what is known of each, read from the tables product and product_alias.

Knows nothing of passages or vectors: who only lists products need not wait for what searches.
"""

from datetime import date

from database import Database
from retriever.passage import Product

PRODUCTS = """
    SELECT product_id, ids, coalesce(name, product_id), reviews, mean_rating, brand, categories, ratings,
           first_on, last_on
    FROM product,
    LATERAL (SELECT array_agg(alias ORDER BY alias <> product_id, alias) AS ids
             FROM product_alias WHERE product = product.id)
"""

ProductRow = tuple[
    str, list[str], str, int, float | None, str | None, str | None, list[int], date | None, date | None
]


def list_products(database: Database, limit: int | None = None) -> list[Product]:
    """The products in the order in which they first appeared, the first `limit` or all.

    Raises DatabaseError.
    """
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(PRODUCTS + "ORDER BY product.id LIMIT %s", (limit,))
        return [product_of(row) for row in cursor]


def product_of(row: ProductRow) -> Product:
    """The product of a row of PRODUCTS."""
    product_id, ids, name, reviews, mean_rating, brand, categories, ratings, *dates = row
    return Product(
        product_id, tuple(ids), name, reviews, mean_rating, brand, categories, tuple(ratings), *dates
    )
