"""How much memory a model will take, foretold from its file's header."""

from dataclasses import dataclass

from models.header import Header

MIB = 2**20

# The cache holds 16-bit floats; prompts are read in pieces of 512 tokens (generator.engine).
_CACHE_BYTES = 2
_BATCH = 512
# A Python process that has imported llama_cpp and holds a tiny model: its `Memory.rest`, measured on Linux.
PROCESS_BYTES = 45 * MIB


@dataclass(frozen=True, slots=True)
class MemoryPrediction:
    """Bytes: the tensors, the key/value cache, scratch for one batch, and the process around them."""

    weights: int
    kv_cache: int
    compute: int

    @property
    def process(self) -> int:
        """All together: to be compared with the worker's peak resident memory."""
        return self.weights + self.kv_cache + self.compute + PROCESS_BYTES


def predict_memory(header: Header, n_ctx: int) -> MemoryPrediction:
    """Memory of a process with this model and a context of `n_ctx` tokens, on the CPU.

    Cache: layers x tokens x (keys + values), where a layer's keys and values are as wide as its
    key/value heads together. Compute: the logits of one batch's last token are cheap; what counts is the
    widest activation of a batch, in 32-bit floats.
    """
    width = header.number("embedding_length", 0)
    heads = header.number("attention.head_count", 1)
    kv_heads = header.number("attention.head_count_kv", heads)
    key_length = header.number("attention.key_length", width // max(heads, 1))
    value_length = header.number("attention.value_length", width // max(heads, 1))
    per_token = header.number("block_count", 0) * kv_heads * (key_length + value_length)
    feed_forward = header.number("feed_forward_length", 4 * width)
    vocabulary = int(header.metadata.get("tokenizer.ggml.tokens", 0))
    batch = min(_BATCH, n_ctx)
    return MemoryPrediction(
        weights=header.weight_bytes,
        kv_cache=_padded(n_ctx) * per_token * _CACHE_BYTES,
        compute=batch * max(vocabulary, 2 * feed_forward + width) * 4,
    )


def _padded(n_ctx: int) -> int:
    """llama.cpp rounds contexts up to a multiple of 256 tokens."""
    return -(-n_ctx // 256) * 256
