"""The spread of repeats beside that of questions."""

import numpy as np
import pytest

from compare.statistics import MEASURES, score_measure, stabilities
from tests.compare.statistics.made import each, rows_of

SCORE = score_measure("score", "score")


def test_by_hand() -> None:
    # Within: deviations of 0.1 around 0.2 and 0.8. Between: the means' variance is 0.18, less 0.02 / 2.
    rows = rows_of("score", {"a": {"p": [[0.1, 0.3], [0.7, 0.9]]}})
    (one,) = stabilities(rows, [SCORE])
    assert (one.questions, one.answers) == (2, 4)
    assert one.within == pytest.approx(0.02**0.5)
    assert one.between == pytest.approx(0.17**0.5)


def test_it_finds_the_spread_that_was_put_in_with_unlike_numbers_of_repeats() -> None:
    rng = np.random.default_rng(4)
    questions = [
        [float(of_question + rng.normal(0, 0.1)) for _ in range(2 + number % 4)]
        for number, of_question in enumerate(rng.normal(0, 0.3, 1000))
    ]
    (one,) = stabilities(rows_of("score", {"a": {"p": questions}}), [SCORE])
    assert one.within == pytest.approx(0.1, rel=0.05)
    assert one.between == pytest.approx(0.3, rel=0.1)


def test_ratios_are_shares() -> None:
    (one,) = stabilities(rows_of("e2e_s", {"a": {"p": [[10.0, 10.5], [100.0, 105.0]]}}), [MEASURES["e2e_s"]])
    assert one.within == pytest.approx(0.05 / 2**0.5, rel=0.03)


def test_repeats_that_differ_more_than_questions_leave_nothing_between() -> None:
    (one,) = stabilities(rows_of("score", {"a": {"p": [[0.0, 1.0], [1.0, 0.0]]}}), [SCORE])
    assert one.between == 0


def test_what_does_not_vary() -> None:
    (one,) = stabilities(rows_of("peak_rss_bytes", {"a": each(3, 4e9, 4e9)}), [MEASURES["peak_rss_bytes"]])
    assert (one.within, one.between) == (0, 0)


def test_one_question_or_no_repeats() -> None:
    (one,) = stabilities(rows_of("score", {"a": {"p": [[0.1, 0.2], [0.5]]}}), [SCORE])
    assert (one.questions, one.between) == (1, None)
    assert stabilities(rows_of("score", {"a": {"p": [[0.1], [0.5]]}}), [SCORE]) == []
