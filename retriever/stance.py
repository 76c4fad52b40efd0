"""Which way a question or a sentence leans, praise or complaint, as far as an embedder can tell.

By a few written examples of each, between which a logistic regression draws the line: no list of words, and
nothing learnt from anybody's reviews. Knows nothing of prompts, models or rankings.
"""

import threading
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from retriever.embedder import Embedder, Vectors
from retriever.stance_examples import COMPLAINTS, FACTS, PRAISES, QUESTIONS

Floats = NDArray[np.float64]

# How closely the lines follow the examples (the inverse of scikit-learn's regularisation).
_QUESTION_FIT, _SENTENCE_FIT = 10.0, 3.0


class Stance:
    """Judges unit vectors of `embedder`; -1 is complaint, 0 neither, 1 praise. Learns in half a second."""

    def __init__(self, embedder: Embedder) -> None:
        self._questions = _Line(embedder, QUESTIONS, _QUESTION_FIT)
        self._sentences = _Line(embedder, (COMPLAINTS, FACTS, PRAISES), _SENTENCE_FIT)

    def of_question(self, question: Vectors) -> float:
        """What a question asks for: -1 complaints, 1 praise, 0 an aspect; shape (dimension,)."""
        return float(self._questions.judge(question[np.newaxis])[0])

    def of_sentences(self, sentences: Vectors) -> Floats:
        """What sentences tell, each from -1 to 1; shapes (n, dimension) to (n,)."""
        return self._sentences.judge(sentences)


# Learning embeds the examples: whoever shares an embedder shares what was learnt with it.
_learning = threading.Lock()
_learnt = lru_cache(maxsize=4)(Stance)


def stance_of(embedder: Embedder) -> Stance:
    """The Stance of this embedder, learnt the first time it is asked for. Safe to call from any thread."""
    with _learning:
        return _learnt(embedder)


class _Line:
    """Separates three groups of examples: of complaint, of neither, of praise."""

    def __init__(self, embedder: Embedder, groups: Sequence[Sequence[str]], fit: float) -> None:
        # Imported here: it takes a second, for which only who asks should wait.
        from sklearn.linear_model import LogisticRegression

        sides = np.repeat((-1, 0, 1), [len(group) for group in groups])
        vectors = unit(embedder.embed_passages([text for group in groups for text in group]))
        self._model = LogisticRegression(C=fit, max_iter=1000).fit(vectors.astype(np.float64), sides)

    def judge(self, vectors: Vectors) -> Floats:
        complaint, _, praise = self._model.predict_proba(vectors.astype(np.float64)).T
        return np.asarray(praise - complaint)


def unit(vectors: Vectors) -> Vectors:
    """The same directions with length 1, whatever the embedder's metric; a vector of zeros stays one."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1))
