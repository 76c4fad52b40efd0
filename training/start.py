"""A run that begins from another's network: so a grouped-query model comes from one without shared heads.

Knows checkpoints and shapes; knows nothing of what is learnt afterwards.
"""

import shutil
from pathlib import Path

import torch
from torch import Tensor

from training.model import Coaches, Network
from training.preparation import FILES

# What the heads share in grouped-query attention.
_SHARED = ("attn_k.weight", "attn_v.weight")


def copy_preparation(start: Path, folder: Path) -> None:
    """The vocabulary and vectors of the run to begin from: its weights are of no use with others."""
    for name in FILES:
        shutil.copyfile(start / name, folder / name)


def take_over(start: Path, network: Network, coaches: Coaches) -> None:
    """Load the last checkpoint of `start`; where `network` has fewer key and value heads, their means.

    Averaging is how Ainslie and others make grouped-query models of others (2023, arXiv:2305.13245).
    """
    state = torch.load(start / "checkpoint.pt", weights_only=True)
    shape = network.shape
    weights: dict[str, Tensor] = {
        name: _grouped(weight, shape.kv_heads, shape.width // shape.heads)
        if name.endswith(_SHARED)
        else weight
        for name, weight in state["network"].items()
    }
    network.load_state_dict(weights)
    coaches.load_state_dict(state["coaches"])


def _grouped(weight: Tensor, heads: int, size: int) -> Tensor:
    """(more heads · size, width) to (heads · size, width)."""
    grouped = weight.view(heads, -1, size, weight.shape[1])
    return grouped.mean(dim=1).reshape(heads * size, -1)
