"""A model's place in a registry: what answers for it, and the tickets of those who asked, in order.

Knows what a model was foretold to take; knows nothing of the others, nor of the budget.
"""

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from generator.answerer import Answerer

if TYPE_CHECKING:
    from generator.registry.ticket import Ticket


@dataclass(slots=True, eq=False)
class Place:
    """A model and the tickets for it, in order: the first is the one that is admitted, or will be."""

    answerer: Answerer
    tickets: deque["Ticket"] = field(default_factory=deque)
    # Counts up with every use: the lowest is the least recently used.
    used: int = 0
    # When a question last began or ended, of `time.monotonic`: setting the clock makes nobody idle for hours.
    since: float = field(default_factory=time.monotonic)

    @property
    def loaded(self) -> bool:
        """Whether it is in memory."""
        return self.answerer.pid is not None

    @property
    def need(self) -> int:
        """Bytes foretold; none for what takes no memory of its own here."""
        return self.answerer.predicted.process if self.answerer.predicted else 0

    def turn_of(self, ticket: "Ticket") -> bool:
        """Whether it is among the first, as many as the model answers at once."""
        return ticket in list(self.tickets)[: self.answerer.spec.concurrency]
