"""Conditions that a run fails for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compare.plan.threshold import FIGURES, Threshold, check_thresholds
from compare.statistics import summarise
from tests.compare.rows import row

NAMES = st.text("abcdefghijklmnop0123456789.:-_", min_size=1, max_size=20)


@given(
    NAMES, st.sampled_from(FIGURES), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.integers(-9, 9)
)
def test_whatever_is_written_is_read(name: str, figure: str, comparison: str, number: int) -> None:
    for text in (f"{name}.{figure} {comparison} {number}", f"  {name}.{figure}{comparison}{number}e0 "):
        read = Threshold.parse(text)
        assert (read.contestant, read.figure, read.comparison, read.number) == (
            name,
            figure,
            comparison,
            number,
        )


@pytest.mark.parametrize(
    "text",
    ["", "a", "a.words", "a.words <", "words < 3", "a.words < b", "a.words << 3", "a.words < 1; exit()"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected one like"):
        Threshold.parse(text)


def test_medians_totals_and_scores_are_judged() -> None:
    rows = [row("m", ttft_s=ttft_s) for ttft_s in (1.0, 2.0, 9.0)]
    conditions = (
        "m.ttft_s > 2",
        "m.ttft_s >= 2",
        "m.load_s == 4",
        "m.groundedness < 0.5",
        "m.relevance < 0.5",
    )
    scores = {("m", "groundedness"): 0.25}
    judged = check_thresholds(map(Threshold.parse, conditions), summarise(rows), scores)
    assert [(one.value, one.failed) for one in judged] == [
        (2.0, False), (2.0, True), (4.0, True), (0.25, True), (None, True),
    ]  # fmt: skip
    assert str(judged[3]) == "m.groundedness < 0.5: it is 0.25"


def test_a_contestant_without_answers_fails() -> None:
    (judged,) = check_thresholds([Threshold.parse("m.words < 1")], [], {})
    assert judged.failed and "there is no such value" in str(judged)


def test_why_there_is_no_value_is_told() -> None:
    together = summarise([row("m", mode="throughput", shared=True), row("m", mode="throughput", shared=True)])
    conditions = ("m.ttft_s > 2", "m.words > 100", "m.judged_accuracy < 3", "n.words > 1")
    judged = check_thresholds(map(Threshold.parse, conditions), together, {})
    assert [one.failed for one in judged] == [True, False, True, True]
    assert "written several at a time have no times" in str(judged[0])
    assert "no judge marked" in str(judged[2])
    assert "n answered nothing" in str(judged[3])
    (marked,) = check_thresholds(
        [Threshold.parse("m.judged_accuracy < 3")], together, {("m", "judged_accuracy"): 3.5}
    )
    assert not marked.failed and str(marked) == "m.judged_accuracy < 3: it is 3.5"
