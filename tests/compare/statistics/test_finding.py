"""The sentence about one figure."""

from dataclasses import replace

import pytest

from compare.statistics import (
    MEASURES,
    Comparison,
    Estimate,
    Measure,
    Needed,
    compare,
    finding,
    score_measure,
)
from tests.compare.statistics.made import Values, each, observed

SCORE = score_measure("groundedness", "grounded")
REPETITION = score_measure("repetition", "repeated", "lower")
SPEED = MEASURES["decode_tok_s"]
TIME = MEASURES["ttft_s"]
WORDS = MEASURES["words"]


def seen(
    measure: Measure, value: float, low: float | None, high: float | None, p: float = 0.001
) -> Comparison:
    """20 questions about 10 products."""
    return Comparison(
        measure,
        "mistral",
        "llama",
        estimate=Estimate(value, low, high, 20, 10),
        left_out=0,
        effect=1.0,
        share_better=0.5,
        p=p,
        p_holm=p,
    )


@pytest.mark.parametrize(
    ("comparison", "outcome", "text"),
    [
        (seen(SPEED, 1.8, 1.62, 2.0), "better", "mistral writes 1.80 x as fast as llama (1.62 to 2.00)"),
        (seen(SPEED, 0.5, 0.4, 0.625), "better", "llama writes 2.00 x as fast as mistral (1.60 to 2.50)"),
        (
            seen(TIME, 0.5, 0.4, 0.625),
            "better",
            "mistral needs 0.50 x the time of llama to the first word (0.40 to 0.62)",
        ),
        (
            seen(SCORE, -0.08, -0.14, -0.02),
            "better",
            "llama is 0.08 higher than mistral in 'grounded' (0.02 to 0.14)",
        ),
        (
            seen(REPETITION, -0.3, -0.4, -0.2),
            "better",
            "mistral is 0.30 lower than llama in 'repeated' (0.20 to 0.40)",
        ),
        (seen(WORDS, -42.3, -60, -24.6), "differs", "llama writes 42 words more than mistral (25 to 60)"),
        (
            seen(SPEED, 0.05, 0.04, 0.0625),
            "better",
            "llama writes 20.0 x as fast as mistral (16.0 to 25.0)",
        ),
    ],
)
def test_who_is_better_by_how_much(comparison: Comparison, outcome: str, text: str) -> None:
    found = finding(comparison)
    assert (found.outcome, found.text) == (outcome, text)
    assert found.winner == (text.split()[0] if outcome == "better" else None)


def test_no_winner_by_noise_but_how_many_questions_would_do() -> None:
    one = replace(seen(SCORE, 0.02, -0.05, 0.09, p=0.5), needed=Needed(86, 43))
    found = finding(one)
    assert (found.outcome, found.winner) == ("undecided", None)
    assert found.text == (
        "grounded: mistral and llama are not distinguishable with 20 questions about 10 products "
        "(difference +0.02, -0.05 to +0.09); about 86 would do"
    )
    assert finding(replace(one, needed=Needed(1234, 617))).text.endswith("; about 1,200 would do")
    assert finding(replace(one, needed=None)).text.endswith("; more than 10,000 would do")


def test_a_difference_among_many_looks_is_no_winner() -> None:
    one = replace(seen(SPEED, 1.2, 1.05, 1.37, p=0.01), p_holm=0.24, looked_at=24, needed=Needed(40, 20))
    assert finding(one).outcome == "undecided"
    assert finding(one).text.endswith("about 40 would do; of 24 comparisons, one like this may be chance")


def test_what_does_not_matter_is_no_difference() -> None:
    found = finding(seen(SPEED, 1.005, 1.001, 1.009))
    assert (found.outcome, found.text) == (
        "same",
        "tokens/s: mistral and llama differ by less than 2% (ratio 1.00, 1.00 to 1.01)",
    )
    assert finding(seen(SPEED, 1.005, 0.97, 1.04, p=0.8)).outcome == "undecided"
    assert finding(seen(SCORE, 0.0, -0.019, 0.019, p=0.9)).outcome == "same"
    assert finding(seen(WORDS, 0.5, 0.1, 0.9)).outcome == "same"


def judged(measure: Measure, values: Values) -> tuple[str, str]:
    found = finding(compare(observed(values), measure, "a", "b"))
    return found.outcome, found.text


def test_without_spread() -> None:
    equal = judged(SCORE, {"a": each(10, 1.0), "b": each(10, 1.0)})
    assert equal == ("same", "grounded: a and b are equal on each of 10 questions")
    constant = judged(MEASURES["peak_rss_bytes"], {"a": each(2, 3e9), "b": each(2, 4e9)})
    assert constant == ("better", "a takes 0.75 x the memory of b (the same for every product)")
    few = judged(SCORE, {"a": each(2, 1.0), "b": each(2, 0.0)})
    assert few == (
        "undecided",
        "grounded: a and b are not distinguishable with 2 questions about 2 products "
        "(difference +1.00, the same for every product)",
    )


def test_one_product_has_no_verdict() -> None:
    outcome, text = judged(SPEED, {"a": {"p": [[9.0], [8.0]]}, "b": {"p": [[3.0], [2.0]]}})
    assert outcome == "undecided"
    assert (
        text == "tokens/s: a and b were compared on one product, which tells nothing of others (ratio 3.46)"
    )


def test_what_was_left_out_is_said() -> None:
    values: Values = {"a": each(10, 1.0), "b": each(9, 1.0)}
    assert judged(SCORE, values)[1].endswith("; 1 question left out, to which not both have a value")
