"""A second opinion on the best passages: a cross-encoder reads each together with the question.

Knows nothing of SQL. Off unless `retrieval.reranker` names a model of sentence-transformers.
"""

import threading
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from config.errors import ConfigError
from config.printable import as_utf8
from retriever.cores import divided, on_cores

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


BATCH = 32  # pairs at once, at most, as the library has it


class Reranker:
    """Scores question and passage together; loaded on first use, safe to share between threads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._model: CrossEncoder | None = None
        self._lock = threading.Lock()

    def load(self) -> None:
        """Load the model now rather than with the first question; raises ConfigError if it cannot be."""
        with self._lock:
            if self._model is None:
                self._model = _load(self.name)

    def scores(self, question: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """How well each text answers the question, in the model's own unit; shape (len(texts),)."""
        self.load()
        assert self._model
        # As the embedder has it: halves of characters, from a terminal that is not UTF-8, stop a tokenizer.
        asked = as_utf8(question)
        pairs = [(asked, text) for text in texts]
        predict = partial(self._model.predict, show_progress_bar=False)
        scores = on_cores(predict, divided(pairs, BATCH))
        return np.array([score for share in scores for score in share], np.float64).reshape(len(texts))


def _load(name: str) -> "CrossEncoder":
    from sentence_transformers import CrossEncoder
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model: CrossEncoder = CrossEncoder(name, num_labels=1)
        # Its tokenizer is told now what it is told ever after: no thread does so while another reads.
        model.predict([("?", ".")], show_progress_bar=False)
    except Exception as error:  # what a model's own code raises cannot be listed
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"The reranker '{name}' cannot be loaded: {reason} Check retrieval.reranker in settings.yaml; "
            "without it, retrieval goes on as before."
        ) from error
    return model
