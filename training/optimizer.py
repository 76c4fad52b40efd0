"""Muon for the matrices, AdamW for the rest.

Muon (Keller Jordan and others, 2024, https://kellerjordan.github.io/posts/muon/): the momentum of a matrix is
made orthogonal before it is applied, so that no direction is learnt at the others' expense.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

# The coefficients of the quintic Newton-Schulz iteration that the authors give.
_A, _B, _C = 3.4445, -4.7750, 2.0315


class Muon(Optimizer):
    """Nesterov momentum, made orthogonal. For matrices alone; each step takes lr · `decay` of the weights."""

    def __init__(
        self, matrices: Iterable[Tensor], lr: float, momentum: float = 0.95, decay: float = 0.05
    ) -> None:
        super().__init__(list(matrices), {"lr": lr, "momentum": momentum, "decay": decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One step; no closure."""
        for group in self.param_groups:
            by_size: dict[torch.Size, list[Tensor]] = {}
            for matrix in group["params"]:
                by_size.setdefault(matrix.shape, []).append(matrix)
            # Those of one size together: fewer and larger products.
            for matrices in by_size.values():
                self._step(matrices, group["lr"], group["momentum"], group["decay"])

    def _step(self, matrices: list[Tensor], lr: float, momentum: float, decay: float) -> None:
        directions = []
        for matrix in matrices:
            assert matrix.grad is not None
            state = self.state[matrix]
            average = state.setdefault("momentum", torch.zeros_like(matrix))
            average.lerp_(matrix.grad, 1 - momentum)
            directions.append(matrix.grad.lerp(average, momentum))
        rows, columns = matrices[0].shape
        scale = max(1.0, rows / columns) ** 0.5
        for matrix, direction in zip(matrices, orthogonal(torch.stack(directions)), strict=True):
            matrix.mul_(1 - lr * decay)
            matrix.add_(direction, alpha=-lr * scale)


def orthogonal(matrices: Tensor, steps: int = 5) -> Tensor:
    """Matrices (count, rows, columns) with all their singular values near 1."""
    tall = matrices.shape[1] > matrices.shape[2]
    wide: Tensor = (matrices.mT if tall else matrices).bfloat16()
    wide = wide / (wide.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = wide @ wide.mT
        wide = _A * wide + (_B * square + _C * square @ square) @ wide
    return (wide.mT if tall else wide).to(matrices.dtype)


def make_optimizers(network: nn.Module, coaches: nn.Module) -> list[Optimizer]:
    """Muon for the layers' matrices; AdamW for vectors of words, norms and the heads of training."""
    inner = [
        weight
        for name, weight in network.named_parameters()
        if name.startswith("blocks.") and weight.ndim == 2
    ]
    chosen = {id(weight) for weight in inner}
    rest = [weight for weight in network.parameters() if id(weight) not in chosen]
    return [
        Muon(inner, lr=0.01),
        AdamW([*rest, *coaches.parameters()], lr=0.002, betas=(0.9, 0.95), weight_decay=0.01),
    ]
