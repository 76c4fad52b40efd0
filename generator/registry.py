"""Several models kept loaded within a memory budget; those that answer at the same time divide the cores.

Knows Generators and how much memory each was foretold to take; knows nothing of prompts or pages.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import psutil

from config import AnswerMode, Settings
from generator.answer import Answer, Exchange
from generator.answerer import Answerer
from generator.cores import CoreShare
from generator.events import Loading, Piece, PromptProgress
from generator.opening import open_answerer
from models.catalogue import find_spec
from retriever.embedder import Embedder
from retriever.passage import Match

# Of the memory that is available at the start; the rest is for the database, the embedder and the page.
DEFAULT_SHARE = 0.8


@dataclass(slots=True, eq=False)
class _Place:
    """A model and the tickets for it, in order: the first is the one that is admitted, or will be."""

    generator: Answerer
    tickets: deque["Ticket"] = field(default_factory=deque)
    # Counts up with every use: the lowest is the least recently used.
    used: int = 0

    @property
    def loaded(self) -> bool:
        return self.generator.pid is not None

    @property
    def need(self) -> int:
        """Bytes foretold; none for what takes no memory of its own here."""
        return self.generator.predicted.process if self.generator.predicted else 0

    def turn_of(self, ticket: "Ticket") -> bool:
        """Whether it is among the first, as many as the model answers at once."""
        return ticket in list(self.tickets)[: self.generator.spec.concurrency]


class Registry:
    """Hands out tickets to ask models by name. Thread-safe.

    A model that is to be loaded pushes the least recently used ones out until all fit the budget, but never
    one that is answering: for that it waits. One that exceeds the budget by itself is loaded once alone.
    """

    def __init__(self, settings: Settings, embedder: Embedder | None = None) -> None:
        self._settings = settings
        self._embedder = embedder or Embedder(settings.embedder)
        self.budget: int = settings.memory_budget or int(DEFAULT_SHARE * psutil.virtual_memory().available)
        self._changed = threading.Condition()
        self._places: dict[str, _Place] = {}
        self._uses = 0
        # In the order of reservation.
        self._waiting: list[Ticket] = []
        # At most one of each model, of a server `concurrency`: answering, being loaded, or about to be.
        self._admitted: set[Ticket] = set()

    def __enter__(self) -> "Registry":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def loaded(self) -> list[str]:
        """Names of the models in memory, the least recently used first."""
        with self._changed:
            return [place.generator.spec.name for place in self._by_use() if place.loaded]

    @property
    def answering(self) -> int:
        """How many answers are being written now."""
        with self._changed:
            return len(self._admitted)

    def reserve(self, name: str) -> "Ticket":
        """A ticket for one question: from now on, or as soon as there is room, the model counts as answering.

        Who asks several models at once reserves all before the first is asked, so that each gets its part
        of the cores. Raises UnknownModel, ModelUnavailable.
        """
        with self._changed:
            if name not in self._places:
                spec = find_spec(name, self._settings)
                self._places[name] = _Place(open_answerer(spec, self._settings, self._embedder))
            ticket = Ticket(self, self._places[name])
            ticket.place.tickets.append(ticket)
            self._waiting.append(ticket)
            self._admit()
            return ticket

    def close(self) -> None:
        """End all models; running answers end in GenerationFailed."""
        with self._changed:
            places = list(self._places.values())
        for place in places:
            place.generator.close()

    def _wait_for_turn(self, ticket: "Ticket") -> bool:
        """Return when the ticket is admitted; False if it was given back."""
        with self._changed:
            self._changed.wait_for(lambda: ticket not in self._waiting)
            return ticket in self._admitted

    def _release(self, ticket: "Ticket") -> None:
        with self._changed:
            if ticket in ticket.place.tickets:
                ticket.place.tickets.remove(ticket)
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            self._admitted.discard(ticket)
            self._admit()

    def _admit(self) -> None:
        """Admit who waits and can be: the first of each model, in the order of reservation."""
        no_room = False
        for ticket in list(self._waiting):
            place = ticket.place
            if not place.turn_of(ticket):
                continue
            # One that finds no room is not overtaken by another that needs some, or it might wait for ever.
            if place.need and not place.loaded and (no_room or not self._make_room(place)):
                no_room = True
                continue
            self._waiting.remove(ticket)
            self._admitted.add(ticket)
            self._uses += 1
            place.used = self._uses
        for ticket in self._admitted:
            # They share what they run on: this machine (no URL), or the server of that URL.
            url = ticket.generator.spec.url
            ticket.share.change(sum(other.generator.spec.url == url for other in self._admitted))
        self._changed.notify_all()

    def _make_room(self, newcomer: _Place) -> bool:
        """Push idle models out, the least recently used first, until the newcomer fits; False if not."""
        need = newcomer.need
        busy = {ticket.place for ticket in self._admitted}
        idle = [place for place in self._by_use() if place.loaded and place not in busy]
        if busy and need + sum(place.need for place in busy) > self.budget:
            return False
        for place in idle:
            present = [*busy, *(other for other in idle if other.loaded)]
            if need + sum(other.need for other in present) > self.budget:
                place.generator.close()
        return True

    def _by_use(self) -> list[_Place]:
        return sorted(self._places.values(), key=lambda place: place.used)


class Ticket:
    """One question to one model. Ends when its answer is complete, or when it is given back."""

    def __init__(self, registry: Registry, place: _Place) -> None:
        self.place = place
        self.share = CoreShare()
        self._registry = registry
        self._reserved = time.perf_counter()
        self._turn = False

    @property
    def generator(self) -> Answerer:
        """The model's generator."""
        return self.place.generator

    def stream(
        self,
        question: str,
        matches: Sequence[Match],
        history: Sequence[Exchange] = (),
        answers: AnswerMode | None = None,
    ) -> Iterator[Loading | PromptProgress | Piece | Answer]:
        """As `Generator.stream`, once it is this ticket's turn; ends without an Answer if it was given back.

        The Answer's `queue_s` counts from the reservation; it is `shared` if another model was asked
        meanwhile, and its threads never were more than its part of the cores.
        """
        try:
            if not self._registry._wait_for_turn(self):
                return
            waited = time.perf_counter() - self._reserved
            self._turn = True
            events = self.generator.stream(
                question, matches, history=history, sharing=self.share, answers=answers
            )
            for event in events:
                yield replace(event, queue_s=event.queue_s + waited) if isinstance(event, Answer) else event
        finally:
            self.give_back()

    def cancel(self) -> None:
        """End the answer if it is being written, or give the ticket back if its turn has not come."""
        if self._turn:
            self.generator.cancel()
        else:
            self.give_back()

    def give_back(self) -> None:
        """Let the next one ask. Needed only for a ticket that was never used."""
        self._turn = False
        self._registry._release(self)
