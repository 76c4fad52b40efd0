"""What a header must not say of its model: sizes at odds with each other, over which llama.cpp would abort.

Knows what keys mean; knows nothing of bytes. What llama.cpp itself refuses in words is left to it, and what a
header does not mention is no contradiction: not every file is a whole model.
"""

from collections.abc import Mapping, Sequence

from models.gguf.header_reader import ArrayLength, Malformed, Scalar, Tensor

# llama.cpp's own arrays end there.
_MOST_LAYERS = 512
_MOST_EXPERTS = 512
_EMBEDDING = "token_embd.weight"
_TOKENS = "tokenizer.ggml.tokens"
# By number of the token; llama.cpp reads them as far as there are tokens.
_BY_TOKEN = ("tokenizer.ggml.scores", "tokenizer.ggml.token_type")


def require_consistent(metadata: Mapping[str, Scalar], tensors: Sequence[Tensor]) -> None:
    """Raise Malformed for the first contradiction."""
    sizes = _Sizes(metadata)
    _require_vocabulary(metadata, tensors)
    _require_layers(sizes)
    _require_heads(sizes, any(".attn_" in tensor.name for tensor in tensors))
    _require_experts(sizes)


class _Sizes:
    """The architecture's numbers, by their keys."""

    def __init__(self, metadata: Mapping[str, Scalar]) -> None:
        self._metadata = metadata
        self._prefix = str(metadata.get("general.architecture", "unknown"))

    def get(self, key: str) -> int | None:
        """The number; None if there is none, or one for each layer."""
        value = self._metadata.get(f"{self._prefix}.{key}")
        if value is None or isinstance(value, ArrayLength):
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise Malformed(f"its {self._prefix}.{key} is {value!r}")
        return value

    def differ_by_layer(self, key: str) -> bool:
        """Whether there is one number for each layer, which are not known here."""
        return isinstance(self._metadata.get(f"{self._prefix}.{key}"), ArrayLength)

    def require(self, key: str, least: int, most: int = 2**31 - 1) -> None:
        """Raise Malformed for a number that is there and is none of these."""
        value = self.get(key)
        if value is not None and not least <= value <= most:
            raise Malformed(f"its {self._prefix}.{key} is {value}, expected {least} to {most}")


def _require_vocabulary(metadata: Mapping[str, Scalar], tensors: Sequence[Tensor]) -> None:
    tokens = metadata.get(_TOKENS)
    if tokens is None:
        return
    if not isinstance(tokens, ArrayLength):
        raise Malformed(f"its {_TOKENS} is no list")
    for key in _BY_TOKEN:
        if key in metadata and metadata[key] != tokens:
            raise Malformed(f"its {_TOKENS} has {int(tokens)} entries, its {key} {metadata[key]!r}")
    embedding = next((tensor for tensor in tensors if tensor.name == _EMBEDDING), None)
    if embedding and len(embedding.shape) == 2 and embedding.shape[1] != tokens:
        raise Malformed(f"it has {int(tokens)} tokens, and vectors for {embedding.shape[1]}")


def _require_layers(sizes: _Sizes) -> None:
    sizes.require("block_count", 1, _MOST_LAYERS)
    sizes.require("context_length", 1)
    sizes.require("embedding_length", 1)


def _require_heads(sizes: _Sizes, attends: bool) -> None:
    # Models without attention say 0.
    heads, kv_heads, width = map(
        sizes.get, ("attention.head_count", "attention.head_count_kv", "embedding_length")
    )
    if not attends or heads is None:
        return
    if heads == 0 or (kv_heads is not None and (kv_heads == 0 or heads % kv_heads)):
        raise Malformed(f"it has {heads} heads of attention, with {kv_heads} of keys and values")
    if width is not None and heads > width:
        raise Malformed(f"it has {heads} heads of attention in {width} numbers")


def _require_experts(sizes: _Sizes) -> None:
    sizes.require("expert_count", 0, _MOST_EXPERTS)
    if sizes.differ_by_layer("expert_used_count"):
        return
    experts, used = sizes.get("expert_count") or 0, sizes.get("expert_used_count") or 0
    if not min(experts, 1) <= used <= experts:
        raise Malformed(f"each token of it is sent to {used} of {experts} experts")
