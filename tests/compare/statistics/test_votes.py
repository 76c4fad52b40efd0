"""Votes become win rates, and a ranking where they support one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from compare.statistics import Vote, WinRate, ranking, win_rates
from compare.statistics.votes import wilson


def votes(a: str, b: str, wins: int, losses: int = 0, ties: int = 0, bad: int = 0) -> list[Vote]:
    return [
        *[Vote(a, b, "a", blind=True)] * wins,
        *[Vote(a, b, "b", blind=True)] * losses,
        *[Vote(a, b, "tie", blind=True)] * ties,
        *[Vote(a, b, "bad", blind=True)] * bad,
    ]


@settings(max_examples=50)
@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_interval(trial: tuple[int, int]) -> None:
    wins, n = trial
    expected = stats.binomtest(wins, n).proportion_ci(0.95, method="wilson")
    assert wilson(wins / n, n) == pytest.approx((expected.low, expected.high))


def test_a_tie_is_half_a_win_and_both_bad_is_none() -> None:
    (rate,) = win_rates(votes("a", "b", wins=6, losses=2, ties=2, bad=5))
    assert (rate.wins, rate.losses, rate.ties, rate.both_bad, rate.rate) == (6, 2, 2, 5, 0.7)
    assert rate.low and rate.high and (rate.low, rate.high) == pytest.approx(wilson(0.7, 10))


def test_the_side_does_not_matter() -> None:
    turned = votes("b", "a", wins=2, losses=6, ties=1)
    assert win_rates(turned) == win_rates(votes("a", "b", wins=6, losses=2, ties=1))


def test_both_bad_alone_is_no_rate() -> None:
    assert win_rates(votes("a", "b", 0, bad=3)) == [WinRate("a", "b", 0, 0, 0, 3, None, None, None, None)]


def test_whoever_sees_the_names_votes_for_names() -> None:
    seen = [Vote("a", "b", "a", blind=False)] * 5
    assert win_rates(seen) == []
    assert win_rates(seen, blind_only=False)[0].wins == 5


def test_nobody_wins_against_itself() -> None:
    with pytest.raises(ValueError, match="a and itself"):
        win_rates([Vote("a", "a", "tie", blind=True)])


def test_p_agrees_with_the_interval() -> None:
    for wins in range(21):
        (rate,) = win_rates(votes("a", "b", wins, 20 - wins))
        assert rate.low is not None and rate.high is not None and rate.p is not None
        assert (rate.p <= 0.05) == (not rate.low <= 0.5 <= rate.high)


def ranked(*pairs: list[Vote]) -> tuple[str, ...] | None:
    return ranking(win_rates([vote for pair in pairs for vote in pair]))


def test_a_ranking_where_each_beats_the_next() -> None:
    assert ranked(votes("a", "b", 5, 45), votes("a", "c", 45, 5)) == ("b", "a", "c")
    assert ranked(votes("a", "b", 40, 10), votes("b", "c", 40, 10), votes("a", "c", 6, 4)) == ("a", "b", "c")


def test_no_ranking_without_support() -> None:
    assert ranked() is None
    assert ranked(votes("a", "b", 6, 4)) is None
    # c lost to both of them, but which of these is first is open.
    assert ranked(votes("a", "b", 26, 24), votes("a", "c", 45, 5), votes("b", "c", 45, 5)) is None
    # Each beats one of the others.
    assert ranked(votes("a", "b", 45, 5), votes("b", "c", 45, 5), votes("c", "a", 45, 5)) is None


def test_among_many_pairs_one_may_be_chance() -> None:
    alone = votes("a", "b", 15, 5)
    assert ranked(alone) == ("a", "b")
    others = [votes(f"x{n}", f"y{n}", 1, 1) for n in range(5)]
    first = win_rates([vote for pair in (alone, *others) for vote in pair])
    assert first[0].p and first[0].p <= 0.05
    assert ranking(first) is None
