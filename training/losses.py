"""What training asks of the network: the answer, and at every sentence's end what the answer will need.

Knows networks and batches; knows nothing of optimizers or files.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.encoding import UNKNOWN, Batch
from training.model import Coaches, Network
from training.vocabulary import FIRST_NUMBER, NUMBERS

# Of the words, which are never to be written, some are drawn to be told from the numbers at each step.
_WORDS_DRAWN = 512
_WEIGHTS = {
    "written": 1.0,
    "chosen": 1.0,
    "about": 0.5,
    "stance": 0.4,
    "before": 0.3,
    "asked": 0.2,
    "meaning": 1.0,
    "recalled": 0.5,
}


@dataclass(frozen=True, slots=True)
class Teacher:
    """The sentence encoder's vectors of the phrase bank's texts; `rows` says which row is whose."""

    vectors: Tensor
    rows: dict[str, int]

    def vectors_of(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Which of the texts it knows, and their vectors."""
        rows = torch.tensor([self.rows.get(text, -1) for text in texts])
        known = rows >= 0
        return known, self.vectors[rows[known]]


def losses(network: Network, coaches: Coaches, teacher: Teacher | None, batch: Batch) -> dict[str, Tensor]:
    """Each loss by name; "all" is their weighted sum."""
    said, asked, hidden = network.stages(batch.tokens)
    said, asked = coaches.said_norm(said), coaches.asked_norm(asked)[batch.ends_at]
    table = network.words.table()
    numbers = table[FIRST_NUMBER : FIRST_NUMBER + len(NUMBERS)]
    own = len(network.words.own)
    words = torch.randint(min(own, len(table) - 1), len(table), (_WORDS_DRAWN,))
    candidates = torch.cat([table[:own], functional.embedding(words, table)])
    ends = hidden[batch.ends_at]
    found = {
        "written": _cross(hidden[batch.written_at] @ candidates.T, batch.written),
        "chosen": _cross(ends @ numbers.T, batch.chosen),
        "before": _cross(coaches.before(ends) @ numbers.T, batch.before),
        "asked": _cross(coaches.asked(asked), batch.asked),
        "about": _cross(coaches.about(ends), batch.about),
        "stance": _cross(coaches.stance(said[batch.ends_at]), batch.stance),
    }
    if teacher:
        known, vectors = teacher.vectors_of(batch.texts)
        rows, columns = batch.meant_at
        found["meaning"] = _far(coaches.meaning(said[rows[known], columns[known]]), vectors)
        known, vectors = teacher.vectors_of(batch.questions)
        found["recalled"] = _far(coaches.recalled(asked[known]), vectors)
    found["all"] = torch.stack([_WEIGHTS[name] * loss for name, loss in found.items()]).sum()
    return found


def _far(told: Tensor, vectors: Tensor) -> Tensor:
    return (1 - functional.cosine_similarity(told.float(), vectors)).sum() / max(len(vectors), 1)


def _cross(scores: Tensor, targets: Tensor) -> Tensor:
    # A batch may have none that is known; the sum over nothing is 0, its mean would be no number.
    known = (targets != UNKNOWN).sum().clamp(min=1)
    return functional.cross_entropy(scores.float(), targets, ignore_index=UNKNOWN, reduction="sum") / known
