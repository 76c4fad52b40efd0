"""What it would take to train a model further, from formulas of the literature; activations come on top."""

import re

from models.gguf.header import Header

# Mixed precision with Adam: 2 bytes of weight, 2 of gradient, 12 of 32-bit copies and moments.
TRAINED_BYTES = 16
FROZEN_BYTES = 2
# 4-bit NormalFloat with double quantisation: 4 bits and 0.127 for the scales.
QLORA_BITS = 4.127
RANK = 16
SOURCES = (
    "Full: 16 bytes for each parameter (Rajbhandari et al. 2020, arXiv 1910.02054). LoRA: 2 bytes for each "
    f"frozen one, 16 for each of the adapters' at rank {RANK} on all matrices of the layers (Hu et al. 2021, "
    "arXiv 2106.09685). QLoRA: the same over 4.127 bits for each frozen one (Dettmers et al. 2023, "
    "arXiv 2305.14314). Activations come on top."
)

_MATRIX_OF_A_LAYER = re.compile(r"^blk\.\d+\..*\.weight$")


def adapter_parameters(header: Header, rank: int = RANK) -> int:
    """Weights of LoRA's adapters: rank x (rows + columns) for each matrix of the layers, experts' too."""
    total = 0
    for tensor in header.tensors:
        if len(tensor.shape) >= 2 and _MATRIX_OF_A_LAYER.match(tensor.name):
            columns, rows, *experts = tensor.shape
            total += rank * (rows + columns) * (experts[0] if experts else 1)
    return total


def fine_tuning_bytes(header: Header) -> dict[str, int]:
    """Way of training → bytes for weights, gradients and optimiser."""
    parameters = header.parameters
    adapters = TRAINED_BYTES * adapter_parameters(header)
    return {
        "full": TRAINED_BYTES * parameters,
        "LoRA": FROZEN_BYTES * parameters + adapters,
        "QLoRA": round(QLORA_BITS / 8 * parameters) + adapters,
    }
