"""Two contestants on the same questions."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compare.statistics import MEASURES, Observation, compare, compare_rows, observations, score_measure
from compare.statistics.holm import holm
from tests.compare.rows import row
from tests.compare.statistics.made import Values, each, observed, rows_of

SCORE = score_measure("score", "score")
SPEED = MEASURES["decode_tok_s"]


def test_differences_are_paired_by_question_and_averaged_by_product() -> None:
    # Products differ by far more than contestants do; the differences are 0.1 and 0.3, and 0.2.
    one = compare(
        observed(
            {
                "a": {"p": [[0.2, 0.4], [0.5]], "q": [[0.9]]},
                "b": {"p": [[0.2], [0.2]], "q": [[0.6, 0.8]]},
            }
        ),
        SCORE,
        "a",
        "b",
    )
    assert one.estimate.value == pytest.approx(0.2)
    assert (one.estimate.n, one.estimate.n_clusters, one.left_out) == (3, 2, 0)
    assert one.effect == pytest.approx(0.2 / 0.1)
    assert one.share_better == 1


def test_speeds_are_ratios_of_geometric_means() -> None:
    # The repeats' mean is 4; 2 times as fast, and 4.5 times: 3 times.
    one = compare(observed({"a": {"p0": [[2.0, 8.0]], "p1": [[9.0]]}, "b": each(2, 2.0)}), SPEED, "a", "b")
    assert one.estimate.value == pytest.approx(3)
    low, high = one.estimate.low, one.estimate.high
    assert low and high and low * high == pytest.approx(9)


@settings(max_examples=40)
@given(st.lists(st.lists(st.floats(0.01, 1), min_size=2, max_size=2), min_size=2, max_size=8))
def test_turned_round_it_says_the_same(pairs: list[list[float]]) -> None:
    found = observed(
        {name: {str(i): [[pair[n]]] for i, pair in enumerate(pairs)} for n, name in enumerate("ab")}
    )
    for measure in (SCORE, SPEED):
        one, other = compare(found, measure, "a", "b"), compare(found, measure, "b", "a").turned()
        assert (one.first, one.second) == (other.first, other.second)
        assert one.estimate.value == pytest.approx(other.estimate.value)
        assert one.estimate.low == pytest.approx(other.estimate.low)
        assert one.share_better == pytest.approx(other.share_better)
        assert one.p == pytest.approx(other.p)


def test_the_order_of_the_answers_does_not_matter() -> None:
    rng = random.Random(1)
    found = [
        Observation(name, f"p{product}", f"q{question}", repeat, rng.random())
        for name in "ab"
        for product in range(5)
        for question in range(2)
        for repeat in range(3)
    ]
    shuffled = rng.sample(found, len(found))
    one, other = (compare(some, SCORE, "a", "b").estimate for some in (found, shuffled))
    assert other.value == pytest.approx(one.value)
    assert other.high == pytest.approx(one.high)


def test_only_what_both_answered_is_compared_and_the_rest_is_counted() -> None:
    # b failed at the last product, lacks a value at another, and at p0 nobody has one.
    values: Values = {
        "a": {"p0": [[None]], "p1": [[0.5]], "p2": [[0.5]], "p3": [[0.5]]},
        "b": {"p0": [[None]], "p1": [[0.5]], "p2": [[math.nan]]},
    }
    one = compare(observed(values), SCORE, "a", "b")
    assert (one.estimate.n, one.left_out) == (1, 2)


def test_no_speed_of_zero_has_a_ratio() -> None:
    one = compare(observed({"a": {"p0": [[0.0]], "p1": [[4.0]]}, "b": each(2, 2.0)}), SPEED, "a", "b")
    assert (one.estimate.value, one.left_out) == (2, 1)


def test_nothing_in_common_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="must hold a value"):
        compare(observed({"a": {"p": [[1.0]]}, "b": {"q": [[1.0]]}}), SCORE, "a", "b")
    assert compare_rows(rows_of("score", {"a": {"p": [[1.0]]}, "b": {"q": [[1.0]]}}), [SCORE]) == []
    assert compare_rows([], [SCORE]) == []


def test_all_equal() -> None:
    one = compare(observed({"a": each(10, 0.8, 0.7), "b": each(10, 0.7, 0.8)}), SCORE, "a", "b")
    assert (one.estimate.value, one.estimate.low, one.p, one.found) == (0, None, None, False)
    assert (one.effect, one.share_better, one.needed) == (None, 0.5, None)


def test_a_constant_difference_is_found_by_its_sign_alone() -> None:
    few, many = (
        compare(observed({"a": each(n, 0.3), "b": each(n, 0.1 + 0.1)}), SCORE, "a", "b") for n in (5, 6)
    )
    assert (few.p, few.found) == (2 / 2**5, False)
    assert (many.p, many.found, many.estimate.low) == (2 / 2**6, True, None)


def test_all_pairs_of_all_figures_are_looked_at_together() -> None:
    rng = random.Random(2)
    rows = [
        row(
            name,
            product_id=f"p{product}",
            decode_tok_s=speed * rng.uniform(0.9, 1.1),
            ttft_s=rng.uniform(1, 2),
        )
        for name, speed in {"a": 8, "b": 4, "c": 4}.items()
        for product in range(10)
    ]
    made = compare_rows(rows, [SPEED, MEASURES["ttft_s"]])
    assert [(one.measure.key, one.first, one.second) for one in made] == [
        (key, *pair) for key in ("decode_tok_s", "ttft_s") for pair in ("ab", "ac", "bc")
    ]
    assert {one.looked_at for one in made} == {6}
    assert [one.found for one in made] == [True, True, False, False, False, False]
    ratio = made[0].estimate
    assert ratio.low and ratio.high and 1.8 < ratio.low < ratio.value < ratio.high < 2.2
    assert [one.p_holm for one in made] == holm([one.p for one in made])
    # Four are still open, and what would do for one of these is to hold among so many.
    alone = compare_rows(rows, [MEASURES["ttft_s"]])
    for one, by_itself in zip(made[3:], alone, strict=True):
        assert one.estimate == by_itself.estimate
    assert made[2].needed != compare_rows(rows, [SPEED])[2].needed


def test_speeds_of_choosing_and_of_writing_are_not_compared() -> None:
    rows = [row("a"), row("a", answers="verbatim", contestant="a:verbatim"), row("b")]
    keys = ("decode_tok_s", "abstained")
    made = compare_rows(rows, [MEASURES[key] for key in keys])
    assert [(one.measure.key, one.first, one.second) for one in made] == [
        ("decode_tok_s", "a", "b"),
        ("abstained", "a", "a:verbatim"),
        ("abstained", "a", "b"),
        ("abstained", "a:verbatim", "b"),
    ]


def test_timings_of_shared_cores_and_answers_that_broke_off_do_not_count() -> None:
    rows = [
        row("a", decode_tok_s=8.0),
        row("a", decode_tok_s=1.0, shared=True),
        row("a", decode_tok_s=1.0, stop_reason="cancelled"),
        row("b", decode_tok_s=4.0),
    ]
    assert compare_rows(rows, [SPEED])[0].estimate.value == pytest.approx(2)
    assert compare_rows([row("a", shared=True), row("b")], [SPEED]) == []


def test_every_measure_of_the_log_reads_its_column() -> None:
    made = compare_rows([row("a", quotes=[{}, {}]), row("b", words=1)], list(MEASURES.values()))
    values = {one.measure.key: one.estimate.value for one in made}
    # A plausible row reasons no tokens, and both do not.
    assert values.keys() == MEASURES.keys()
    assert (values["sentences"], values["words"], values["peak_rss_bytes"]) == (2, 2, 1)


def test_a_contestant_may_be_named_by_its_row() -> None:
    rows = [row("a", contestant="a before"), row("a", contestant="a after")]
    (one,) = compare_rows(rows, [SPEED])
    assert (one.first, one.second) == ("a after", "a before")
    before_runs_had_names = [row("a", contestant=None), row("a", contestant=None, answers="verbatim")]
    assert [one.contestant for one in observations(before_runs_had_names, SPEED)] == ["a", "a:verbatim"]
