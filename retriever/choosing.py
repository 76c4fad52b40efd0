"""From many passages that fit a question to the few that answer it together.

Pure arithmetic on scores and unit vectors; knows nothing of texts, SQL or embedders.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from retriever.embedder import Vectors

Floats = NDArray[np.float64]

AGREE = 0.6  # Passages with this cosine say nearly the same, if their stars do not differ by more than
OPPOSED = 2.0


def choose(scores: Floats, vectors: Vectors, k: int, variety: float) -> list[int]:
    """The numbers of k passages, or of all if there are fewer: each the best of what is left.

    A passage loses `variety` times its highest cosine with those chosen before it (maximal marginal
    relevance). Shapes (n,) and (n, dimension); equal ones in the order given.
    """
    nearest = np.full(len(scores), -np.inf)
    left = np.ones(len(scores), bool)
    order: list[int] = []
    while len(order) < min(k, len(scores)):
        worth = scores - (variety * nearest if order else 0)
        best = int(np.argmax(np.where(left, worth, -np.inf)))
        order.append(best)
        left[best] = False
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return order


def count_agreeing(
    chosen: int,
    vectors: Vectors,
    bodies: Sequence[int],
    reviews: Mapping[int, int],
    ratings: Sequence[float | None],
) -> int:
    """How many other reviews have a passage that says the same or nearly what the chosen one says.

    `bodies`: each passage's text; `reviews`: how many reviews have a text.
    """
    own = ratings[chosen]
    alike = np.flatnonzero(vectors @ vectors[chosen] >= AGREE).tolist()
    agreeing = {
        bodies[i]
        for i in alike
        if own is None or ratings[i] is None or abs(own - (ratings[i] or 0)) < OPPOSED
    }
    return sum(reviews[body] for body in agreeing | {bodies[chosen]}) - 1


def standardized(scores: Floats) -> Floats:
    """The scores in standard deviations from their mean; all 0 if they are equal."""
    return np.asarray((scores - scores.mean()) / max(float(scores.std()), 1e-6))
