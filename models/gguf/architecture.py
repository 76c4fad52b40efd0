"""A model's architecture in plain words, from its header.

Knows what the keys and tensors of a GGUF mean; knows nothing of memory or of llama.cpp's code.
"""

import re
from dataclasses import dataclass

from config.errors import ModelUnavailable
from models.gguf.conversation import manner
from models.gguf.header import ArrayLength, Header

# blk.3.ffn_up_exps.weight holds all experts of a layer; blk.3.ffn_up.5.weight, the layout of 2023, one.
_EXPERT = re.compile(r"\.ffn_(?:up|gate|down|gate_up)_(?:ch)?exps\.|\.ffn_(?:up|gate|down)\.\d+\.")
_OLD_EXPERT = re.compile(r"^blk\.\d+\.ffn_(?:up|gate|down)\.\d+\.weight$")


@dataclass(frozen=True, slots=True)
class Parameters:
    """Number of weights: all of them, and those that take part in one token."""

    total: int
    active: int


def parameters(header: Header) -> Parameters:
    """Count the weights; of a mixture's experts only those are active that a token is sent to.

    All are, where that differs from layer to layer: a header does not keep such numbers.
    """
    experts, used = (plain_number(header, key) for key in ("expert_count", "expert_used_count"))
    in_experts = sum(tensor.parameters for tensor in header.tensors if _EXPERT.search(tensor.name))
    idle = in_experts * (experts - used) // experts if 0 < used <= experts else 0
    return Parameters(header.parameters, header.parameters - idle)


def count_in_words(parameters: int) -> str:
    """A number of weights: "7.2 billion", "1.33 million"."""
    if parameters >= 1e9:
        return f"{parameters / 1e9:.1f} billion"
    return f"{parameters / 1e6:.2f} million"


def refuse_old_layout(header: Header) -> None:
    """Raise ModelUnavailable for a mixture in the layout of 2023, one tensor for each expert."""
    if any(_OLD_EXPERT.match(tensor.name) for tensor in header.tensors):
        raise ModelUnavailable(
            f"{header.path or 'This model'} has one tensor for each expert, the layout of December 2023. "
            "llama.cpp no longer loads it (its issue #10244). Take a newer conversion of the same model: "
            "there the experts of a layer lie in one tensor, named like blk.0.ffn_gate_exps.weight."
        )


def in_words(header: Header) -> list[str]:
    """Sentences: size, attention and the cache that it saves, conversation, window, experts."""
    layers = header.number("block_count", 0)
    width = header.number("embedding_length", 0)
    said = [f"{header.architecture}: {layers} layers, {width:,} wide, trained for {_context(header)}."]
    said += _attention(header)
    if found := manner(header):
        said.append(str(found))
    window = plain_number(header, "attention.sliding_window")
    if window:
        said.append(
            f"Sliding window: a layer with a window looks back {window:,} tokens only. Its cache is kept for "
            "the whole context all the same, so that the beginning of a prompt can be used once more."
        )
    experts = plain_number(header, "expert_count")
    if experts:
        used = plain_number(header, "expert_used_count") or "some"
        said.append(
            f"Mixture of experts: each token is sent through {used} of {experts} experts in a layer. All of "
            "them take memory, those alone take time."
        )
    return said


def beyond_training(header: Header, n_ctx: int) -> str:
    """A sentence for a context longer than the model was trained for; empty, if it is not, or not known."""
    trained = header.number("context_length", 0)
    if not 0 < trained < n_ctx:
        return ""
    return (
        f"Its context of {n_ctx:,} tokens is longer than the {trained:,} that it was trained for; "
        "beyond them its answers get worse."
    )


def _attention(header: Header) -> list[str]:
    latent = plain_number(header, "attention.kv_lora_rank")
    heads = plain_number(header, "attention.head_count")
    if latent:
        return [
            f"Latent attention: {heads} query heads; keys and values of a token are stored together as one "
            f"compressed vector of {latent} numbers, in place of a key and a value for each head."
        ]
    kv_heads = plain_number(header, "attention.head_count_kv", heads)
    if not heads or not kv_heads:
        if isinstance(header.metadata.get(f"{header.architecture}.attention.head_count_kv"), ArrayLength):
            return ["The number of key/value heads differs from layer to layer."]
        return []
    if kv_heads == heads:
        return [f"{heads} query heads, each with keys and values of its own: nothing is saved in the cache."]
    kind = "Multi-query" if kv_heads == 1 else "Grouped-query"
    saved = 1 - kv_heads / heads
    return [
        f"{kind} attention: {heads} query heads share {kv_heads} key/value "
        f"head{'s' if kv_heads > 1 else ''}. The cache is {heads / kv_heads:g} times smaller for it: "
        f"{saved:.1%} saved."
    ]


def _context(header: Header) -> str:
    trained = header.number("context_length", 0)
    return f"{trained:,} tokens of context" if trained else "an unknown context"


def plain_number(header: Header, key: str, default: int = 0) -> int:
    """As Header.number, but 0 for what differs from layer to layer, which the header holds as an array."""
    if isinstance(header.metadata.get(f"{header.architecture}.{key}"), ArrayLength):
        return 0
    return header.number(key, default)
