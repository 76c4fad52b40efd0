"""How well chosen sentences agree with those that people marked as evidence. Pure sets and means.

Knows nothing of models, files or reviews.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Judged:
    """One question: how many `sentences` were shown, which were `chosen`, and which are `evidence`.

    Sentences are numbers from 0. No evidence: the right answer is that the reviews do not say.
    """

    kind: str
    sentences: int
    chosen: Set[int]
    evidence: Set[int]

    @property
    def precision(self) -> float:
        """Share of the chosen that is evidence, 0 to 1; 0 if nothing is chosen."""
        return len(self.chosen & self.evidence) / len(self.chosen) if self.chosen else 0.0

    @property
    def recall(self) -> float:
        """Share of the evidence that is chosen, 0 to 1; 0 if there is no evidence."""
        return len(self.chosen & self.evidence) / len(self.evidence) if self.evidence else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both, 0 to 1; 0 without a common sentence."""
        both = len(self.chosen & self.evidence)
        return 2 * both / (len(self.chosen) + len(self.evidence)) if both else 0.0


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over questions, each 0 to 1; None where there is no such question.

    `f1`, `precision`, `recall`: over the answerable ones; nothing chosen counts as 0. `abstention`: share of
    the unanswerable ones where nothing was chosen. `false_abstention`: the same of the answerable ones.
    `kinds`: the f1 of each kind of answerable question.
    """

    f1: float | None
    precision: float | None
    recall: float | None
    abstention: float | None
    false_abstention: float | None
    kinds: dict[str, float]


def score(judged: Sequence[Judged]) -> Scores:
    """The means of these questions."""
    answerable = [one for one in judged if one.evidence]
    kinds = dict.fromkeys(one.kind for one in answerable)
    return Scores(
        f1=_mean([one.f1 for one in answerable]),
        precision=_mean([one.precision for one in answerable]),
        recall=_mean([one.recall for one in answerable]),
        abstention=_mean([not one.chosen for one in judged if not one.evidence]),
        false_abstention=_mean([not one.chosen for one in answerable]),
        kinds={kind: _mean([one.f1 for one in answerable if one.kind == kind]) or 0.0 for kind in kinds},
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
