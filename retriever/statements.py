"""The statements of a search: every passage of one product is compared, exactly, and the best are returned.

Knows the tables and their indexes (database/migrations/0007_layout.sql), and nothing of embedders. Values are
bound; only fixed pieces of SQL are put together here.
"""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from psycopg2.sql import SQL, Composable

from config.settings import Metric

# The higher the nearer; <=> is the cosine distance, <#> the negative dot product.
SIMILARITIES = {"cosine": SQL("1 - (embedding <=> %(vector)s)"), "dot": SQL("-(embedding <#> %(vector)s)")}

# All passages of the product: those that a covering index holds, which is then read alone, and the others.
VECTORS = "vector_dims(embedding) <= 512 AND octet_length(review_id) <= 200"
LEXEMES = "octet_length(text) <= 400 AND octet_length(review_id) <= 200"
ALL_PASSAGES = """
    SELECT product, review_id, number, {what} FROM passage WHERE product = %(product)s AND {near}
    UNION ALL
    SELECT product, review_id, number, {what} FROM passage WHERE product = %(product)s AND NOT ({near})
"""
WITH_REVIEWS = SQL(" JOIN review USING (product, review_id)")
# What is marked as harmful is known by its keys beforehand: so the covering indexes still answer alone.
UNMARKED = SQL("""
    (review_id, number) NOT IN (
        SELECT * FROM unnest(%(marked_reviews)s::text[], %(marked_numbers)s::integer[]))
""")

NEAREST = SQL("""
WITH best AS (
    SELECT product, review_id, number, score
    FROM ({passages}) AS passage {filter}
    ORDER BY score DESC, review_id, number
    LIMIT %(limit)s
)
""")

# Similarity and overlap of words (BM25, each word counted once) are expressed in standard deviations over the
# product's passages, so that their weights mean the same for every product and embedder.
WEIGHED = SQL("""
WITH candidate AS MATERIALIZED (
    SELECT product, review_id, number, similarity, {leaning} AS leaning
    FROM ({vectors}) AS passage {filter}
),
lexical AS MATERIALIZED (
    SELECT review_id, number, length(lexemes) AS size {hits} FROM ({lexemes}) AS passage
),
usual AS MATERIALIZED (
    SELECT greatest(avg(size)::float8, 1e-6) AS usual_size {rarities} FROM lexical
),
measured AS MATERIALIZED (
    SELECT candidate.*, ({overlap}) * 2.2 / (1 + 1.2 * (0.25 + 0.75 * size / usual_size)) AS overlap
    FROM candidate JOIN lexical USING (review_id, number), usual
),
best AS (
    SELECT product, review_id, number,
           %(similarity)s * (similarity - mean_similarity) / greatest(sd_similarity, 1e-6)
           + %(overlap)s * (overlap - mean_overlap) / greatest(sd_overlap, 1e-6)
           - %(lead)s * ln(1 + least(number, 7))
           + %(stance)s::float8 * leaning AS score
    FROM measured,
         (SELECT avg(similarity) AS mean_similarity, stddev_pop(similarity) AS sd_similarity,
                 avg(overlap) AS mean_overlap, stddev_pop(overlap) AS sd_overlap FROM measured)
    ORDER BY score DESC, review_id, number
    LIMIT %(limit)s
)
""")

# Of each word of the question: whether a passage has it, and how much that says (BM25's inverse frequency).
HIT = ", (lexemes @@ %(word_{0})s::tsquery)::integer AS hit_{0}"
RARITY = ", ln(1 + (count(*) - sum(hit_{0}) + 0.5) / (sum(hit_{0}) + 0.5))::float8 AS rarity_{0}"

FOUND = SQL("""
SELECT product.product_id, review_id, number, passage.text, rating, written_on, reviewer,
       passage.content_hash, score, {vector}
FROM best
JOIN passage USING (product, review_id, number)
JOIN review USING (product, review_id)
JOIN product ON product.id = best.product
ORDER BY score DESC, review_id, number
""")

# The product's key, the lexemes of the question, without stop words, as the passages' column has them, and
# whether any text of the product is marked as harmful.
# For the rest of the transaction rows are reached by product through an index, even where the planner, which
# does not count what reading whole vectors costs, would rather read the table; and what a statement notes of
# a product of 100,000 passages stays in memory.
ASKED = """
    SELECT product, tsvector_to_array(to_tsvector('english', %(question)s)),
           EXISTS (SELECT FROM harmful WHERE harmful.product = product_alias.product),
           set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
           set_config('work_mem', '64MB', true)
    FROM product_alias WHERE alias = %(id)s
"""

LEANING = "coalesce((rating - 3) / 2, 0)"  # -1, complaint, to 1, praise


class Row(NamedTuple):
    """A row of the two statements: a Passage, its score, and the vector's bytes where they were asked for."""

    product_id: str
    review_id: str
    number: int
    text: str
    rating: float | None
    written_on: date | None
    reviewer: str | None
    content_hash: str
    score: float
    vector: memoryview | None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which passages count: those of reviews within the limits, limits included; None: no limit.

    A review without the value passes no limit on it. `with_harmful`: also passages marked as harmful.
    """

    min_rating: float | None = None
    max_rating: float | None = None
    since: date | None = None
    until: date | None = None
    with_harmful: bool = False

    def conditions(self) -> list[SQL]:
        """What of the table review must hold; bound to the names of the fields."""
        limits = (
            (self.min_rating, "rating >= %(min_rating)s"),
            (self.max_rating, "rating <= %(max_rating)s"),
            (self.since, "written_on >= %(since)s"),
            (self.until, "written_on <= %(until)s"),
        )
        return [SQL(condition) for limit, condition in limits if limit is not None]


@dataclass(frozen=True, slots=True)
class Weights:
    """What each piece of evidence counts.

    `similarity` and `overlap`: a standard deviation of each. `lead`: what the first passages of a review
    have over later ones. `stance`: the stars, from -1 to 1, once a question asks for complaint (-1) or
    praise (1).
    """

    similarity: float
    overlap: float
    lead: float
    stance: float


def nearest(metric: Metric, filter: Filter, marked: bool = False) -> Composable:
    """The `limit` passages nearest to `vector`, best first.

    `marked`: without those with the keys that are bound as `marked_reviews` and `marked_numbers`.
    """
    passages = _passages(SIMILARITIES[metric] + SQL(" AS score"), VECTORS)
    search = NEAREST.format(passages=passages, filter=_filter(filter.conditions(), marked))
    return search + FOUND.format(vector=SQL("NULL"))


def weighed(metric: Metric, filter: Filter, by_stance: bool, words: int, marked: bool = False) -> Composable:
    """The `limit` passages with the highest weighed score, best first, with their vectors.

    `words` lexical queries are bound as `word_0`, `word_1`, …; `marked` as for `nearest`.
    """
    conditions = filter.conditions()
    return WEIGHED.format(
        leaning=SQL(LEANING if by_stance else "0::float8"),
        vectors=_passages(SIMILARITIES[metric] + SQL(" AS similarity"), VECTORS),
        filter=_filter(conditions or [SQL("true")] if by_stance else conditions, marked),
        lexemes=_passages(SQL("lexemes"), LEXEMES),
        hits=SQL("").join(SQL(HIT.format(n)) for n in range(words)),
        rarities=SQL("").join(SQL(RARITY.format(n)) for n in range(words)),
        overlap=SQL(" + ").join([SQL("0::float8"), *(SQL(f"hit_{n} * rarity_{n}") for n in range(words))]),
    ) + FOUND.format(vector=SQL("vector_send(embedding)"))


def word_queries(lexemes: list[str]) -> dict[str, str]:
    """Each lexeme as a `tsquery` that finds it, whatever characters it holds, by the name it is bound to."""
    doubled = str.maketrans({"\\": r"\\", "'": "''"})
    return {f"word_{n}": f"'{lexeme.translate(doubled)}'" for n, lexeme in enumerate(lexemes)}


def _passages(what: Composable, near: str) -> Composable:
    return SQL(ALL_PASSAGES).format(what=what, near=SQL(near))


def _filter(of_reviews: list[SQL], marked: bool) -> Composable:
    conditions = [*of_reviews, UNMARKED] if marked else of_reviews
    return (WITH_REVIEWS if of_reviews else SQL("")) + (
        SQL(" WHERE ") + SQL(" AND ").join(conditions) if conditions else SQL("")
    )
