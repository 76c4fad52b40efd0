"""How likely each sentence belongs in the answer to a question: a weighted sum of what vectors tell.

Pure arithmetic on unit vectors; knows nothing of embedders, texts or prompts. The weights are those of a
logistic regression on made-up reviews (`benchmarks/extractive_weights.py`; the trials: docs/experiments.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retriever.embedder import Vectors

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

# Two sentences with this cosine say nearly the same, with the higher one the same.
AGREE = 0.55
REPEAT = 0.9
# How much a sentence loses by being near to one that is chosen already, in log-odds per cosine.
VARIETY = 0.5

# A question that leans at least so far asks for praise or complaint; any other asks for an aspect.
LEANS = 0.35

FEATURES = (
    "always",
    "nearness to the question",
    "nearness, compared with the nearest sentence",
    "nearness of the sentence's passage",
    "how many other reviews agree",
    "the sentence leans as the question",
    "the rating leans as the question",
)


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the FEATURES, and in log-odds: what a sentence needs to be chosen, and the best one so that there is
    an answer at all.
    """

    features: tuple[float, ...]
    chosen_from: float
    answered_from: float


ASPECT = Weights((-2.81, 10.64, -1.37, -1.04, 0.61, 0.0, 0.0), chosen_from=-0.5, answered_from=0.0)
OPINION = Weights((-0.82, 1.48, 0.62, 0.29, 0.29, 1.92, 0.71), chosen_from=-1.0, answered_from=-1.0)


def weights_for(stance: float) -> Weights:
    """The weights for a question of this stance, -1 to 1."""
    return OPINION if abs(stance) >= LEANS else ASPECT


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of n sentences, n > 0, before they are ranked.

    `vectors`: unit length, shape (n, dimension). `review`: equal numbers mark the same review; `passage`: the
    same passage. `polarity`: from -1, complaint, to 1, praise. `stars`: the same from the rating; 0 without.
    """

    vectors: Vectors
    review: Numbers
    passage: Numbers
    polarity: Floats
    stars: Floats


def features(question: Vectors, stance: float, evidence: Evidence) -> Floats:
    """The FEATURES of each sentence, shape (n, len(FEATURES)).

    `question`: a unit vector. `stance`: -1 asks for complaints, 0 for an aspect, 1 for praise.
    """
    near = (evidence.vectors @ question).astype(np.float64)
    side = np.sign(stance) if abs(stance) >= LEANS else 0.0
    columns = (
        np.ones_like(near),
        near,
        near - near.max(),
        _passage_means(near, evidence.passage),
        np.log1p(_agreeing(evidence)),
        side * evidence.polarity,
        side * evidence.stars,
    )
    return np.stack(columns, axis=1)


def _agreeing(evidence: Evidence) -> Floats:
    """How many other reviews hold a sentence that says nearly the same."""
    alike = evidence.vectors @ evidence.vectors.T >= AGREE
    others = evidence.review[:, np.newaxis] != evidence.review
    return np.array([np.unique(evidence.review[row]).size for row in alike & others], np.float64)


def _passage_means(values: Floats, passage: Numbers) -> Floats:
    _, index, counts = np.unique(passage, return_inverse=True, return_counts=True)
    return np.asarray((np.bincount(index, weights=values) / counts)[index])


def choose(log_odds: Floats, vectors: Vectors, weights: Weights, limit: int) -> Sequence[int]:
    """The sentences to quote, best first, at most `limit`, none that repeats another; maybe none at all.

    By maximal marginal relevance: each next one is likely, and unlike those before it.
    """
    if not log_odds.size or log_odds.max() < weights.answered_from:
        return []
    alike = vectors @ vectors.T
    left = [int(index) for index in np.flatnonzero(log_odds >= weights.chosen_from)]
    nearest = np.zeros_like(log_odds)
    order: list[int] = []
    while left and len(order) < limit:
        best = max(left, key=lambda index: (log_odds[index] - VARIETY * nearest[index], -index))
        order.append(best)
        nearest = np.maximum(nearest, alike[best])
        left = [index for index in left if index != best and nearest[index] < REPEAT]
    return order
