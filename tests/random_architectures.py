"""Tiny GGUF files with random weights of the other families: Qwen 2, Falcon, BLOOM, GPT-NeoX, GPT-2.

What sets them apart is here: which tensors a block has, what is fused, what carries a bias, what is shared
between input and output. Vocabulary and writing are `tests.random_weights`'.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np

from tests.random_weights import Weights, add_tokenizer, new_model, write_tensors

LAYERS, WIDTH, FEED_FORWARD, HEADS, CONTEXT = 2, 128, 512, 4, 4096


@dataclass(frozen=True, slots=True)
class Family:
    """What makes a family. `tied`: the output uses the input's embedding; `fused`: one matrix for q, k and v.

    `biases`: on which matrices ("all", or those of q, k and v). `gated`: a feed-forward with a gate, and
    norms without a bias, as Llama has them.
    """

    kv_heads: int
    tied: bool
    fused: bool
    gated: bool
    biases: tuple[str, ...] = ()
    second_norm: bool = True


_ALL = ("attn_qkv", "attn_output", "ffn_up", "ffn_down")
FAMILIES = {
    "qwen2": Family(2, tied=True, fused=False, gated=True, biases=("attn_q", "attn_k", "attn_v")),
    "falcon": Family(1, tied=False, fused=True, gated=False, second_norm=False),
    "bloom": Family(HEADS, tied=True, fused=True, gated=False, biases=_ALL),
    "gptneox": Family(HEADS, tied=False, fused=True, gated=False, biases=_ALL),
    "gpt2": Family(HEADS, tied=True, fused=True, gated=False, biases=_ALL),
}


def write_random_architecture(path: Path, architecture: str, seed: int = 0) -> None:
    """Write a tiny model of `architecture`, one of FAMILIES; the same seed gives the same bytes."""
    family = FAMILIES[architecture]
    with new_model(path, architecture) as writer:
        writer.add_name(f"tiny {architecture} shape, random weights")
        writer.add_context_length(CONTEXT)
        writer.add_embedding_length(WIDTH)
        writer.add_block_count(LAYERS)
        writer.add_feed_forward_length(FEED_FORWARD)
        writer.add_head_count(HEADS)
        writer.add_head_count_kv(family.kv_heads)
        _add_particulars(writer, architecture, family)
        tokens = len(add_tokenizer(writer).tokens)
        write_tensors(writer, _tensors(architecture, family, tokens, np.random.default_rng(seed)))


def _add_particulars(writer: gguf.GGUFWriter, architecture: str, family: Family) -> None:
    if family.gated:
        writer.add_layer_norm_rms_eps(1e-5)
    else:
        writer.add_layer_norm_eps(1e-5)
    if architecture == "gptneox":
        writer.add_rope_dimension_count(WIDTH // HEADS // 4)
        writer.add_parallel_residual(True)
    elif architecture == "bloom":
        writer.add_max_alibi_bias(8)


def _tensors(
    architecture: str, family: Family, vocabulary: int, rng: np.random.Generator
) -> Iterator[tuple[str, Weights]]:
    """Every tensor by its GGUF name; rows are outputs, columns inputs."""

    def matrix(rows: int, columns: int, spread: float = 0.02) -> Weights:
        return (rng.standard_normal((rows, columns)) * spread).astype(np.float16)

    def norm(name: str) -> Iterator[tuple[str, Weights]]:
        yield name + ".weight", np.ones(WIDTH, np.float32)
        if not family.gated:
            yield name + ".bias", np.zeros(WIDTH, np.float32)

    yield "token_embd.weight", matrix(vocabulary, WIDTH, spread=0.35)
    if architecture == "bloom":
        yield from norm("token_embd_norm")
    if architecture == "gpt2":
        yield "position_embd.weight", matrix(CONTEXT, WIDTH).astype(np.float32)
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        yield from norm(block + "attn_norm")
        if family.second_norm:
            yield from norm(block + "ffn_norm")
        for name, rows, columns in _matrices(family):
            yield f"{block}{name}.weight", matrix(rows, columns)
            if name in family.biases:
                yield f"{block}{name}.bias", np.zeros(rows, np.float32)
    yield from norm("output_norm")
    if not family.tied:
        yield "output.weight", matrix(vocabulary, WIDTH, spread=0.35)


def _matrices(family: Family) -> Iterator[tuple[str, int, int]]:
    """Name, rows and columns of a block's matrices."""
    kv_width = WIDTH // HEADS * family.kv_heads
    if family.fused:
        yield "attn_qkv", WIDTH + 2 * kv_width, WIDTH
    else:
        yield from (("attn_q", WIDTH, WIDTH), ("attn_k", kv_width, WIDTH), ("attn_v", kv_width, WIDTH))
    yield "attn_output", WIDTH, WIDTH
    if family.gated:
        yield "ffn_gate", FEED_FORWARD, WIDTH
    yield "ffn_up", FEED_FORWARD, WIDTH
    yield "ffn_down", WIDTH, FEED_FORWARD
