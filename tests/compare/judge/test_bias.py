"""Verdicts and the bias figures, counted by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.judge import Bias, Verdict, judge_bias


def verdict(forth: int | None, back: int | None, words: tuple[int, int] = (10, 20)) -> Verdict:
    return Verdict(1, 2, forth, back, words)


@pytest.mark.parametrize(
    ("forth", "back", "winner"),
    [
        (1, 2, "first"),
        (2, 1, "second"),
        (1, 1, "tie"),
        (2, 2, "tie"),
        (0, 0, "tie"),
        (1, 0, "tie"),
        (0, 1, "tie"),
        (None, 1, None),
        (1, None, None),
    ],
)
def test_a_winner_wins_in_both_orders(forth: int | None, back: int | None, winner: str | None) -> None:
    assert verdict(forth, back).winner == winner


def test_bias() -> None:
    verdicts = [
        verdict(1, 2),  # the shorter one wins
        verdict(2, 1),  # the longer one
        verdict(2, 1),
        verdict(1, 1),  # what stands first, twice
        verdict(0, 0),
        verdict(1, 2, words=(5, 5)),
        verdict(None, 1),
    ]
    bias = judge_bias(verdicts)
    assert (bias.verdicts, bias.missing) == (6, 1)
    assert bias.first_chosen == pytest.approx(6 / 10)
    assert bias.longer_chosen == pytest.approx(2 / 3)
    assert bias.contradicted == pytest.approx(1 / 6)


def test_nothing_to_count() -> None:
    assert judge_bias([]) == Bias(0, 0, None, None, None)
    assert judge_bias([verdict(0, 0)]) == Bias(1, 0, None, None, 0.0)


place = st.sampled_from([0, 1, 2])


@given(place, place)
def test_naming_the_answers_the_other_way_round_changes_nothing(forth: int, back: int) -> None:
    other = {"first": "second", "second": "first", "tie": "tie"}
    assert verdict(back, forth).winner == other[verdict(forth, back).winner or "tie"]


@given(st.lists(st.sampled_from([1, 2])))
def test_a_judge_of_answers_alone_has_no_place_bias(better: list[int]) -> None:
    verdicts = [verdict(one, 3 - one) for one in better]
    assert judge_bias(verdicts).first_chosen in (None, 0.5)
