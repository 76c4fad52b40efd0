"""What a run needs before its first step: vocabulary, word vectors, and the teacher's vectors of the phrases.

All of it comes from the phrase bank and the installed embedder, and is kept in the run's folder.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from training.losses import Teacher
from training.phrase_bank import Product, Questions
from training.swapping import swapped
from training.vocabulary import Vocabulary, build_vocabulary, encode, word_vectors

MEANING = 384
FILES = ("vocabulary.txt", "vectors.npz", "swapped.txt")


@dataclass(frozen=True, slots=True)
class Prepared:
    """`given`: vectors of the words behind the `own`, (words, 384); none if all are to be learnt.

    `swapped`: sentences that only the teacher knows.
    """

    vocabulary: Vocabulary
    given: NDArray[np.float32]
    teacher: Teacher | None
    swapped: tuple[str, ...]


def prepared(
    folder: Path, products: Sequence[Product], questions: Questions, minilm: bool, teach: bool, swaps: int
) -> Prepared:
    """What the folder holds, made first if it is not there. Raises ValueError if it is of other phrases."""
    words, vectors, others = (folder / name for name in FILES)
    texts = list(dict.fromkeys(_texts(products)))
    if not vectors.exists():
        seen = training_texts(products, questions)
        vocabulary = build_vocabulary(seen) if minilm else build_vocabulary(seen, words=0)
        given = word_vectors(vocabulary)
        new = _swapped(texts, vocabulary, given, swaps) if teach else []
        nothing = np.zeros((0, MEANING), np.float32)
        vocabulary.save(words)
        others.write_text("\n".join(new), encoding="utf-8")
        taught = encode([*texts, *new]) if teach else nothing
        np.savez(vectors, given=given if minilm else nothing, taught=taught)
    saved = np.load(vectors)
    teacher = None
    new = others.read_text(encoding="utf-8").split("\n") if others.stat().st_size else []
    if teach:
        if len(saved["taught"]) != len(texts) + len(new):
            raise ValueError(f"{folder} was prepared from other phrases.")
        known = {text: row for row, text in enumerate([*texts, *new])}
        teacher = Teacher(torch.from_numpy(saved["taught"]), known)
    return Prepared(Vocabulary.load(words), saved["given"], teacher, tuple(new))


def training_texts(products: Sequence[Product], questions: Questions) -> list[str]:
    """Every sentence, question and name that training text is composed of."""
    return list(dict.fromkeys([*_texts(products), *_ways(questions)]))


def _swapped(
    texts: Sequence[str], vocabulary: Vocabulary, given: NDArray[np.float32], count: int
) -> list[str]:
    at = [place for place, token in enumerate(vocabulary.tokens) if re.fullmatch("[a-z]{4,}", token)]
    words = [vocabulary.tokens[place] for place in at]
    vectors = given[np.array(at) - vocabulary.own]
    return swapped(texts, words, vectors, count, random.Random(0))


def _texts(products: Sequence[Product]) -> Iterator[str]:
    for product in products:
        yield from (phrase.text for phrase in product.phrases)
        yield from product.unmentioned
        for aspect in product.aspects:
            yield from (*aspect.ask, aspect.name, *aspect.also)


def _ways(questions: Questions) -> Iterator[str]:
    for ways in questions.model_dump().values():
        yield from ways
