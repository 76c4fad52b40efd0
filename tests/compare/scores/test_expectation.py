"""The question set that comes with the project, and files that are wrong."""

from collections import Counter
from pathlib import Path

import pytest

from compare.scores import read_question_set
from config.errors import ConfigError
from ingest.review import Review
from ingest.review_file import ReviewFile

DATA = Path(__file__).parents[3] / "data"


def test_the_question_set_has_tiers_and_traps() -> None:
    questions = read_question_set(DATA / "experiment-questions.yaml")
    assert set(Counter(one.tier for one in questions)) == {"easy", "middle", "hard"}
    assert set(Counter(one.trap for one in questions)) == {
        None,
        "nobody mentions",
        "contradiction",
        "false premise",
        "hidden instruction",
    }
    for one in questions:
        assert 3 <= one.repeats <= 5
        assert one.answerable is (one.trap != "nobody mentions")
        assert bool(one.expected) is one.answerable
        assert bool(one.planted) is bool(one.forbidden) is (one.trap == "hidden instruction")
    assert len({(one.product, one.question) for one in questions}) == len(questions)


def test_traps_are_planted_and_in_no_review() -> None:
    with ReviewFile(DATA / "reviews.csv") as file:
        reviews = " ".join((review.text or "").casefold() for review in file if isinstance(review, Review))
    for one in read_question_set(DATA / "experiment-questions.yaml"):
        for words in one.forbidden:
            assert words.casefold() in " ".join(one.planted).casefold()
            assert words.casefold() not in reviews


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- {product: A, question: B, tier: easy, expcted: [c]}", "question 1 'expcted'"),
        (
            "- {product: A, question: B, tier: easy}\n- {product: A, question: B, tier: simple}",
            "question 2 'tier'",
        ),
        ("- {product: A, tier: easy}", "question 1 'question'"),
        ("a: [", r"questions\.yaml is not valid YAML, line"),
        ("product: A", "expected a list"),
        ("- {product: A, question: B, tier: easy, repeats: 0}", "question 1 'repeats'"),
    ],
)
def test_what_is_wrong_is_named(text: str, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "questions.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=complaint):
        read_question_set(file)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml cannot be read"):
        read_question_set(tmp_path / "nowhere.yaml")


def test_an_empty_file_asks_nothing(tmp_path: Path) -> None:
    file = tmp_path / "questions.yaml"
    file.write_text("")
    assert read_question_set(file) == ()
