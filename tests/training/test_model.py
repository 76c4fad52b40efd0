"""The network's comparing head is causal and a share."""

import numpy as np
import torch

from training.model import Network, Shape, Words


def test_what_a_place_looks_upon_adds_up_to_one_and_lies_not_behind_it() -> None:
    torch.manual_seed(0)
    network = Network(Shape(kv_heads=2, width=64, layers=4), Words(50, 64, np.zeros((0, 1), np.float32)))
    tokens = torch.randint(0, 50, (2, 9))
    hidden = network.stages(tokens)[network.matching]
    rows, columns = torch.tensor([0, 1, 1]), torch.tensor([8, 3, 0])
    seen = torch.stack(
        [network.matched(hidden, (rows, columns), torch.full((3,), place)) for place in range(9)], dim=1
    )
    assert torch.allclose(seen.sum(dim=1), torch.ones(3), atol=1e-5)
    for row, last in zip(seen, columns.tolist(), strict=True):
        assert (row[last + 1 :] == 0).all()
        assert (row[: last + 1] > 0).all()
