"""What would be stored wrongly without a word: each was, once."""

import json
from pathlib import Path
from typing import Any

import pytest

from ingest import LeftOut, Review, ReviewFile
from ingest.mapping import FileMapping


def read(tmp_path: Path, text: str, name: str = "reviews.csv", **told: Any) -> tuple[list[Review], list[str]]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with ReviewFile(path, FileMapping(**told)) as file:
        rows = list(file)
        assert all(isinstance(row, Review | LeftOut) for row in rows), rows
        return [row for row in rows if isinstance(row, Review)], list(file.remarks())


REVIEWS = [
    {"product": "K", "text": "Boils fast and pours well.", "rating": 5, "user": "Ann", "replies": []},
    {
        "product": "K", "text": "It leaks.", "rating": 1, "user": "Cy",
        "replies": [
            {"text": "We are very sorry to hear that, please write to us.", "user": "Shop"},
            {"text": "Mine leaks too, from the very first day.", "user": "Wu"},
            {"text": "So does mine, and the shop has never answered.", "user": "Vi"},
        ],
    },
]  # fmt: skip
COMMENTED = [
    {"text": one["text"], "rating": one["rating"], "product": "K", "comments": one["replies"]}
    for one in REVIEWS
]


@pytest.mark.parametrize(
    "document",
    [
        REVIEWS,
        {"reviews": REVIEWS},
        COMMENTED,
        {"product": {"id": "K"}, "reviews": COMMENTED},
        {"questions": REVIEWS[1]["replies"], "reviews": REVIEWS},
        {"reviews": REVIEWS, "replies": REVIEWS[1]["replies"]},
        {"reviews": REVIEWS, "related_reviews": [{**REVIEWS[0], "product": "Other"}] * 3},
    ],
)
def test_what_stands_within_or_beside_reviews_is_none(document: object, tmp_path: Path) -> None:
    found, _ = read(tmp_path, json.dumps(document), "reviews.json", product="K")
    assert [(one.text, one.rating) for one in found] == [("Boils fast and pours well.", 5), ("It leaks.", 1)]


@pytest.mark.parametrize(
    ("column", "hidden", "shown"),
    [
        ("hidden", "yes", "no"), ("is_hidden", "1", "0"), ("deleted", "1", "0"), ("visible", "0", "1"),
        ("approved", "no", "yes"), ("moderation", "rejected", "approved"), ("comment_approved", "0", "1"),
        ("comment_approved", "spam", "1"), ("published", "false", "true"), ("status", "Hidden", "Active"),
    ],
)  # fmt: skip
def test_hidden_reviews_are_left_out(column: str, hidden: str, shown: str, tmp_path: Path) -> None:
    text = f"product,text,rating,{column}\nK,It leaks badly.,1,{hidden}\nK,It boils fast.,5,{shown}\n"
    found, remarks = read(tmp_path, text)
    assert [one.text for one in found] == ["It boils fast."]
    assert any("hidden by the source" in remark for remark in remarks)


def test_the_review_s_own_rating_wins_over_the_product_s(tmp_path: Path) -> None:
    text = "product,rating,review_rating,review\nK,4.4,5,It boils fast.\nK,4.4,1,It leaks badly.\n"
    found, _ = read(tmp_path, text)
    assert [one.rating for one in found] == [5, 1]


@pytest.mark.parametrize("values", [(1, 6), (1, 2, 3, 4, 5, 6, 7), (10, 20, 50), (0, 1, 2), (1, 2) * 20])
def test_scales_that_a_file_does_not_tell_cost_the_stars(values: tuple[int, ...], tmp_path: Path) -> None:
    rows = "".join(f"K,{value},Review number {n} of it.\n" for n, value in enumerate(values))
    found, remarks = read(tmp_path, "product,rating,text\n" + rows)
    assert [one.rating for one in found] == [None] * len(values)
    assert [one.rating_given for one in found] == list(map(str, values))
    assert any("the scale is open" in remark and "--rating-scale" in remark for remark in remarks)


def test_a_name_that_may_be_either_s_is_nobody_s(tmp_path: Path) -> None:
    text = "product_id,name,text,rating\n1,Anna Smith,It boils fast.,5\n2,Bob Jones,It leaks.,1\n"
    found, remarks = read(tmp_path, text)
    assert [(one.listing.name, one.reviewer) for one in found] == [(None, None)] * 2
    assert any("--column reviewer=name" in remark for remark in remarks)


def test_a_text_that_was_taken_for_its_length_is_said(tmp_path: Path) -> None:
    text = "product,content,comment,rating\nK,It leaks.,We are sorry and will write to you soon.,1\n"
    _, remarks = read(tmp_path, text)
    assert any("'comment' is taken" in remark and "--column text=content" in remark for remark in remarks)


def test_headers_and_blanks_among_rows_are_left_out(tmp_path: Path) -> None:
    text = "product,text,rating\nK,It boils fast.,5\nproduct,text,rating\n,,\nK,It leaks.,1\n"
    found, remarks = read(tmp_path, text)
    assert [one.text for one in found] == ["It boils fast.", "It leaks."]
    assert sum("left out" in remark for remark in remarks) == 2


def test_ids_that_a_spreadsheet_shortened_are_said(tmp_path: Path) -> None:
    _, remarks = read(tmp_path, "product_id,text\n1.23E+12,It boils fast.\n1.23E+12,It leaks.\n")
    assert any("different ids may have become one" in remark for remark in remarks)
