"""What each contestant reaches."""

import random

import pytest

from compare.statistics import MEASURES, levels, score_measure, summarise
from tests.compare.rows import row
from tests.compare.statistics.made import each, rows_of

SPEED = MEASURES["decode_tok_s"]
SCORE = score_measure("score", "score")


def test_the_median_is_the_tables_and_the_mean_geometric() -> None:
    rng = random.Random(3)
    rows = [row("a", product_id=f"p{n % 8}", decode_tok_s=rng.uniform(1, 9)) for n in range(24)]
    (level,) = levels(rows, [SPEED])
    assert level.median.value == summarise(rows)[0].figures["decode_tok_s"].median
    assert level.median.low and level.median.low < level.median.value
    (of_two,) = levels([row("a", decode_tok_s=2.0), row("a", decode_tok_s=8.0)], [SPEED])
    assert of_two.median.value == 5
    assert of_two.mean.value == pytest.approx(4)


def test_scores_have_arithmetic_means() -> None:
    (level,) = levels(rows_of("score", {"a": {"p": [[0.0, 1.0]], "q": [[1.0]]}}), [SCORE])
    assert level.mean.value == 0.75
    assert (level.mean.n, level.mean.n_clusters) == (3, 2)


def test_a_constant_figure_stays_exactly_what_it_is() -> None:
    (level,) = levels(rows_of("peak_rss_bytes", {"a": each(10, 4_300_000_001)}), [MEASURES["peak_rss_bytes"]])
    assert (level.median.value, level.median.low) == (4_300_000_001, None)


def test_missing_values_are_counted_and_who_has_none_is_left_out() -> None:
    rows = rows_of("score", {"a": {"p": [[0.5, None]]}, "b": {"p": [[None]]}})
    (level,) = levels(rows, [SCORE])
    assert (level.contestant, level.mean.n, level.missing) == ("a", 1, 1)
