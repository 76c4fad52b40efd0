"""What is trained on when: single sentences, then questions beside them, then prompts that grow.

What a sentence says is learnt sooner where it stands alone, and what is asked for where little else stands.
Knows examples and their encoding; knows nothing of networks.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from training.encoding import Encoded, Encoder
from training.examples import Line, compose
from training.phrase_bank import Product, Questions

# A pool is what batches are drawn from at a time: examples of like length go together.
POOL_TOKENS = 65_536
_MOST_LINES = 30
_FEW_LINES = 4
# A pool is of so few products, so that many lines of a batch are about what another example asks.
_FEW_PRODUCTS = 4


@dataclass(frozen=True, slots=True)
class Stages:
    """How many pools of single lines, of lines and questions, of short prompts, and of growing ones."""

    lines: int = 5
    beside: int = 12
    few: int = 14
    growing: int = 14

    @property
    def total(self) -> int:
        """The pool from which on all prompts may have the full length."""
        return self.lines + self.beside + self.few + self.growing


@dataclass(frozen=True, slots=True)
class Curriculum:
    """All pools of one run: each is determined by its number and the seed alone."""

    products: Sequence[Product]
    questions: Questions
    encoder: Encoder
    seed: int
    swapped: Sequence[str] = ()
    stages: Stages = Stages()

    def pool(self, number: int) -> list[Encoded]:
        """The examples of the `number`-th pool, about POOL_TOKENS tokens."""
        rng = random.Random(f"{self.seed} {number}")
        alone = number < self.stages.lines
        products = (
            self.products if alone else rng.sample(self.products, min(_FEW_PRODUCTS, len(self.products)))
        )
        pool: list[Encoded] = []
        size = 0
        while size < POOL_TOKENS:
            for encoded in self._scene(number, products, rng):
                pool.append(encoded)
                size += len(encoded.tokens)
        return pool

    def _scene(self, number: int, products: Sequence[Product], rng: random.Random) -> Iterator[Encoded]:
        stages = self.stages
        alone = stages.lines + stages.beside
        if number < alone:
            examples = compose(products, self.questions, rng)
            for example in examples if number >= stages.lines else ():
                yield self.encoder.encode_question(example.question)
            for line in examples[0].lines:
                yield self.encoder.encode_line(line, examples[0].question.product)
                if self.swapped:
                    yield self.encoder.encode_line(Line(rng.choice(self.swapped), (), 0, line.stars))
        elif (number := number - alone) < stages.few:
            for example in compose(products, self.questions, rng, most=_FEW_LINES):
                yield self.encoder.encode(example).without_answer()
        else:
            share = (number - stages.few + 1) / max(stages.growing, 1)
            most = min(max(round(share * _MOST_LINES), _FEW_LINES), _MOST_LINES)
            for example in compose(products, self.questions, rng, most=most):
                yield self.encoder.encode(example)
