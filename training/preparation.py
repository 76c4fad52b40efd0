"""What a run needs before its first step: vocabulary, word vectors, and the teacher's vectors of the phrases.

All of it comes from the phrase bank and the installed embedder, and is kept in the run's folder.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from training.losses import Teacher
from training.phrase_bank import Product, Questions
from training.vocabulary import Vocabulary, build_vocabulary, encode, word_vectors

MEANING = 384


@dataclass(frozen=True, slots=True)
class Prepared:
    """`given`: vectors of the words behind the `own`, (words, 384); none if all are to be learnt."""

    vocabulary: Vocabulary
    given: NDArray[np.float32]
    teacher: Teacher | None


def prepared(
    folder: Path, products: Sequence[Product], questions: Questions, minilm: bool, teach: bool
) -> Prepared:
    """What the folder holds, made first if it is not there. Raises ValueError if it is of other phrases."""
    words, vectors = folder / "vocabulary.txt", folder / "vectors.npz"
    texts = list(dict.fromkeys(_texts(products)))
    if not vectors.exists():
        seen = [*texts, *_ways(questions)]
        vocabulary = build_vocabulary(seen) if minilm else build_vocabulary(seen, words=0)
        nothing = np.zeros((0, MEANING), np.float32)
        vocabulary.save(words)
        np.savez(
            vectors,
            given=word_vectors(vocabulary) if minilm else nothing,
            taught=encode(texts) if teach else nothing,
        )
    saved = np.load(vectors)
    teacher = None
    if teach:
        if len(saved["taught"]) != len(texts):
            raise ValueError(f"{folder} was prepared from other phrases.")
        teacher = Teacher(torch.from_numpy(saved["taught"]), {text: row for row, text in enumerate(texts)})
    return Prepared(Vocabulary.load(words), saved["given"], teacher)


def _texts(products: Sequence[Product]) -> Iterator[str]:
    for product in products:
        yield from (phrase.text for phrase in product.phrases)
        yield from product.unmentioned
        for aspect in product.aspects:
            yield from (*aspect.ask, aspect.name, *aspect.also)


def _ways(questions: Questions) -> Iterator[str]:
    for ways in questions.model_dump().values():
        yield from ways
