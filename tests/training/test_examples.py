"""Which sentences answer is right by construction, whatever is drawn; and the prompt is the product's."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.toys import QUESTIONS, toy_products
from training.encoding import Encoder, batch_of, prompt_text
from training.examples import Example, compose
from training.phrase_bank import load_products
from training.scores import always_all, score
from training.vocabulary import END, FIRST_NUMBER, NUMBERS, build_vocabulary

PRODUCTS = load_products()
VOCABULARY = build_vocabulary([way for ways in QUESTIONS.model_dump().values() for way in ways], words=0)
ENCODER = Encoder(VOCABULARY)

seeds = st.integers(0, 2**32)


def drawn(seed: int) -> list[Example]:
    return compose(PRODUCTS, QUESTIONS, random.Random(seed))


@given(seeds)
@settings(deadline=None)
def test_exactly_the_lines_with_a_fitting_claim_answer(seed: int) -> None:
    for example in drawn(seed):
        question = example.question
        for number, line in enumerate(
            example.lines[: example.answer[-1] if example.answer else None], start=1
        ):
            fits = any(
                phrase.stance in question.stances and question.aspect in (None, phrase.aspect)
                for phrase in line.phrases
            )
            assert (number in example.answer) == fits
        assert len(example.answer) <= example.limit
        if question.kind == "foreign":
            assert not example.answer
        if question.kind in ("like", "aspect_plus"):
            assert question.stances == ("plus",)


@given(seeds)
@settings(deadline=None)
def test_questions_about_one_set_of_reviews_come_together(seed: int) -> None:
    examples = drawn(seed)
    assert len(examples) == 3
    assert len({example.lines for example in examples}) == 1


@given(seeds)
@settings(deadline=None, max_examples=30)
def test_targets_stand_where_they_belong(seed: int) -> None:
    for example in drawn(seed):
        encoded = ENCODER.encode(example)
        numbers = [NUMBERS[token - FIRST_NUMBER] for token in encoded.tokens[encoded.prompt : -1]]
        assert numbers == [f"[{number}]" for number in example.answer or (0,)]
        assert encoded.tokens[-1] == END
        assert len(encoded.ends) == len(example.lines) == len(encoded.chosen)
        assert encoded.ends == sorted(set(encoded.ends))
        flagged = [number for number in encoded.chosen if number]
        assert tuple(flagged[: example.limit]) == example.answer
        # Behind a line comes the next one's bracket, or the fence's first dash.
        behind = {encoded.tokens[at] for at in encoded.ends}
        assert behind <= {VOCABULARY.tokens.index(sign) for sign in "[-"}


def test_a_batch_holds_every_target_once() -> None:
    encoded = [ENCODER.encode(example) for seed in range(3) for example in drawn(seed)]
    batch = batch_of(encoded)
    assert len(batch.written) == sum(len(each.tokens) - each.prompt for each in encoded)
    assert len(batch.chosen) == len(batch.ends_at[0]) == sum(len(each.ends) for each in encoded)
    assert len(batch.texts) == len(batch.meant_at[0])
    for row, each in enumerate(encoded):
        assert batch.tokens[row, : len(each.tokens)].tolist() == each.tokens


def test_the_prompt_asks_and_numbers_every_line() -> None:
    example = drawn(1)[0]
    text = prompt_text(example)
    assert example.question.text in text
    assert f"[{len(example.lines)}] " in text
    assert f"[{len(example.lines) + 1}] " not in text


def test_scores() -> None:
    examples = [e for seed in range(20) for e in compose(toy_products(), QUESTIONS, random.Random(seed))]
    perfect = score(examples, [example.answer for example in examples])
    assert (perfect.f1, perfect.none_right) == (1, 1)
    everything = score(examples, always_all(examples))
    assert everything.none_right == 0
    assert 0 < everything.f1 < 1
    assert score(examples, [()] * len(examples)).f1 == 0
