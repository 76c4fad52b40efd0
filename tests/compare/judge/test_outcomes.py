"""How often a judge prefers one contestant, counted by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.judge import Outcome, Preference, Rating, mark_columns, outcomes
from tests.compare.rows import row

PRODUCTS = ("P1", "P2", "P3")


def prefers(first: int, second: int, forth: int | None, back: int | None) -> Preference:
    return Preference(first, second, forth, back, (3, 3))


def two(winners: list[tuple[int | None, int | None]]) -> list[Outcome]:
    """Pairs of answers of a and b, one for each product in turn."""
    rows = [
        row(name, answer_id=2 * number + index, product_id=PRODUCTS[number % 3], repeat=number // 3)
        for number in range(len(winners))
        for index, name in enumerate(("a", "b"))
    ]
    names = {one["answer_id"]: str(one["model"]) for one in rows}
    said = [prefers(2 * n, 2 * n + 1, *winner) for n, winner in enumerate(winners)]
    turned = [Preference(one.second, one.first, one.back, one.forth, one.words) for one in said]
    found = list(outcomes(said, rows, names))
    assert found == list(outcomes(turned, rows, names)), "it matters who is named first"
    return found


def test_wins_ties_and_losses_with_products_as_what_is_counted() -> None:
    (one,) = two([(1, 2), (2, 1), (1, 1), (1, 2), (0, 0), (None, 1)])
    assert (one.a, one.b) == ("a", "b")
    assert (one.wins, one.losses, one.ties, one.missing) == (2, 1, 2, 1)
    # P1: won twice; P2: lost and tied, one question; P3: a tie, and one without a verdict.
    assert one.rate.value == pytest.approx((1 + 0.25 + 0.5) / 3)
    assert (one.rate.n, one.rate.n_clusters) == (3, 3)
    assert (one.rate.low, one.rate.high) == (0.0, 1.0), "cut off at the ends"


def test_nothing_said_is_no_rate() -> None:
    (one,) = two([(None, 1)])
    assert (one.rate, one.missing) == (None, 1)
    assert outcomes([], [], {}) == ()


@given(st.lists(st.tuples(st.sampled_from([None, 0, 1, 2]), st.sampled_from([None, 0, 1, 2])), min_size=1))
def test_every_pair_is_counted_once(winners: list[tuple[int | None, int | None]]) -> None:
    (one,) = two(winners)
    assert one.wins + one.losses + one.ties + one.missing == len(winners)
    assert one.rate is None or 0 <= one.rate.value <= 1


def test_marks_have_a_column_for_each_dimension() -> None:
    marks = {
        "accuracy": 5,
        "coherence": 4,
        "completeness": 3,
        "complexity": 2,
        "plausibility": 1,
        "originality": 1,
    }
    columns = mark_columns(Rating(1, marks))
    assert columns["judged_accuracy"] == 5 and list(columns.values()) == list(marks.values())
    assert set(mark_columns(None).values()) == set(mark_columns(Rating(1, None)).values()) == {None}
