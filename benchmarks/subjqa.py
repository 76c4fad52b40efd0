"""SubjQA: real questions about products, with the answers that people marked in reviews. Knows its CSV files.

Only questions with at least one marked answer are of use here: the others say nothing about what should be
found.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SPLITS = ("train", "dev", "test")
NO_ANSWER = "ANSWERNOTFOUND"


@dataclass(frozen=True, slots=True)
class Span:
    """A marked answer: characters `start` to `end` of the review."""

    review_id: str
    start: int
    end: int


@dataclass(slots=True)
class Asked:
    """A question about a product; `spans` answer it."""

    product_id: str
    question: str
    spans: set[Span] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class SubjQA:
    """Reviews of all splits by product and id, in their order, and the answerable questions of one split."""

    reviews: dict[tuple[str, str], str]
    questions: list[Asked]


def read_subjqa(folder: Path, split: str) -> SubjQA:
    """Read the train.csv, dev.csv and test.csv of a folder; raises FileNotFoundError without them."""
    reviews: dict[tuple[str, str], str] = {}
    asked: dict[tuple[str, str], Asked] = {}
    for name in SPLITS:
        for row in _rows(folder / f"{name}.csv"):
            key = row["item_id"], row["review_id"]
            reviews.setdefault(key, row["review"].removesuffix(NO_ANSWER).rstrip())
            if name == split and row["human_ans_spans"] != NO_ANSWER:
                start, end = json.loads("[" + row["human_ans_indices"].strip("()") + "]")
                question = row["item_id"], row["question"]
                asked.setdefault(question, Asked(*question)).spans.add(Span(row["review_id"], start, end))
    return SubjQA(reviews, list(asked.values()))


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
