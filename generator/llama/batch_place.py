"""The places of a batch: who waits for one, and a sequence of the cache with what is written in it.

Knows what is to be run through the model next; knows nothing of llama.cpp.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from generator.events import Sampling
from generator.llama.continuation import Continuation


@dataclass(slots=True)
class Asked:
    """A question that waits for a place. `reuse`: what others have read of its prompt may be used."""

    question: int
    tokens: Sequence[int]
    sampling: Sampling
    reuse: bool
    at: float = field(default_factory=time.perf_counter)


@dataclass(slots=True)
class Place:
    """A sequence of llama.cpp's cache, and what is written in it. `cached`: its tokens in the cache."""

    sequence: int
    cached: list[int] = field(default_factory=list)
    asked: Asked | None = None
    answer: Continuation | None = None
    # Tokens of the prompt that came from the cache; None: not looked for yet.
    reused: int | None = None
    fewest_threads: int = 0

    @property
    def unread(self) -> list[int]:
        """What is to be run through the model next: the rest of the prompt, or what was written last."""
        assert self.answer
        return self.answer.next or self.answer.tokens[len(self.cached) :]

    @property
    def writes(self) -> bool:
        """Whether its prompt has been read."""
        return self.answer is not None and bool(self.answer.next)

    @property
    def reads(self) -> bool:
        """Whether a part of its prompt has been read, or is about to be."""
        return self.answer is not None and not self.answer.next and self.reused is not None
