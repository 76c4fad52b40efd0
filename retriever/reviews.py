"""Whole reviews in place of passages, for who wants to read them as the published experiment did.

Knows the tables review and body; how passages are found is the Retriever's.
"""

from collections.abc import Sequence
from dataclasses import replace

from retriever.harmful import marked_reviews
from retriever.passage import Match, Retrieval, prose
from retriever.search import Retriever

# Reviews have several passages: so many more are searched for than reviews are wanted.
_AHEAD = 4

_TEXTS = """
    SELECT review_id, title, text, content_hash
    FROM product
    JOIN review ON review.product = product.id
    JOIN body ON (body.product, body.id) = (review.product, review.body)
    WHERE product.product_id = %s AND review_id = ANY (%s)
"""


def retrieve_reviews(retriever: Retriever, product_id: str, question: str, k: int) -> Retrieval:
    """The k reviews of the product that answer the question best, each whole; all, if there are fewer.

    A review with a passage that is marked as harmful is left out: whole, it would bring that along.
    A review is as good as its best passage (MaxP: Dai and Callan, "Deeper Text Understanding for IR with
    Contextual Neural Language Modeling", SIGIR 2019). Each is one Match: its text is the review's title and
    text, its number 0, its score the best passage's. Raises what `Retriever.search` raises.
    """
    wanted, seconds = _AHEAD * k, 0.0
    harmful = marked_reviews(retriever.database, product_id)
    while True:
        found = retriever.retrieve(product_id, question, wanted)
        seconds += found.retrieval_s
        best: dict[str, Match] = {}
        for match in found.matches:
            if match.passage.review_id not in harmful:
                best.setdefault(match.passage.review_id, match)
        if len(best) >= k or len(found.matches) < wanted:
            return Retrieval(_whole(retriever, list(best.values())[:k]), seconds)
        wanted *= _AHEAD


def _whole(retriever: Retriever, matches: list[Match]) -> tuple[Match, ...]:
    if not matches:
        return ()
    product_id = matches[0].passage.product_id
    with retriever.database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(_TEXTS, (product_id, [match.passage.review_id for match in matches]))
        texts = {
            review_id: (prose(title, text), content_hash) for review_id, title, text, content_hash in cursor
        }
    return tuple(
        replace(
            match,
            passage=replace(
                match.passage,
                number=0,
                text=texts[match.passage.review_id][0],
                content_hash=texts[match.passage.review_id][1],
            ),
        )
        for match in matches
        # One that was replaced a moment ago is no longer there to be shown.
        if match.passage.review_id in texts
    )


def review_titles(retriever: Retriever, matches: Sequence[Match]) -> dict[str, str]:
    """The titles of the reviews of these matches, all of one product, by review id, where there is one."""
    if not matches:
        return {}
    product_id = matches[0].passage.product_id
    with retriever.database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(_TEXTS, (product_id, [match.passage.review_id for match in matches]))
        return {review_id: title for review_id, title, _, _ in cursor if title}
