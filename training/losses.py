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
    "chosen": 0.5,
    "before": 0.3,
    "answers": 1.0,
    "about": 0.5,
    "matched": 0.5,
    "alike": 1.0,
    "asked": 0.2,
    "stance": 0.4,
    "meaning": 1.0,
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
    held = network.stages(batch.tokens)
    layers, matching = len(network.blocks), network.matching
    # What a layer is to build on must be there one layer before; a small network has no room for that.
    places = (matching, matching + 1, max(layers - 2, matching + 1), max(layers - 1, matching + 1))
    said, compared, decided, ordered = (
        norm(held[at]) for norm, at in zip(coaches.norms, places, strict=True)
    )
    hidden = network.output_norm(held[-1])
    table = network.words.table()
    numbers = table[FIRST_NUMBER : FIRST_NUMBER + len(NUMBERS)]
    own = len(network.words.own)
    words = torch.randint(min(own, len(table) - 1), len(table), (_WORDS_DRAWN,))
    candidates = torch.cat([table[:own], functional.embedding(words, table)])
    ends = batch.ends_at
    found = {
        "written": _cross(hidden[batch.written_at] @ candidates.T, batch.written),
        "chosen": _cross(hidden[ends] @ numbers.T, batch.chosen),
        "before": _cross(coaches.before(ordered[ends]) @ numbers.T, batch.before),
        "answers": _cross(coaches.answers(decided[ends]), batch.chosen.clamp(max=1)),
        "about": _cross(coaches.about(decided[ends]), batch.about),
        "matched": _matched(network, held[matching], batch),
        "alike": _alike(network, coaches, held[matching], batch),
        "asked": _cross(coaches.asked(compared[ends]), batch.asked),
        "stance": _cross(coaches.stance(said[ends]), batch.stance),
    }
    if teacher:
        known, vectors = teacher.vectors_of(batch.texts)
        rows, columns = batch.meant_at
        found["meaning"] = _far(coaches.meaning(said[rows[known], columns[known]]), vectors)
    found["all"] = torch.stack([_WEIGHTS[name] * loss for name, loss in found.items()]).sum()
    return found


def _alike(network: Network, coaches: Coaches, hidden: Tensor, batch: Batch) -> Tensor:
    """The same for all sentences and all questions of the batch, wherever they stand: far more pairs."""
    said = {at: topic for at, topic in enumerate(batch.said) if topic}
    wanted = {at: topic for at, topic in enumerate(batch.wanted) if topic}
    if not said or not wanted:
        return hidden.new_zeros(())
    known, asked = list(said), list(wanted)
    rows, columns = (place[known] for place in batch.ends_at)
    looking, upon = hidden[rows, columns], hidden[asked, batch.questions_at[asked]]
    with torch.autocast("cpu", enabled=False):
        scores = network.comparing.likeness(looking.float(), upon.float()) - coaches.enough
    same = torch.tensor([[one == other for other in wanted.values()] for one in said.values()])
    # Of another product, the same name may mean the same thing.
    named = torch.tensor([[one[1] == other[1] for other in wanted.values()] for one in said.values()])
    terms = functional.binary_cross_entropy_with_logits(scores, same.float(), reduction="none")
    return (_mean(terms[same]) + _mean(terms[~same & ~named])) / 2


def _mean(values: Tensor) -> Tensor:
    return values.sum() / max(len(values), 1)


def _matched(network: Network, hidden: Tensor, batch: Batch) -> Tensor:
    """Whether a sentence is about what is asked, told by whether one head there looks upon the question.

    Without it the network hardly finds out that the answer hangs on the two together.
    """
    known = batch.about != UNKNOWN
    if not known.any():
        return hidden.new_zeros(())
    rows, columns = (place[known] for place in batch.ends_at)
    with torch.autocast("cpu", enabled=False):
        seen = network.matched(hidden.float(), (rows, columns), batch.questions_at[rows])
        return functional.binary_cross_entropy(seen.clamp(1e-6, 1 - 1e-6), batch.about[known].float())


def _far(told: Tensor, vectors: Tensor) -> Tensor:
    return (1 - functional.cosine_similarity(told.float(), vectors)).sum() / max(len(vectors), 1)


def _cross(scores: Tensor, targets: Tensor) -> Tensor:
    # A batch may have none that is known; the sum over nothing is 0, its mean would be no number.
    known = (targets != UNKNOWN).sum().clamp(min=1)
    return functional.cross_entropy(scores.float(), targets, ignore_index=UNKNOWN, reduction="sum") / known
