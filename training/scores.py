"""How well sentences are chosen: precision, recall, F1 and "do not say"; and random and always-all beside it.

Knows examples; knows nothing of networks.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from training.asking import Kind
from training.examples import Example, compose
from training.phrase_bank import Product, Questions

Choice = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Counted over all sentences of all questions; `none_right`: of the unanswerable, how many got none."""

    questions: int
    precision: float
    recall: float
    none_right: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def score(examples: Sequence[Example], choices: Sequence[Choice]) -> Score:
    """Compare choices with what is known."""
    right = sum(len(set(e.answer) & set(choice)) for e, choice in zip(examples, choices, strict=True))
    silent = [not choice for e, choice in zip(examples, choices, strict=True) if not e.answer]
    return Score(
        questions=len(examples),
        precision=right / max(sum(map(len, choices)), 1),
        recall=right / max(sum(len(e.answer) for e in examples), 1),
        none_right=sum(silent) / max(len(silent), 1),
    )


def drawn(products: Sequence[Product], questions: Questions, count: int, seed: int = 0) -> list[Example]:
    """So many examples of these products; the same for the same seed."""
    rng = random.Random(f"evaluation {seed}")
    return [example for _ in range(-(-count // 3)) for example in compose(products, questions, rng)][:count]


def at_random(examples: Sequence[Example], seed: int = 0) -> list[Choice]:
    """Each sentence is chosen as often as sentences answer."""
    rng = random.Random(seed)
    share = sum(len(e.answer) for e in examples) / max(sum(len(e.lines) for e in examples), 1)
    return [tuple(n for n in range(1, len(e.lines) + 1) if rng.random() < share) for e in examples]


def always_all(examples: Sequence[Example]) -> list[Choice]:
    """Every sentence, to the limit."""
    return [tuple(range(1, min(len(e.lines), e.limit) + 1)) for e in examples]


def by_kind(examples: Sequence[Example], choices: Sequence[Choice]) -> dict[Kind, Score]:
    """The same for each kind of question."""
    kinds = sorted({e.question.kind for e in examples})
    return {
        kind: score(
            [e for e in examples if e.question.kind == kind],
            [c for e, c in zip(examples, choices, strict=True) if e.question.kind == kind],
        )
        for kind in kinds
    }
