"""Reading: the products, and the passages of one product that fit a question.

The search is exact: every passage of the product is compared, for an approximate index would lose rows behind
the filter. Its statements are in `retriever.statements`, what is done with the best in `retriever.choosing`.
"""

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

import numpy as np
from pgvector import Vector

from config.settings import RetrievalSettings, SearchMode
from database import Database
from retriever.choosing import choose, count_agreeing, standardized
from retriever.embedder import Embedder, Vectors
from retriever.harmful import marked_keys
from retriever.identity import check_embedder
from retriever.passage import Match, Passage, Product, Retrieval
from retriever.products import find_product, list_products
from retriever.reranker import Reranker
from retriever.stance import stance_of, unit
from retriever.statements import ASKED, Filter, Row, Weights, nearest, weighed, word_queries

# How many of the best passages are weighed against each other, if more than a few are asked for.
POOL = 100
MOST_WORDS = 64  # of a question, in the order of the alphabet: a column each, and a table has 1,600
# Chosen on SubjQA's training questions, on a wide plateau (docs/experiments.md).
HYBRID = Weights(similarity=1.0, overlap=0.7, lead=1.5, stance=3.0)
LEXICAL = Weights(similarity=0.0, overlap=1.0, lead=0.0, stance=0.0)
# A question leans this far or does not: between, it asks for an aspect.
LEANS_FROM = 0.5
POLARITY = 1.0  # what the words' own leaning counts, beside Weights.stance for the stars


class Retriever:
    """Finds products, and the passages of a product that fit a question.

    Safe to share between threads. Every method may raise DatabaseError.
    """

    def __init__(
        self, database: Database, embedder: Embedder, settings: RetrievalSettings = RetrievalSettings()
    ) -> None:
        """`settings` say the mode of a search that names none, its variety and its reranker."""
        self.database = database
        self.embedder = embedder
        self.settings = settings
        self._reranker = Reranker(settings.reranker) if settings.reranker else None

    def products(self, limit: int | None = None) -> list[Product]:
        """The products in the order in which they first appeared, the first `limit` or all."""
        return list_products(self.database, limit)

    def product(self, product_id: str) -> Product:
        """The product that has this id or name, as `retriever.products.product_key` finds it.

        Raises UnknownProduct, naming the closest.
        """
        with self.database.connection() as connection, connection.cursor() as cursor:
            return find_product(cursor, product_id)

    def search(
        self,
        product_id: str,
        question: str,
        k: int,
        *,
        min_rating: float | None = None,
        max_rating: float | None = None,
        since: date | None = None,
        until: date | None = None,
        language: str | None = None,
        mode: SearchMode | None = None,
        with_harmful: bool = False,
    ) -> list[Match]:
        """The k passages of the product that answer the question best; all, if fewer pass the filters.

        The product is named as for `product`. A text that several reviews have is found once; it passes the
        filters if one of these reviews passes all of them.

        Passages that are marked as harmful are not among them, and k others are found in their place, unless
        `with_harmful`: for who looks at them, never for a model.

        Ratings in stars, limits included; `language`: ISO 639-1. A review without the value passes no limit
        on it. `mode`: "dense" takes the nearest by the embedder's metric, "lexical" those with rare words in
        common (BM25); "hybrid" weighs both, and prefers the beginnings of reviews, praise or complaint if the
        question asks for it, and passages that differ from each other. None: the settings'. Equally good
        ones come in the order in which their texts arrived. Raises ValueError if k < 1, UnknownProduct,
        EmbedderMismatch, and ConfigError if a model cannot be loaded.
        """
        if k < 1:
            raise ValueError(f"k is {k}, expected at least 1")
        mode = mode or self.settings.mode
        filter = Filter(min_rating, max_rating, since, until, language, with_harmful)
        with self.database.connection() as connection, connection.cursor() as cursor:
            check_embedder(connection, self.embedder)
            product = find_product(cursor, product_id)
        # Between the transactions: embedding may take seconds, and there are few connections.
        vector = self.embedder.embed_question(question)
        if mode == "dense":
            return [_match(row) for row in self._rows(product, question, vector, k, filter, None, 0)]
        read = self.embedder.reads(question)
        leaning = self._leaning(vector) if mode == "hybrid" and read else 0.0
        weights = HYBRID if mode == "hybrid" and read else LEXICAL
        pool = max(POOL, 4 * k)
        rows = self._rows(product, question, vector, pool, filter, weights, leaning)
        return self._chosen(rows, question, k, leaning, self.settings.variety if mode == "hybrid" else 0.0)

    def retrieve(
        self,
        product_id: str,
        question: str,
        k: int,
        *,
        min_rating: float | None = None,
        max_rating: float | None = None,
        since: date | None = None,
        until: date | None = None,
        language: str | None = None,
    ) -> Retrieval:
        """`search` in the settings' mode, with its time. Loading the models is no part: that comes first."""
        self.load()
        started = time.perf_counter()
        matches = self.search(
            product_id,
            question,
            k,
            min_rating=min_rating,
            max_rating=max_rating,
            since=since,
            until=until,
            language=language,
        )
        return Retrieval(tuple(matches), time.perf_counter() - started)

    def load(self) -> None:
        """Load what the settings' mode needs; otherwise the first search does. Raises ConfigError."""
        self.embedder.load()
        if self.settings.mode == "hybrid":
            stance_of(self.embedder)
        if self._reranker:
            self._reranker.load()

    def _rows(
        self,
        product: Product,
        question: str,
        vector: Vectors,
        limit: int,
        filter: Filter,
        weights: Weights | None,
        leaning: float,
    ) -> list[Row]:
        """The best rows by weighed score, or by nearness alone without weights."""
        # Of vectors of length 1 the dot product is the cosine, and takes half the time.
        metric = "dot" if self.embedder.normalize else self.embedder.metric
        values = {"vector": Vector(vector).to_text(), "limit": limit, **asdict(filter)}
        with self.database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(ASKED, {"id": product.product_id, "question": question})
            found: tuple[int, list[str], bool, str, str, str] | None = cursor.fetchone()
            if found is None:  # replaced a moment ago
                return []
            values["product"], words = found[0], found[1][:MOST_WORDS]
            marked = marked_keys(cursor, found[0]) if found[2] and not filter.with_harmful else []
            values["marked_bodies"] = [body for body, _ in marked]
            values["marked_numbers"] = [number for _, number in marked]
            if weights is None:
                cursor.execute(nearest(metric, filter, bool(marked)), values)
            else:
                values |= {**asdict(weights), "stance": weights.stance * leaning, **word_queries(words)}
                cursor.execute(weighed(metric, filter, leaning != 0, len(words), bool(marked)), values)
            return [Row(*row) for row in cursor]

    def _leaning(self, question: Vectors) -> float:
        """From -1, a question for complaints, to 1, for praise; 0 if it leans little: for an aspect."""
        leaning = stance_of(self.embedder).of_question(unit(question))
        return leaning if abs(leaning) >= LEANS_FROM else 0.0

    def _chosen(
        self, rows: Sequence[Row], question: str, k: int, leaning: float, variety: float
    ) -> list[Match]:
        """The k best of the rows with what is known of them once their vectors and texts are at hand."""
        if not rows:
            return []
        vectors = unit(np.stack([_vector(row) for row in rows]))
        # Texts that the embedder does not read have one vector, and do not say the same.
        vectors[[not self.embedder.reads(row.text) for row in rows]] = 0
        scores = np.array([row.score for row in rows])
        if self._reranker:
            scores = standardized(self._reranker.scores(question, [row.text for row in rows]))
        if leaning:
            scores = scores + POLARITY * leaning * stance_of(self.embedder).of_sentences(vectors)
        reviews = {row.body: row.rows for row in rows}
        bodies, ratings = [row.body for row in rows], [row.rating for row in rows]
        return [
            _match(rows[i], float(scores[i]), count_agreeing(i, vectors, bodies, reviews, ratings))
            for i in choose(scores, vectors, k, variety)
        ]


def _match(row: Row, score: float | None = None, agreeing: int = 0) -> Match:
    return Match(Passage(*row[:8]), row.score if score is None else score, agreeing)


def _vector(row: Row) -> Vectors:
    assert row.vector is not None
    return Vector.from_binary(row.vector).to_numpy()
