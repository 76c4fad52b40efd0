"""Several models kept loaded within a memory budget; those that answer at the same time divide the cores.

Knows Generators and how much memory each was foretold to take; knows nothing of prompts or pages.
"""

import threading
import time

from config import Settings
from config.errors import ModelBusy
from config.machine import memory_free
from generator.answer import Answer
from generator.opening import open_answerer
from generator.registry.footprint import Footprint, footprint
from generator.registry.place import Place
from generator.registry.ticket import Ticket
from generator.safety.guard import guard_of, guarded
from models.catalogue.catalogue import find_spec
from retriever.embedder import Embedder

# Of the memory that is available at the start; the rest is for the database, the embedder and the page.
DEFAULT_SHARE = 0.8
# Where the guard model is, apart from the same one as it answers: no model has this name.
AS_GUARD = ""


class Registry:
    """Hands out tickets to ask models by name. Thread-safe.

    A model that is to be loaded pushes the least recently used ones out until all fit the budget, but never
    one that is answering: for that it waits. One that exceeds the budget by itself is loaded once alone.

    Raises ConfigError, UnknownModel and ModelUnavailable for the guard model that the settings name.
    """

    def __init__(self, settings: Settings, embedder: Embedder | None = None) -> None:
        self._settings = settings
        self._embedder = embedder or Embedder(settings.embedder)
        self.budget: int = settings.memory_budget or int(DEFAULT_SHARE * memory_free())
        self._changed = threading.Condition()
        self._places: dict[str, Place] = {}
        self._guard = guard_of(settings)
        if self._guard:
            self._places[AS_GUARD] = Place(self._guard)
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
            return [place.answerer.spec.name for place in self._by_use() if place.loaded]

    @property
    def answering(self) -> int:
        """How many answers are being written now."""
        with self._changed:
            return len(self._admitted)

    @property
    def held(self) -> list[Footprint]:
        """What each model in memory uses now, the least recently used first."""
        with self._changed:
            loaded = [
                (place, [ticket.share.threads for ticket in self._admitted if ticket.place is place])
                for place in self._by_use()
                if place.loaded
            ]
        found = (
            footprint(place.answerer, threads, place.since, guard=place.answerer is self._guard)
            for place, threads in loaded
        )
        return [one for one in found if one]

    def reserve(self, name: str) -> Ticket:
        """A ticket for one question: from now on, or as soon as there is room, the model counts as answering.

        Who asks several models at once reserves all before the first is asked, so that each gets its part
        of the cores. Raises UnknownModel, ModelUnavailable.
        """
        with self._changed:
            if name not in self._places:
                spec = find_spec(name, self._settings)
                self._places[name] = Place(open_answerer(spec, self._settings, self._embedder))
            ticket = Ticket(self, self._places[name])
            ticket.place.tickets.append(ticket)
            self._waiting.append(ticket)
            self._admit()
            return ticket

    def load(self, name: str) -> None:
        """Load a model before it is asked, and wait for it; room is made as for a question.

        Raises UnknownModel, ModelUnavailable.
        """
        ticket = self.reserve(name)
        try:
            if self.wait_for_turn(ticket):
                ticket.answerer.load()
        finally:
            ticket.give_back()

    def unload(self, name: str) -> None:
        """Free the memory of a model that is idle. Raises ModelBusy for one that is asked."""
        with self._changed:
            place = self._places.get(name)
            if place and place.tickets:
                raise ModelBusy(f"{name} is answering. Stop its answers or wait for them, then unload it.")
            if place:
                place.answerer.close()
                # Forgotten, so that its file is read anew: it may be another one by then.
                del self._places[name]
                self._admit()

    def guarded(self, answer: Answer) -> Answer:
        """The answer, with what the settings' guard says of it; that takes its turn as any model does."""
        if not (self._guard and answer.text):
            return answer
        ticket = self.reserve(AS_GUARD)
        try:
            self.wait_for_turn(ticket)
            return guarded(answer, self._guard, ticket.share)
        finally:
            ticket.give_back()

    def close(self) -> None:
        """End all models; running answers end in GenerationFailed, and tickets that wait are given back."""
        with self._changed:
            for ticket in self._waiting:
                ticket.place.tickets.remove(ticket)
            self._waiting.clear()
            self._changed.notify_all()
            places = list(self._places.values())
        for place in places:
            place.answerer.close()

    def wait_for_turn(self, ticket: Ticket) -> bool:
        """Return when the ticket is admitted; False if it was given back."""
        with self._changed:
            self._changed.wait_for(lambda: ticket not in self._waiting)
            return ticket in self._admitted

    def ahead_of(self, ticket: Ticket) -> int:
        """How many questions to its model have to be done before its turn can come."""
        with self._changed:
            tickets = ticket.place.tickets
            if ticket not in tickets:
                return 0
            return max(0, tickets.index(ticket) + 1 - ticket.answerer.spec.concurrency)

    def release(self, ticket: Ticket) -> None:
        """Let the next one ask."""
        with self._changed:
            if ticket in ticket.place.tickets:
                ticket.place.tickets.remove(ticket)
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            if ticket in self._admitted:
                ticket.place.since = time.monotonic()
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
            place.since = time.monotonic()
        for ticket in self._admitted:
            # They share what they run on: this machine (no URL), or the server of that URL.
            url = ticket.answerer.spec.url
            ticket.share.change(sum(other.answerer.spec.url == url for other in self._admitted))
        self._changed.notify_all()

    def _make_room(self, newcomer: Place) -> bool:
        """Push idle models out, the least recently used first, until the newcomer fits; False if not."""
        need = newcomer.need
        busy = {ticket.place for ticket in self._admitted}
        idle = [place for place in self._by_use() if place.loaded and place not in busy]
        if busy and need + sum(place.need for place in busy) > self.budget:
            return False
        for place in idle:
            present = [*busy, *(other for other in idle if other.loaded)]
            if need + sum(other.need for other in present) > self.budget:
                place.answerer.close()
        return True

    def _by_use(self) -> list[Place]:
        return sorted(self._places.values(), key=lambda place: place.used)
