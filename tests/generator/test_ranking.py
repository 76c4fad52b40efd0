"""Ranking of sentences, on vectors made by hand."""

import numpy as np
import pytest

from generator.verbatim.ranking import (
    ASPECT,
    FEATURES,
    LEANS,
    OPINION,
    Evidence,
    Floats,
    Weights,
    choose,
    features,
    weights_for,
)
from retriever.embedder import Vectors

ANY = Weights((), chosen_from=0.0, answered_from=1.0)
COLUMN = {name: index for index, name in enumerate(FEATURES)}


def directions(*degrees: float) -> Vectors:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def evidence(vectors: Vectors, review: list[int], polarity: list[float] | None = None) -> Evidence:
    zeros = np.zeros(len(vectors))
    leaning = zeros if polarity is None else np.array(polarity)
    return Evidence(vectors, np.array(review), np.array(review), leaning, leaning / 2)


def column(name: str, found: Floats) -> list[float]:
    return [round(float(value), 3) for value in found[:, COLUMN[name]]]


def test_agreement_counts_other_reviews_once_and_never_its_own() -> None:
    # The first two stand in one review, the next two in another; the last says something else.
    found = features(directions(0)[0], 0.0, evidence(directions(0, 5, 10, 15, 90), [1, 1, 2, 2, 3]))
    one = round(float(np.log1p(1)), 3)
    assert column("how many other reviews agree", found) == [one, one, one, one, 0]


def test_the_side_counts_only_where_the_question_takes_one() -> None:
    told = evidence(directions(0, 90), [1, 2], [1.0, -0.5])
    for stance, expected in ((0.9, [1.0, -0.5]), (-0.9, [-1.0, 0.5]), (LEANS / 2, [0.0, 0.0])):
        found = features(directions(0)[0], stance, told)
        assert column("the sentence leans as the question", found) == expected
        assert column("the rating leans as the question", found) == [value / 2 for value in expected]


def test_each_kind_of_question_has_its_weights() -> None:
    assert [weights_for(stance) for stance in (0.0, LEANS, -1.0)] == [ASPECT, OPINION, OPINION]
    assert len(ASPECT.features) == len(OPINION.features) == len(FEATURES)
    # More of what speaks for a sentence never makes it less likely.
    assert OPINION.features[COLUMN["the sentence leans as the question"]] > 0
    assert OPINION.features[COLUMN["the rating leans as the question"]] > 0
    assert ASPECT.features[COLUMN["nearness to the question"]] > 0


def test_the_likeliest_come_first_and_only_so_many() -> None:
    vectors = directions(0, 60, 120, 180)
    odds = np.array([0.5, 3.0, 2.0, -0.1])
    assert choose(odds, vectors, ANY, 8) == [1, 2, 0]
    assert choose(odds, vectors, ANY, 2) == [1, 2]


@pytest.mark.parametrize("odds", [[], [0.9, 0.5], [-3.0]])
def test_without_a_good_one_none_is_chosen(odds: list[float]) -> None:
    assert choose(np.array(odds), directions(*range(len(odds))), ANY, 8) == []


def test_what_says_the_same_is_left_out_and_what_is_near_waits() -> None:
    # The second repeats the first; the third is a little likelier than the fourth, but nearer to the first.
    vectors = directions(0, 10, 40, 120)
    assert choose(np.array([3.0, 2.9, 1.1, 1.0]), vectors, ANY, 8) == [0, 3, 2]
