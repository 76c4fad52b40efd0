"""What is trained on when: single sentences, then pairs of question and sentence, then ever longer prompts.

What a sentence says is learnt sooner where it stands alone, and what is asked for where little else stands.
Knows examples and their encoding; knows nothing of networks.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from training.encoding import Encoded, Encoder
from training.examples import compose
from training.phrase_bank import Product, Questions

# A pool is what batches are drawn from at a time: examples of like length go together.
POOL_TOKENS = 65_536
_MOST_LINES = 30


@dataclass(frozen=True, slots=True)
class Stages:
    """How many pools of single lines, of pairs, and of prompts that grow to the full length."""

    lines: int = 5
    pairs: int = 20
    growing: int = 20


@dataclass(frozen=True, slots=True)
class Curriculum:
    """All pools of one run: each is determined by its number and the seed alone."""

    products: Sequence[Product]
    questions: Questions
    encoder: Encoder
    seed: int
    stages: Stages = Stages()

    def pool(self, number: int) -> list[Encoded]:
        """The examples of the `number`-th pool, about POOL_TOKENS tokens."""
        rng = random.Random(f"{self.seed} {number}")
        pool: list[Encoded] = []
        size = 0
        while size < POOL_TOKENS:
            for encoded in self._scene(number, rng):
                pool.append(encoded)
                size += len(encoded.tokens)
        return pool

    def _scene(self, number: int, rng: random.Random) -> Iterator[Encoded]:
        stages = self.stages
        if number < stages.lines:
            for line in compose(self.products, self.questions, rng)[0].lines:
                yield self.encoder.encode_line(line)
        elif (number := number - stages.lines) < stages.pairs:
            for example in compose(self.products, self.questions, rng, most=1):
                yield self.encoder.encode(example).without_answer()
        else:
            share = (number - stages.pairs + 1) / max(stages.growing, 1)
            most = min(max(round(share * _MOST_LINES), 2), _MOST_LINES)
            for example in compose(self.products, self.questions, rng, most=most):
                yield self.encoder.encode(example)
