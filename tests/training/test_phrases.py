"""The phrase files are as training wants them, and what is held out stays so."""

from collections import Counter

import pytest

from training.phrases import load_products, load_questions, split

PRODUCTS = load_products()


def test_there_are_kinds_of_product_and_each_once() -> None:
    assert len(PRODUCTS) >= 2
    assert len({product.name for product in PRODUCTS}) == len(PRODUCTS)


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.name)
def test_a_file_says_nothing_twice(product: object) -> None:
    (it,) = [each for each in PRODUCTS if each is product]
    twice = [text for text, count in Counter(phrase.text for phrase in it.phrases).items() if count > 1]
    assert not twice
    assert len({aspect.name for aspect in it.aspects}) == len(it.aspects)


def test_what_is_held_out_is_not_trained_on() -> None:
    bank = split(PRODUCTS)
    trained = {phrase.text for product in bank.training for phrase in product.phrases}
    new = {phrase.text for product in bank.unseen_sentences for phrase in product.phrases}
    assert not trained & new
    assert not {p.name for p in bank.training} & {p.name for p in bank.unseen_products}
    assert 0.05 < len(new) / len(trained) < 0.15


def test_a_new_file_moves_nothing_that_was_held_out() -> None:
    before, after = split(PRODUCTS[1:]), split(PRODUCTS)
    assert {p.name for p in before.unseen_products} <= {p.name for p in after.unseen_products}


def test_ways_to_ask_name_what_they_ask_for() -> None:
    questions = load_questions()
    for way in (*questions.aspect, *questions.aspect_plus, *questions.aspect_minus):
        assert "{aspect}" in way
    for way in (*questions.like, *questions.dislike):
        assert "{aspect}" not in way
