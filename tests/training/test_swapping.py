"""Sentences with exchanged words."""

import random
import re

import numpy as np
import pytest

from training.swapping import swapped

TEXTS = ["The zipper broke after a week.", "It was a very warm blanket, and so soft!", "Lid ok."]
WORDS = [f"word{first}{second}" for first in "abcdefgh" for second in "abcdefgh"]


def test_only_longer_words_are_exchanged_and_each_text_is_new() -> None:
    vectors = np.random.default_rng(0).normal(size=(len(WORDS), 8)).astype(np.float32)
    found = swapped(TEXTS, WORDS, vectors, 200, random.Random(1))
    assert len(set(found)) == 200
    assert not set(found) & set(TEXTS)
    known = {tuple(map(len, re.findall(r"\b\w{1,3}\b", text))): text for text in TEXTS}
    for text in found:
        short = re.findall(r"\b[A-Za-z]{1,3}\b", text)
        original = known[tuple(map(len, short))]
        assert short == re.findall(r"\b[A-Za-z]{1,3}\b", original)
        assert set(re.findall("[a-z]{4,}", text)) <= {*WORDS, *re.findall("[a-z]{4,}", original)}


def test_a_word_gives_way_to_one_that_is_near() -> None:
    words = [f"word{chr(97 + n)}" for n in range(12)]
    # Two groups: each word is like those of its own.
    vectors = np.repeat(np.eye(2, dtype=np.float32), 6, axis=0)
    found = swapped(["worda " * 40], words, vectors, 5, random.Random(0))
    for text in found:
        assert set(text.split()) <= set(words[:6])


def test_too_few_words_are_an_error_and_no_endless_search() -> None:
    with pytest.raises(ValueError, match="make no 9 others"):
        swapped(["It is ok.", "A zip."], WORDS, np.ones((len(WORDS), 1), np.float32), 9, random.Random(0))
