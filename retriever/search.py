"""Reading: the products, and the passages of one product nearest to a question.

All SQL that reads passages for questions is here. The search is exact: every passage of the product
is compared, reached through the primary key; an approximate index would lose rows behind the filter.
"""

import difflib
import time
from datetime import date

from psycopg2.extensions import cursor as Cursor
from psycopg2.sql import SQL

from config.errors import UnknownProduct
from database import Database
from retriever.embedder import Embedder
from retriever.identity import check_embedder
from retriever.passage import Match, Passage, Product, Retrieval

# Distances, so smaller is nearer; <#> is the negative dot product.
OPERATORS = {"cosine": SQL("<=>"), "dot": SQL("<#>")}
SCORES = {"cosine": SQL("1 - distance"), "dot": SQL("-distance")}

NEAREST = SQL("""
    WITH nearest AS (
        SELECT passage.*, embedding {operator} %(vector)s AS distance
        FROM passage
        WHERE product = (SELECT product FROM product_alias WHERE alias = %(id)s)
        ORDER BY distance, review_id, number
        LIMIT %(k)s
    )
    SELECT product.product_id, nearest.review_id, number, nearest.text, rating, written_on, reviewer,
           nearest.content_hash, {score}
    FROM nearest
    JOIN review USING (product, review_id)
    JOIN product ON product.id = nearest.product
    ORDER BY distance, nearest.review_id, number
""")

PRODUCTS = """
    SELECT product_id, ids, coalesce(name, product_id), reviews, mean_rating
    FROM product,
    LATERAL (SELECT array_agg(alias ORDER BY alias <> product_id, alias) AS ids
             FROM product_alias WHERE product = product.id),
    LATERAL (SELECT count(*) AS reviews, avg(rating) AS mean_rating FROM review WHERE product = product.id)
"""
ALL_PRODUCTS = PRODUCTS + "ORDER BY product.id LIMIT %(limit)s"
ONE_PRODUCT = PRODUCTS + "WHERE product.id = (SELECT product FROM product_alias WHERE alias = %(id)s)"

ProductRow = tuple[str, list[str], str, int, float | None]
MatchRow = tuple[str, str, int, str, float | None, date | None, str | None, str, float]


class Retriever:
    """Finds products, and the passages of a product that fit a question.

    Safe to share between threads. Every method may raise DatabaseError.
    """

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self.database = database
        self.embedder = embedder

    def products(self, limit: int | None = None) -> list[Product]:
        """The products in the order in which they first appeared, the first `limit` or all."""
        with self.database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(ALL_PRODUCTS, {"limit": limit})
            return [_product(row) for row in cursor]

    def product(self, product_id: str) -> Product:
        """The product found by this id, any of its ids; raises UnknownProduct, naming the closest."""
        with self.database.connection() as connection, connection.cursor() as cursor:
            return _find(cursor, product_id)

    def search(self, product_id: str, question: str, k: int) -> list[Match]:
        """The k passages of the product nearest to the question, best first; fewer if it has fewer.

        Equally near ones come in the order of review id and number. Raises ValueError if k < 1,
        UnknownProduct, EmbedderMismatch, and ConfigError if the embedder cannot be loaded.
        """
        if k < 1:
            raise ValueError(f"k is {k}, expected at least 1")
        with self.database.connection() as connection, connection.cursor() as cursor:
            check_embedder(connection, self.embedder)
            product = _find(cursor, product_id)
        # Between the transactions: embedding may take seconds, and there are few connections.
        values = {"id": product.product_id, "vector": self.embedder.embed_question(question), "k": k}
        metric = self.embedder.metric
        statement = NEAREST.format(operator=OPERATORS[metric], score=SCORES[metric])
        with self.database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return [_match(row) for row in cursor]

    def retrieve(self, product_id: str, question: str, k: int) -> Retrieval:
        """`search` with its time. Loading the embedder is no part of it: that happens first."""
        self.embedder.load()
        started = time.perf_counter()
        matches = self.search(product_id, question, k)
        return Retrieval(tuple(matches), time.perf_counter() - started)


def _find(cursor: Cursor, product_id: str) -> Product:
    # PostgreSQL stores neither NUL nor lone surrogates, so an id with them is found nowhere.
    clean = product_id.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    cursor.execute(ONE_PRODUCT, {"id": clean})
    row: ProductRow | None = cursor.fetchone()
    if row is None:
        cursor.execute("SELECT alias, coalesce(name, alias) FROM product_alias JOIN product ON id = product")
        raise UnknownProduct(f"No product has the id '{clean}'. {_suggestion(clean, dict(cursor))}")
    return _product(row)


def _suggestion(product_id: str, names: dict[str, str]) -> str:
    """What to do about an unknown id, given the name of the product behind every known one."""
    if not names:
        return "There are no reviews yet; `python -m ingest FILE` brings them in."
    spelled = {alias.lower(): alias for alias in names}
    close = [spelled[found] for found in difflib.get_close_matches(product_id.lower(), spelled, n=3)]
    wanted = product_id.lower()
    close += [alias for alias, name in names.items() if wanted in name.lower() and alias not in close]
    if close:
        return f"Did you mean {' or '.join(f'{alias} ({names[alias]})' for alias in close[:3])}?"
    first, name = next(iter(names.items()))
    return f"None is close; there are {len(names)} ids, such as {first} ({name})."


def _product(row: ProductRow) -> Product:
    product_id, ids, name, reviews, mean_rating = row
    return Product(product_id, tuple(ids), name, reviews, mean_rating)


def _match(row: MatchRow) -> Match:
    return Match(Passage(*row[:-1]), score=row[-1])
