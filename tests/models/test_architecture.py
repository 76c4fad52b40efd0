"""Architectures in words, and how many parameters take part."""

from pathlib import Path

import pytest
from gguf import GGMLQuantizationType as Kind

from config.errors import ModelUnavailable
from models.gguf.architecture import Parameters, in_words, parameters
from models.gguf.header import ArrayLength, Header, Scalar, Tensor, read_header
from models.memory.memory import predict_memory


def header(**numbers: Scalar) -> Header:
    """A header of the architecture "arch"; underscored twice for a dot."""
    keys: dict[str, Scalar] = {f"arch.{key.replace('__', '.')}": value for key, value in numbers.items()}
    keys |= {"general.architecture": "arch", "arch.block_count": 2}
    return Header(keys, ())


def words(**numbers: Scalar) -> str:
    return " ".join(in_words(header(**numbers)))


def test_heads_and_the_cache_that_grouping_saves() -> None:
    assert "nothing is saved" in words(attention__head_count=32)
    assert "nothing is saved" in words(attention__head_count=32, attention__head_count_kv=32)
    grouped = words(attention__head_count=32, attention__head_count_kv=8)
    assert "Grouped-query attention: 32 query heads share 8 key/value heads" in grouped
    assert "4 times smaller for it: 75.0% saved" in grouped
    assert "Multi-query attention: 71 query heads share 1 key/value head." in words(
        attention__head_count=71, attention__head_count_kv=1
    )
    assert "differs from layer to layer" in words(
        attention__head_count=8, attention__head_count_kv=ArrayLength(2)
    )


def test_window_experts_and_latent_attention() -> None:
    assert "looks back 4,096 tokens" in words(attention__sliding_window=4096)
    assert "through 2 of 8 experts" in words(expert_count=8, expert_used_count=2)
    latent = words(attention__head_count=128, attention__kv_lora_rank=512)
    assert "Latent attention: 128 query heads" in latent
    assert "512 numbers" in latent


def test_of_a_mixture_only_the_used_experts_are_active(tiny_files: dict[str, Path]) -> None:
    mixture = read_header(tiny_files["mixtral"])
    # 2 layers, each with 3 matrices of 128 x 256 for 4 experts, of which 2 are idle.
    assert parameters(mixture) == Parameters(mixture.parameters, mixture.parameters - 2 * 3 * 128 * 256 * 2)
    dense = read_header(tiny_files["llama"])
    assert parameters(dense) == Parameters(dense.parameters, dense.parameters)


@pytest.mark.parametrize(("count", "used"), [(0, 0), (0, 2), (4, 9)])
def test_contradictory_experts_are_all_active(count: int, used: int) -> None:
    tensor = Tensor("blk.0.ffn_up_exps.weight", (32, 32, 4), Kind.F16)
    metadata: dict[str, Scalar] = {
        "general.architecture": "a",
        "a.expert_count": count,
        "a.expert_used_count": used,
    }
    assert parameters(Header(metadata, (tensor,))).active == 32 * 32 * 4


def test_the_layout_of_2023_is_recognised_and_explained() -> None:
    tensors = tuple(Tensor(f"blk.0.ffn_gate.{n}.weight", (32, 32), Kind.F16) for n in range(8))
    old = Header(
        {"general.architecture": "llama", "llama.expert_count": 8, "llama.expert_used_count": 2}, tensors
    )
    assert parameters(old).active == 2 * 32 * 32
    with pytest.raises(ModelUnavailable, match=r"one tensor for each expert.*#10244.*newer conversion"):
        predict_memory(old, 512)


def test_experts_that_differ_from_layer_to_layer_all_count_as_active() -> None:
    metadata: dict[str, Scalar] = {
        "general.architecture": "a",
        "a.expert_count": 4,
        "a.expert_used_count": ArrayLength(2),
    }
    differing = Header(metadata, (Tensor("blk.0.ffn_up_exps.weight", (32, 32, 4), Kind.F16),))
    assert parameters(differing).active == 32 * 32 * 4
    assert "through some of 4 experts" in " ".join(in_words(differing))
