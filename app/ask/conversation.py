"""Conversations, kept on the server under ids that nobody guesses: whoever has the link sees the same one.

Knows turns; knows nothing of pages. The answers themselves are in the answer log, conversations only here.
"""

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from app.ask.question import MOST_CHARACTERS, MOST_MODELS, Question
from app.ask.turn import Services, Turn
from config.errors import AskedTooMuch
from database.connection import storable
from models.catalogue.catalogue import find_spec

MOST_CONVERSATIONS = 200
MOST_RUNNING = 4
MOST_A_MINUTE = 20
MINUTE = 60.0


class Limits:
    """How much one visitor may ask: so much at once, and so much in a minute. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._running: list[Turn] = []
        # When the latest were asked, and no more of them: turns that have ended hold passages and answers.
        self._asked: deque[float] = deque(maxlen=MOST_A_MINUTE)

    def admit(self, begin: Callable[[], Turn]) -> Turn:
        """Begin a turn; raises AskedTooMuch where that would be one too many."""
        with self._lock:
            self._running = [turn for turn in self._running if turn.running]
            if len(self._running) >= MOST_RUNNING:
                raise AskedTooMuch(
                    f"{MOST_RUNNING} of your questions are still being answered. "
                    "Wait until one is done, or stop one."
                )
            now = self._clock()
            if len(self._asked) == MOST_A_MINUTE and (wait := self._asked[0] + MINUTE - now) > 0:
                raise AskedTooMuch(
                    f"{MOST_A_MINUTE} questions a minute are the most; the next can be asked in {wait:.0f} s."
                )
            turn = begin()
            self._running.append(turn)
            self._asked.append(now)
            return turn


class Conversation:
    """Turns in the order they were asked. Thread-safe."""

    def __init__(self, services: Services, limits: Limits) -> None:
        self.id = secrets.token_urlsafe(16)
        self.turns: tuple[Turn, ...] = ()
        self.limits = limits
        self._services = services
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether anything is still to come."""
        return any(turn.running for turn in self.turns)

    @property
    def state(self) -> tuple[object, ...]:
        """Changes whenever the page would look different, but for what is being written."""
        return tuple((turn.running, turn.verdict, turn.hidden) for turn in self.turns)

    def ask(self, question: Question) -> Turn:
        """Begin to answer. Raises UnknownProduct, UnknownModel, and AskedTooMuch also for too many models."""
        if not 0 < len(question.models) <= MOST_MODELS:
            raise AskedTooMuch(f"One question goes to {MOST_MODELS} models at most, and to one at least.")
        if len(question.text) > MOST_CHARACTERS:
            raise AskedTooMuch(f"A question has {MOST_CHARACTERS:,} characters at most.")
        product = self._services.retriever.product(question.product_id)
        # A link may hold what no keyboard writes.
        question = replace(question, product_id=product.product_id, text=storable(question.text).strip())
        specs = [find_spec(model, self._services.settings) for model in dict.fromkeys(question.models)]
        with self._lock:
            turn = self.limits.admit(lambda: Turn(question, product, specs, self.turns, self._services))
            self.turns = (*self.turns, turn)
        return turn


class Conversations:
    """All that are remembered: the latest ones, and any that is being answered. Thread-safe."""

    def __init__(self, services: Services, most: int = MOST_CONVERSATIONS) -> None:
        self._services = services
        self._most = most
        self._lock = threading.Lock()
        # The least recently looked at first.
        self._known: dict[str, Conversation] = {}

    def begin(self, limits: Limits) -> Conversation:
        """A new one, without a turn; the oldest idle ones beyond the most are let go."""
        conversation = Conversation(self._services, limits)
        with self._lock:
            idle = [one.id for one in self._known.values() if not one.running]
            for old in idle[: max(0, len(self._known) + 1 - self._most)]:
                del self._known[old]
            self._known[conversation.id] = conversation
        return conversation

    def find(self, conversation_id: str) -> Conversation | None:
        """The one of this id; None if there never was one, or it was let go."""
        with self._lock:
            conversation = self._known.pop(conversation_id, None)
            if conversation:
                self._known[conversation_id] = conversation
            return conversation
