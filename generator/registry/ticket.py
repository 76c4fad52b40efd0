"""One question to one model of a registry, from waiting for its turn to its answer.

Knows its place in the line; the registry decides when its turn has come. Knows nothing of memory or pages.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from config import AnswerMode
from generator.answer import Answer, Exchange
from generator.answerer import Answerer
from generator.cores import CoreShare
from generator.events import Loading, Piece, PromptProgress
from generator.registry.place import Place
from retriever.passage import Match

if TYPE_CHECKING:
    from generator.registry.registry import Registry


class Ticket:
    """One question to one model. Ends when its answer is complete, or when it is given back."""

    def __init__(self, registry: "Registry", place: Place) -> None:
        self.place = place
        self.share = CoreShare()
        self._registry = registry
        self._reserved = time.perf_counter()
        self._turn = False

    @property
    def answerer(self) -> Answerer:
        """What answers for the model."""
        return self.place.answerer

    @property
    def ahead(self) -> int:
        """How many questions to its model have to be done before its turn can come; 0 once it may."""
        return self._registry.ahead_of(self)

    def stream(
        self,
        question: str,
        matches: Sequence[Match],
        history: Sequence[Exchange] = (),
        answers: AnswerMode | None = None,
        prompt: str | None = None,
    ) -> Iterator[Loading | PromptProgress | Piece | Answer]:
        """As `Generator.stream`, once it is this ticket's turn; ends without an Answer if it was given back.

        The Answer's `queue_s` counts from the reservation; it is `shared` if another model was asked
        meanwhile, and its threads never were more than its part of the cores.
        """
        try:
            if not self._registry.wait_for_turn(self):
                return
            waited = time.perf_counter() - self._reserved
            self._turn = True
            events = self.answerer.stream(
                question, matches, history=history, sharing=self.share, answers=answers, prompt=prompt
            )
            answer = None
            for event in events:
                if isinstance(event, Answer):
                    answer = replace(event, queue_s=event.queue_s + waited)
                else:
                    yield event
        finally:
            # Before the guard is asked, which may need the room.
            self.give_back()
        if answer:
            yield self._registry.guarded(answer)

    def cancel(self) -> None:
        """End the answer if it is being written, or give the ticket back if its turn has not come."""
        if self._turn:
            self.answerer.cancel()
        else:
            self.give_back()

    def give_back(self) -> None:
        """Let the next one ask. Needed only for a ticket that was never used."""
        self._turn = False
        self._registry.release(self)
