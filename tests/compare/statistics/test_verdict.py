"""The sentence about a whole run."""

import random

from compare.statistics import MEASURES, compare_rows, score_measure, verdict
from generator.log.answer_log import Row
from tests.compare.rows import row

SPEED, WORDS = MEASURES["decode_tok_s"], MEASURES["words"]
SCORE = score_measure("score", "grounded")


def run(
    speeds: dict[str, float], scores: dict[str, float] | None = None, products: int = 10, spread: float = 0.1
) -> list[Row]:
    """Two questions about each product, deterministic noise."""
    rng = random.Random(1)
    return [
        row(
            name.removesuffix(":verbatim"),
            contestant=name,
            answers="verbatim" if name.endswith(":verbatim") else "free",
            product_id=f"p{product}",
            question=question,
            decode_tok_s=speed * rng.uniform(1 - spread, 1 + spread),
        )
        | {"score": (scores or {}).get(name, 0.5) + rng.uniform(-spread, spread)}
        for name, speed in speeds.items()
        for product in range(products)
        for question in ("q", "r")
    ]


def test_two_contestants() -> None:
    rows = run({"mistral": 8.0, "llama": 4.0})
    said = verdict(compare_rows(rows, [SPEED, SCORE]))
    assert said.startswith("mistral writes ")
    assert " x as fast as llama (1." in said
    assert "; not distinguishable with 20 questions about 10 products in grounded (" in said
    assert said.endswith(" would do) (2 comparisons, judged together).")


def test_the_first_of_many_is_told_from_the_next() -> None:
    rows = run({"a": 2.0, "b": 8.0, "c": 4.0}, {"a": 0.9})
    said = verdict(compare_rows(rows, [SPEED, SCORE]))
    assert said.startswith("b writes ") and " x as fast as c (the next best; " in said
    assert "; a is 0." in said and " (6 comparisons, judged together)." in said


def test_who_lost_is_not_first_and_among_the_others_it_is_open() -> None:
    said = verdict(compare_rows(run({"a": 8.0, "b": 8.0, "c": 4.0}), [SPEED, SCORE]))
    assert said == (
        "a or b is first in tokens/s; nobody is clearly first in grounded (6 comparisons, judged together)."
    )


def test_free_and_verbatim_answers_have_a_first_each() -> None:
    rows = run({"a": 8.0, "b": 4.0, "a:verbatim": 40.0, "b:verbatim": 20.0})
    said = verdict(compare_rows(rows, [SPEED]))
    assert said.count(" writes ") == 2
    assert said.startswith("a writes ") and "; a:verbatim writes " in said


def test_one_product() -> None:
    rows = run({"a": 8.0, "b": 4.0}, products=1)
    assert verdict(compare_rows(rows, [SPEED])) == (
        "All questions were about one product, which tells nothing of others: no verdict (one comparison)."
    )


def test_nothing_to_compare() -> None:
    assert verdict(compare_rows(run({"a": 8.0}), [SPEED])).startswith("There is nothing to compare")


def test_figures_without_a_better_are_passed_over() -> None:
    assert verdict(compare_rows(run({"a": 8.0, "b": 4.0}), [WORDS])) == (
        "No figure has a better and a worse (one comparison)."
    )


def test_a_model_that_failed_midway() -> None:
    rows = run({"a": 8.0, "b": 4.0})[:-5]
    said = verdict(compare_rows(rows, [SPEED]))
    assert said.startswith("a writes ")
    assert said.endswith("(one comparison; up to 5 questions left out, to which not both have a value).")


def test_who_beats_each_other_in_a_circle_is_not_first() -> None:
    # Each pair has products of its own, so that a beats b, b beats c and c beats a.
    rows = [
        row(name, product_id=f"{pair}{product}", decode_tok_s=speed * (1 + product / 100))
        for pair in ("ab", "bc", "ca")
        for name, speed in zip(pair, (8.0, 4.0), strict=True)
        for product in range(6)
    ]
    said = verdict(compare_rows(rows, [SPEED]))
    assert said.startswith("nobody is clearly first in tokens/s (3 comparisons, judged together; up to 12 ")


def test_noise_is_no_first() -> None:
    names = "abcd"
    winners = 0
    for seed in range(40):
        rng = random.Random(seed)
        rows = [
            row(name, product_id=f"p{product}", decode_tok_s=rng.uniform(4, 8), ttft_s=rng.uniform(1, 2))
            for name in names
            for product in range(10)
        ]
        said = verdict(compare_rows(rows, [SPEED, MEASURES["ttft_s"]]))
        winners += any(said.startswith(f"{name} ") and "the next best" in said for name in names)
    assert winners == 0
