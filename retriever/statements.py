"""The statements of a search: every passage of one product is compared, exactly, and the best are returned.

Knows the tables and their indexes (database/migrations/0014_words.sql), and nothing of embedders. Values are
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
VECTORS = "vector_dims(embedding) <= 512"
LEXEMES = "octet_length(text) <= 400"
ALL_PASSAGES = """
    SELECT product, body, number, {what} FROM passage WHERE product = %(product)s AND {near}
    UNION ALL
    SELECT product, body, number, {what} FROM passage WHERE product = %(product)s AND NOT ({near})
"""
# The texts of which a row passes the conditions, with the mean stars of the rows that do. An index holds all
# of it.
ROWS = SQL("""
rows AS MATERIALIZED (
    SELECT body, avg(rating) AS rating FROM review
    WHERE product = %(product)s AND body IS NOT NULL {conditions} GROUP BY body
),
""")
# What is marked as harmful is known by its keys beforehand: so the covering indexes still answer alone.
UNMARKED = SQL("""
    (body, number) NOT IN (
        SELECT * FROM unnest(%(marked_bodies)s::bigint[], %(marked_numbers)s::integer[]))
""")

NEAREST = SQL("""
WITH {rows} best AS (
    SELECT product, body, number, score
    FROM ({passages}) AS passage {filter}
    ORDER BY score DESC, body, number
    LIMIT %(limit)s
)
""")

# Similarity and overlap of words (BM25, each word counted once) are expressed in standard deviations over the
# product's passages, so that their weights mean the same for every product and embedder.
WEIGHED = SQL("""
WITH {rows} candidate AS MATERIALIZED (
    SELECT product, body, number, similarity, {leaning} AS leaning
    FROM ({vectors}) AS passage {filter}
),
lexical AS MATERIALIZED (
    SELECT body, number, length(lexemes) AS size {hits} FROM ({lexemes}) AS passage
),
usual AS MATERIALIZED (
    SELECT greatest(avg(size)::float8, 1e-6) AS usual_size {rarities} FROM lexical
),
measured AS MATERIALIZED (
    SELECT candidate.*, ({overlap}) * 2.2 / (1 + 1.2 * (0.25 + 0.75 * size / usual_size)) AS overlap
    FROM candidate JOIN lexical USING (body, number), usual
),
best AS (
    SELECT product, body, number,
           %(similarity)s * (similarity - mean_similarity) / greatest(sd_similarity, 1e-6)
           + %(overlap)s * (overlap - mean_overlap) / greatest(sd_overlap, 1e-6)
           - %(lead)s * ln(1 + least(number, 7))
           + %(stance)s::float8 * leaning AS score
    FROM measured,
         (SELECT avg(similarity) AS mean_similarity, stddev_pop(similarity) AS sd_similarity,
                 avg(overlap) AS mean_overlap, stddev_pop(overlap) AS sd_overlap FROM measured)
    ORDER BY score DESC, body, number
    LIMIT %(limit)s
)
""")

# Of each word of the question: whether a passage has it, and how much that says (BM25's inverse frequency).
HIT = ", (lexemes @@ %(word_{0})s::tsquery)::integer AS hit_{0}"
RARITY = ", ln(1 + (count(*) - sum(hit_{0}) + 0.5) / (sum(hit_{0}) + 0.5))::float8 AS rarity_{0}"

# For each text the latest of its rows that pass the conditions speaks, and they are counted.
FOUND = SQL("""
SELECT product.product_id, latest.review_id, number, passage.text, latest.rating, latest.written_on,
       latest.reviewer, passage.content_hash, score, {vector}, body, latest.rows
FROM best
JOIN passage USING (product, body, number)
JOIN product ON product.id = best.product,
LATERAL (
    SELECT review_id, rating, written_on, reviewer, count(*) OVER () AS rows FROM review
    WHERE (review.product, review.body) = (best.product, best.body) {conditions}
    ORDER BY written_on DESC NULLS LAST, review_id LIMIT 1
) AS latest
ORDER BY score DESC, body, number
""")

# The product's key, the lexemes of the question, without stop words, as the passages' column has them, and
# whether any text of the product is marked as harmful.
# For the rest of the transaction rows are reached by product through an index, even where the planner, which
# does not count what reading whole vectors costs, would rather read the table; and what a statement notes of
# a product of 100,000 passages stays in memory.
ASKED = """
    SELECT product, tsvector_to_array(lexemes_of(%(question)s)),
           EXISTS (SELECT FROM harmful WHERE harmful.product = product_alias.product),
           set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
           set_config('work_mem', '64MB', true)
    FROM product_alias WHERE alias = %(id)s
"""

LEANING = "coalesce((rating - 3) / 2, 0)"  # -1, complaint, to 1, praise


class Row(NamedTuple):
    """A row of the two statements: a Passage, its score, and the vector's bytes where they were asked for.

    `body` is the key of the text, `rows` how many reviews that pass the filter have it.
    """

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
    body: int
    rows: int


@dataclass(frozen=True, slots=True)
class Filter:
    """Which passages count: those of reviews within the limits, limits included; None: no limit.

    Of a text that several reviews have, one of them must be within all limits. A review without the value
    passes no limit on it. `language`: ISO 639-1. `with_harmful`: also passages marked as harmful.
    """

    min_rating: float | None = None
    max_rating: float | None = None
    since: date | None = None
    until: date | None = None
    language: str | None = None
    with_harmful: bool = False

    def conditions(self) -> list[SQL]:
        """What of the table review must hold; bound to the names of the fields."""
        limits = (
            (self.min_rating, "rating >= %(min_rating)s"),
            (self.max_rating, "rating <= %(max_rating)s"),
            (self.since, "written_on >= %(since)s"),
            (self.until, "written_on <= %(until)s"),
            (self.language, "language = %(language)s"),
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

    `marked`: without those with the keys that are bound as `marked_bodies` and `marked_numbers`.
    """
    conditions = _conditions(filter)
    return NEAREST.format(
        rows=ROWS.format(conditions=conditions) if filter.conditions() else SQL(""),
        passages=_passages(SIMILARITIES[metric] + SQL(" AS score"), VECTORS),
        filter=_filter(bool(filter.conditions()), marked),
    ) + FOUND.format(vector=SQL("NULL"), conditions=conditions)


def weighed(metric: Metric, filter: Filter, by_stance: bool, words: int, marked: bool = False) -> Composable:
    """The `limit` passages with the highest weighed score, best first, with their vectors.

    `words` lexical queries are bound as `word_0`, `word_1`, …; `marked` as for `nearest`.
    """
    conditions = _conditions(filter)
    by_rows = by_stance or bool(filter.conditions())
    return WEIGHED.format(
        rows=ROWS.format(conditions=conditions) if by_rows else SQL(""),
        leaning=SQL(LEANING if by_stance else "0::float8"),
        vectors=_passages(SIMILARITIES[metric] + SQL(" AS similarity"), VECTORS),
        filter=_filter(by_rows, marked),
        lexemes=_passages(SQL("lexemes"), LEXEMES),
        hits=SQL("").join(SQL(HIT.format(n)) for n in range(words)),
        rarities=SQL("").join(SQL(RARITY.format(n)) for n in range(words)),
        overlap=SQL(" + ").join([SQL("0::float8"), *(SQL(f"hit_{n} * rarity_{n}") for n in range(words))]),
    ) + FOUND.format(vector=SQL("vector_send(embedding)"), conditions=conditions)


def word_queries(lexemes: list[str]) -> dict[str, str]:
    """Each lexeme as a `tsquery` that finds it, whatever characters it holds, by the name it is bound to."""
    doubled = str.maketrans({"\\": r"\\", "'": "''"})
    return {f"word_{n}": f"'{lexeme.translate(doubled)}'" for n, lexeme in enumerate(lexemes)}


def _passages(what: Composable, near: str) -> Composable:
    return SQL(ALL_PASSAGES).format(what=what, near=SQL(near))


def _conditions(filter: Filter) -> Composable:
    """What a row must hold beside its product."""
    return SQL(" ").join(SQL("AND ") + condition for condition in filter.conditions())


def _filter(by_rows: bool, marked: bool) -> Composable:
    return SQL(" JOIN rows USING (body)" if by_rows else "") + (
        SQL(" WHERE ") + UNMARKED if marked else SQL("")
    )
