"""Words, citations and rates of an answer."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import Answer
from generator.answer import count_words
from generator.citations import cited_numbers
from generator.measured import Memory, Timing
from generator.verbatim.sentences import Sentence
from retriever.passage import Match


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        (" \n ... — !?", 0),
        ("It works, mostly.", 3),
        ("I can't e-mail.", 4),
        ("Der Akku hält 3,5 Stunden für 1.299 €!", 7),
        ("Größe, Maß & Straßenschuhgröße", 3),
        # One segment for each ideograph and hiragana, one for a run of katakana.
        ("電池が長い。", 5),
        ("バッテリー", 1),
        ("👍🏽 👨‍👩‍👧‍👦 great 🎉", 1),
        ("cafe\u0301 cre\u0300me", 2),
        ("Good [1][2].", 3),
        ("snake_case 4K 10,000", 3),
    ],
)
def test_words_are_those_of_unicode(text: str, words: int) -> None:
    assert count_words(text) == words


@given(st.lists(st.from_regex(r"[a-zäöü]{1,8}|[0-9]{1,5}", fullmatch=True)))
def test_plain_words_are_counted_one_by_one(words: list[str]) -> None:
    assert count_words(" ".join(words)) == len(words)
    assert count_words("; ".join(words)) == len(words)


@pytest.fixture
def make_answer(make_match: Callable[..., Match]) -> Callable[..., Answer]:
    def make(text: str, passages: int = 3, e2e_s: float | None = 2.0) -> Answer:
        return Answer(
            model="m",
            question="?",
            text=text,
            matches=tuple(make_match(number) for number in range(passages)),
            dropped=0,
            stop_reason="end",
            timing=Timing(e2e_s, e2e_s, e2e_s, 10, 0, 2, 1),
            memory=Memory(1, None, 0, 0, 0),
            predicted_bytes=1,
            load_s=0,
            queue_s=0,
            mode="measured",
            shared=False,
        )

    return make


def test_citations_are_those_of_passages_each_once_in_order(make_answer: Callable[..., Answer]) -> None:
    answer = make_answer("Sturdy [3], light [1][3]. Dear [4]; blue [0] or [12]. See [a], [], [-1], [1234].")
    assert answer.citations == (3, 1)
    assert answer.invalid_citations == (4, 0, 12)


def test_several_citations_may_share_a_bracket(make_answer: Callable[..., Answer]) -> None:
    answer = make_answer("Sturdy [2, 1], light [1,3]. Dear [3 , 12]. See [1,], [,2], [1 2], [1, b].")
    assert answer.citations == (2, 1, 3)
    assert answer.invalid_citations == (12,)
    assert make_answer("The reviews do not say [1, 2].").abstained


def test_of_a_choice_the_quoted_passages_are_cited_whatever_a_quotation_holds(
    make_answer: Callable[..., Answer],
) -> None:
    quotes = (Sentence(3, 0, 23, "The reviews do not say."), Sentence(1, 0, 13, "I gave it [9]"))
    text = '"The reviews do not say." [3]'
    answer = replace(make_answer(text), answers="verbatim", quotes=quotes)
    assert (answer.citations, answer.invalid_citations, answer.abstained) == ((3, 1), (), False)


def test_without_passages_every_citation_is_invalid(make_answer: Callable[..., Answer]) -> None:
    answer = make_answer("Sturdy [1].", passages=0)
    assert answer.citations == ()
    assert answer.invalid_citations == (1,)


@given(st.lists(st.integers(0, 999)))
def test_every_cited_number_is_found_once(numbers: list[int]) -> None:
    text = "so ".join(f"[{number}]" for number in numbers)
    found = cited_numbers(text)
    assert set(found) == set(numbers)
    assert len(found) == len(set(numbers))


def test_words_per_second_are_words_over_latency(make_answer: Callable[..., Answer]) -> None:
    assert make_answer("It works [1].", e2e_s=2.0).words_per_s == 1.5
    assert make_answer("", e2e_s=None).words_per_s is None


@pytest.mark.parametrize(
    ("text", "abstained"),
    [
        ("The reviews do not say.", True),
        ("the reviews do not say", True),
        ("  “The reviews do not say.”\n", True),
        ("**The reviews do not say** [1][2].", True),
        ("The reviews don\u2019t say [1]!", True),
        ("THE REVIEWS DO NOT SAY", True),
        ("", False),
        ("The reviews do not say. But it is probably loud [1].", False),
        ("The reviews do not say how loud it is.", False),
        ('A customer wrote "The reviews do not say."', False),
        ("The reviews do say.", False),
    ],
)
def test_that_the_reviews_do_not_say_is_recognised(
    text: str, abstained: bool, make_answer: Callable[..., Answer]
) -> None:
    assert make_answer(text).abstained == abstained
