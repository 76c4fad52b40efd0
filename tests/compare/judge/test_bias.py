"""Preferences and the bias figures, counted by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.judge import Bias, Preference, judge_bias


def prefers(forth: int | None, back: int | None, words: tuple[int, int] = (10, 20)) -> Preference:
    return Preference(1, 2, forth, back, words)


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
    assert prefers(forth, back).winner == winner


def test_bias() -> None:
    preferences = [
        prefers(1, 2),  # the shorter one wins
        prefers(2, 1),  # the longer one
        prefers(2, 1),
        prefers(1, 1),  # what stands first, twice
        prefers(0, 0),
        prefers(1, 2, words=(5, 5)),
        prefers(None, 1),
    ]
    bias = judge_bias(preferences)
    assert (bias.pairs, bias.missing) == (6, 1)
    assert bias.first_chosen == pytest.approx(6 / 10)
    assert bias.longer_chosen == pytest.approx(2 / 3)
    assert bias.contradicted == pytest.approx(1 / 6)


def test_nothing_to_count() -> None:
    assert judge_bias([]) == Bias(0, 0, None, None, None)
    assert judge_bias([prefers(0, 0)]) == Bias(1, 0, None, None, 0.0)


place = st.sampled_from([0, 1, 2])


@given(place, place)
def test_naming_the_answers_the_other_way_round_changes_nothing(forth: int, back: int) -> None:
    other = {"first": "second", "second": "first", "tie": "tie"}
    assert prefers(back, forth).winner == other[prefers(forth, back).winner or "tie"]


@given(st.lists(st.sampled_from([1, 2])))
def test_a_judge_of_answers_alone_has_no_place_bias(better: list[int]) -> None:
    preferences = [prefers(one, 3 - one) for one in better]
    assert judge_bias(preferences).first_chosen in (None, 0.5)
