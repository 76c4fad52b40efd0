"""LoRA adapters in GGUF, small and made up, for any model whose header is known."""

from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy as np

from models.gguf.header import Header
from tests.random_weights import new_model, write_tensors


def write_adapter(
    path: Path,
    base: Header,
    names: Sequence[str],
    *,
    rank: int = 4,
    size: float = 0.02,
    architecture: str | None = None,
    kind: str = "adapter",
    trained: str = "lora",
    seed: int = 0,
) -> Path:
    """Write an adapter that changes the matrices `names`, by numbers of about `size`; returns its path.

    `architecture`: another than the base's. `kind` and `trained`: what its header says that it is.
    """
    rng = np.random.default_rng(seed)
    shapes = {tensor.name: tensor.shape for tensor in base.tensors}
    tensors = []
    for name in names:
        inputs, outputs, *experts = shapes[name]
        first = rng.standard_normal((*experts, rank, inputs)).astype(np.float32) * 0.1
        second = rng.standard_normal((*experts, outputs, rank)).astype(np.float32) * size
        tensors += [(f"{name}.lora_a", first), (f"{name}.lora_b", second)]
    with new_model(path, architecture or base.architecture) as writer:
        writer.add_type(kind)
        writer.add_string(gguf.Keys.Adapter.TYPE, trained)
        writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(rank))
        write_tensors(writer, tensors)
    return path


def attention(base: Header) -> list[str]:
    """The names of the matrices that are mostly adapted: of queries and values, in each layer."""
    return [one.name for one in base.tensors if one.name.endswith(("attn_q.weight", "attn_v.weight"))]
