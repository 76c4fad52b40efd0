"""Scores that come from vectors alone: is it about the question, and does it lean the way that was asked?

Pure arithmetic on unit vectors and leanings; knows no embedder.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from compare.scores.expectation import Stance
from generator.verbatim.ranking import LEANS
from retriever.embedder import Vectors

# What leans less neither praises nor complains; chosen on the develop half of tests/golden/stance.yaml.
LEANING = 0.2

Side = Literal[-1, 0, 1]


def relevance(question: Vectors, claims: Sequence[Vectors]) -> float | None:
    """Mean cosine of the question and the answer's claims, -1 to 1, higher is better; None without claims.

    `question` and each claim: unit vectors of shape (dimension,). Nearness in subject: an answer that only
    repeats the question is near, and so is a wrong one.
    """
    return float(np.mean([claim @ question for claim in claims])) if claims else None


def side_of(stance: Stance | None, question: float) -> Side:
    """What is asked for: 1 praise, -1 complaints, 0 neither. `question`: how it leans, if nobody says."""
    if stance:
        return 1 if stance == "like" else -1
    return 0 if abs(question) < LEANS else 1 if question > 0 else -1


def right_side(side: Side, leanings: Sequence[float]) -> float | None:
    """Of the sentences that praise (1) or complain (-1), the share on `side`, 0 to 1, higher is better.

    None if the question asks for neither, or no sentence leans.
    """
    leaning = [value for value in leanings if abs(value) >= LEANING]
    return sum(value * side > 0 for value in leaning) / len(leaning) if side and leaning else None
