"""What the quality benchmark counts as a hit, on a data set that can be checked by eye."""

import csv
from pathlib import Path

import numpy as np
import pytest

from benchmarks.subjqa import NO_ANSWER, Span, read_subjqa

pytest.importorskip("bm25s", reason="a package of the benchmarks: pip install '.[bench]'")
from benchmarks.retrieval_quality import interval, place, recall, reciprocal_rank


def test_answerable_questions_and_all_reviews(tmp_path: Path) -> None:
    columns = ("item_id", "question", "review_id", "review", "human_ans_spans", "human_ans_indices")
    text = f"It is loud. {NO_ANSWER}"
    rows = {
        "train": [("A", "Is it big?", "r1", text, "It is", "(0, 5)")],
        "dev": [],
        "test": [
            ("A", "Is it loud?", "r2", text, NO_ANSWER, "(12, 26)"),
            ("A", "How loud?", "r2", text, "loud", "(6, 10)"),
            ("A", "How loud?", "r2", text, "It is loud", "(0, 10)"),
        ],
    }
    for split, lines in rows.items():
        with (tmp_path / f"{split}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([columns, *lines])
    found = read_subjqa(tmp_path, "test")
    assert found.reviews == {("A", "r1"): "It is loud.", ("A", "r2"): "It is loud."}
    (asked,) = found.questions
    assert (asked.question, asked.spans) == ("How loud?", {Span("r2", 6, 10), Span("r2", 0, 10)})


def test_where_a_passage_lies() -> None:
    review = "So  good &#34;he said&#34;. Then\nit broke."
    start, end = place(review, ['So good "he said".'], "Then it broke.")
    assert review[start:end] == "Then\nit broke."
    start, end = place(review, [], 'So good "he said".')
    assert review[start:end].startswith("So  good") and review[end - 1] == "."


def test_the_figures() -> None:
    hits = np.array([[0, 1, 0, 0], [0, 0, 0, 1]], float)
    assert (recall(hits, 1), recall(hits, 2), recall(hits, 4)) == (0, 0.5, 1)
    assert reciprocal_rank(hits) == pytest.approx((1 / 2 + 1 / 4) / 2)
    assert reciprocal_rank(np.zeros((1, 3))) == 0
    low, high = interval(np.array([1.0, 1.0, 1.0]), ["A", "A", "B"], np.random.default_rng(0))
    assert (low, high) == (1, 1)
    low, high = interval(np.array([0.0, 1.0] * 50), [str(n) for n in range(100)], np.random.default_rng(0))
    assert 0.35 < low < 0.45 < 0.55 < high < 0.65
