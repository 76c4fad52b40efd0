"""The random passages of the benchmarks: what was filled in is found, and brute force agrees."""

import numpy as np

from benchmarks.random_passages import BIG, PER_PRODUCT, fill
from benchmarks.retrieval_speed import measure
from database import Database


def test_a_small_run(database: Database) -> None:
    filled = fill(database, 1400, 600, np.random.default_rng(0))
    assert sorted(np.bincount(filled.products)[1:].tolist()) == [PER_PRODUCT] * 4 + [600]
    for product in (BIG, 2):
        assert set(filled.search(product, 7)) == filled.nearest(product, 7)
        assert all(filled.products[row] == product for row in filled.search(product, 7, "hybrid"))
    figures = measure(filled, 20, seconds=0.2)
    assert figures["recall"] == figures["big_product_recall"] == 1.0
    assert all(isinstance(figure, float) and figure > 0 for figure in figures.values())
