"""Scores of chosen sentences: what scores well, and above all what must score badly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.evidence_scores import Judged, Scores, score

numbers = st.frozensets(st.integers(0, 9))


def judged(chosen: set[int], evidence: set[int], kind: str = "aspect") -> Judged:
    return Judged(kind, 10, chosen, evidence)


def test_a_choice_is_scored_by_what_it_hits_and_what_it_misses() -> None:
    one = judged({0, 1, 2, 3}, {2, 3, 4})
    assert (one.precision, one.recall) == (2 / 4, 2 / 3)
    assert one.f1 == pytest.approx(4 / 7)


@given(numbers, numbers)
def test_f1_is_the_harmonic_mean_and_perfect_only_for_the_same_sentences(
    chosen: frozenset[int], evidence: frozenset[int]
) -> None:
    one = Judged("like", 10, chosen, evidence)
    assert 0 <= one.f1 <= 1
    if one.precision and one.recall:
        assert one.f1 == pytest.approx(2 / (1 / one.precision + 1 / one.recall))
    assert (one.f1 == 1) == (chosen == evidence and bool(evidence))


@pytest.mark.parametrize(
    ("name", "chosen", "evidence"),
    [
        ("nothing, where there was an answer", set(), {1, 2}),
        ("only wrong sentences", {0, 3}, {1, 2}),
        ("everything, for one right sentence", set(range(10)), {1}),
    ],
)
def test_a_bad_choice_scores_badly(name: str, chosen: set[int], evidence: set[int]) -> None:
    assert judged(chosen, evidence).f1 < 0.2, name


def test_choosing_everything_never_says_that_the_reviews_do_not_tell() -> None:
    everything = set(range(10))
    scores = score([judged(everything, {1, 2}), judged(everything, set(), "unanswered")])
    assert (scores.recall, scores.abstention, scores.false_abstention) == (1, 0, 0)


def test_never_choosing_is_no_way_to_score() -> None:
    scores = score([judged(set(), {1, 2}), judged(set(), set(), "unanswered")])
    assert scores == Scores(0, 0, 0, abstention=1, false_abstention=1, kinds={"aspect": 0})


def test_means_are_over_questions_and_kinds_are_apart() -> None:
    scores = score(
        [
            judged({1}, {1}, "like"),
            judged({1}, {2}, "like"),
            judged({1}, {1}),
            judged({3}, set(), "unanswered"),
        ]
    )
    assert scores.f1 == pytest.approx(2 / 3)
    assert scores.kinds == {"like": 0.5, "aspect": 1}
    assert scores.abstention == 0


def test_what_was_not_asked_has_no_score() -> None:
    assert score([]) == Scores(None, None, None, None, None, {})
    assert score([judged({1}, {1})]).abstention is None
