"""Which sentences answer is right by construction, whatever is drawn; and the prompts are the product's."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.answer import ABSTENTION, is_abstention
from generator.citations import citation_groups
from generator.verbatim.verbatim import same_words
from training.examples import PASSAGE_SIZE, PASSAGES, Example, Line, Mode, compose
from training.phrases import Phrase, Question, load_products, load_questions

PRODUCTS = load_products()
QUESTIONS = load_questions()

seeds = st.integers(0, 2**32)


def drawn(seed: int, mode: Mode) -> list[Example]:
    return compose(PRODUCTS, QUESTIONS, random.Random(seed), mode)


@given(seeds)
@settings(deadline=None)
def test_exactly_the_lines_with_a_fitting_claim_answer(seed: int) -> None:
    for example in drawn(seed, "verbatim"):
        question = example.question
        for number, line in enumerate(example.lines, start=1):
            fits = any(
                phrase.stance in question.stances and question.aspect in (None, phrase.aspect)
                for phrase in line.phrases
            )
            assert (number in example.answering) == fits
        if question.kind in ("foreign", "absent"):
            assert example.choice == "[0]"
        if question.kind in ("like", "aspect_plus"):
            assert question.stances == ("plus",)


@given(seeds)
@settings(deadline=None)
def test_questions_about_one_set_of_reviews_come_together(seed: int) -> None:
    examples = drawn(seed, "verbatim")
    assert len(examples) == 3
    assert len({example.lines for example in examples}) == 1


@given(seeds)
@settings(deadline=None)
def test_a_choice_names_the_first_that_answer_and_no_more_than_asked_for(seed: int) -> None:
    for example in drawn(seed, "verbatim"):
        numbers = [int(number) for number in example.choice.strip("[]").split("][")]
        assert numbers == list(example.answering[: example.limit]) or (
            numbers == [0] and not example.answering
        )


@given(seeds)
@settings(deadline=None)
def test_each_sentence_of_a_free_answer_stands_in_the_passage_that_it_cites(seed: int) -> None:
    for example in drawn(seed, "free"):
        text = example.answer(random.Random(seed))
        if not example.answering:
            assert text == ABSTENTION
            continue
        assert not is_abstention(text)
        position = text.index(': "') + 2
        groups = citation_groups(text)
        assert groups
        for group in groups:
            (number,) = group.numbers
            passage = " ".join(line.text for line in example.lines if line.review + 1 == number)
            assert same_words(text[position : group.start]) in same_words(passage)
            position = group.end


@given(seeds)
@settings(deadline=None)
def test_passages_are_as_many_and_as_long_as_the_product_shows(seed: int) -> None:
    for example in drawn(seed, "free"):
        reviews = {line.review for line in example.lines}
        assert reviews == set(range(len(reviews)))
        assert len(reviews) <= PASSAGES
        for review in reviews:
            texts = [line.text for line in example.lines if line.review == review]
            assert len(" ".join(texts)) <= PASSAGE_SIZE


def test_the_prompts_ask_and_number_every_line_or_passage() -> None:
    (choosing, *_), (answering, *_) = drawn(1, "verbatim"), drawn(1, "free")
    (message,) = choosing.choice_messages()
    assert choosing.question.text in message.content
    assert f"\n[{len(choosing.lines)}] " in message.content
    assert f"\n[{len(choosing.lines) + 1}] " not in message.content
    (message,) = answering.answer_messages()
    assert answering.question.text in message.content
    assert f"\n[{answering.lines[-1].review + 1}] " in message.content


@pytest.mark.parametrize(
    ("stances", "lead"),
    [
        (("plus", "minus"), "Opinions differ:"),
        (("plus", "neutral"), "Customers say:"),
    ],
)
def test_an_answer_says_whether_opinions_differ(stances: tuple[str, ...], lead: str) -> None:
    lines = tuple(
        Line(f"Zip {stance}!", (Phrase("", "zip", stance),), 0, 3.0)  # type: ignore[arg-type]
        for stance in stances
    )
    question = Question("How is the zip?", "aspect", "zip", ("plus", "minus", "neutral"))
    assert Example(question, lines).answer(random.Random(0)) == (
        f'{lead} "Zip {stances[0]}" [1]. "Zip {stances[1]}" [1].'
    )
