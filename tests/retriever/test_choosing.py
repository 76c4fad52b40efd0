"""Choosing a few passages out of many: the best, none that repeats another, and how many agree."""

import numpy as np
import pytest
from hypothesis import given, strategies

from retriever.choosing import choose, count_agreeing, standardized
from retriever.embedder import Vectors


def unit(*rows: list[float]) -> Vectors:
    vectors = np.array(rows, np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def test_without_variety_the_best() -> None:
    vectors = unit([1, 0], [1, 0], [0, 1])
    assert choose(np.array([1.0, 3.0, 2.0]), vectors, 2, 0) == [1, 2]
    assert choose(np.array([1.0, 1.0, 1.0]), vectors, 9, 0) == [0, 1, 2]


def test_with_variety_no_repetition_before_something_else() -> None:
    vectors = unit([1, 0], [1, 0.01], [0, 1])
    assert choose(np.array([3.0, 2.9, 2.0]), vectors, 3, 0) == [0, 1, 2]
    assert choose(np.array([3.0, 2.9, 2.0]), vectors, 3, 1.5) == [0, 2, 1]


@given(
    scores=strategies.lists(strategies.floats(-5, 5), min_size=1, max_size=12),
    k=strategies.integers(1, 15),
    variety=strategies.floats(0, 5),
)
def test_always_k_different_ones(scores: list[float], k: int, variety: float) -> None:
    vectors = unit(*np.random.default_rng(len(scores)).standard_normal((len(scores), 3)).tolist())
    order = choose(np.array(scores), vectors, k, variety)
    assert len(order) == len(set(order)) == min(k, len(scores))
    assert scores[order[0]] == max(scores)
    assert choose(np.array(scores), vectors, 1, variety) == order[:1]


def test_who_agrees() -> None:
    vectors = unit([1, 0], [1, 0.1], [1, 0.2], [1, 0.1], [0, 1], [1, 0])
    bodies, reviews = [1, 1, 2, 3, 4, 5], {1: 1, 2: 1, 3: 1, 4: 1, 5: 1}
    # Not its own review, not what is about something else, and not the opposite opinion.
    assert count_agreeing(0, vectors, bodies, reviews, [5, 5, 4, None, 5, 1]) == 2
    assert count_agreeing(0, vectors, bodies, reviews, [None] * 6) == 3
    # Who has the very text says the same.
    assert count_agreeing(0, vectors, bodies, reviews | {1: 10, 3: 20}, [5, 5, 4, None, 5, 1]) == 30


def test_standardized() -> None:
    assert standardized(np.array([1.0, 3.0])) == pytest.approx([-1, 1])
    assert standardized(np.array([2.0, 2.0])).tolist() == [0, 0]
