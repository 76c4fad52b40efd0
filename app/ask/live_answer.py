"""An answer while it is being written: whoever follows the worker puts it in, the page only looks.

So no rerun, no second tab and no click can lose a running answer. Knows nothing of Streamlit.
"""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from app.defects import told
from config import AnswerMode
from config.errors import DatabaseError
from config.model_spec import ModelKind
from database import Patience
from generator import Answer, Exchange, Loading, PromptProgress, Reasoning, Text, Transcript
from generator.answer import count_words
from generator.measured import Pace
from retriever import Match

if TYPE_CHECKING:
    from compare.scores import Span
    from generator.registry.ticket import Ticket

WAITING = "waiting for its turn"


class LiveAnswer:
    """What is public may be read at any time from any thread.

    `answer_id`: in the answer log, once it is there; `note`: why it is not there yet, if that takes long.
    `unsupported`: sentences of the whole answer that no passage supports, once they were looked for.
    """

    def __init__(self, model: str, kind: ModelKind, tell: Callable[[], None] = lambda: None) -> None:
        """`tell` is called when its first word is there, and at its end."""
        self.model, self.kind = model, kind
        self.answer: Answer | None = None
        self.answer_id: int | None = None
        self.error: str | None = None
        self.note = ""
        self.unsupported: tuple[Span, ...] = ()
        self.cancelled = False
        self._tell = tell
        self.running = True
        self._status = WAITING
        self._transcript = Transcript()
        self._ticket: Ticket | None = None
        self._asked = time.perf_counter()
        self._begun: float | None = None
        # Of the text, up to its last space.
        self._words = self._counted = 0
        self._pace: Pace | None = None
        self._ended: float | None = None

    @property
    def status(self) -> str:
        """What it is doing, in words."""
        ticket = self._ticket if self._status == WAITING else None
        ahead = ticket.ahead if ticket and not self.cancelled else 0
        if ahead:
            return f"{'next' if ahead == 1 else ordinal(ahead)} in line for {self.model}"
        return "stopping" if self.cancelled and self.running else self._status

    @property
    def text(self) -> str:
        """The answer as far as it is written."""
        return self.answer.text if self.answer else self._transcript.text

    @property
    def reasoning(self) -> str:
        """What was written before the answer, as far as it is written."""
        return self.answer.reasoning if self.answer else self._transcript.reasoning

    @property
    def seconds(self) -> float:
        """Seconds since the question was asked, until it was answered."""
        return (self._ended or time.perf_counter()) - self._asked

    @property
    def speed(self) -> tuple[str, float | None]:
        """How fast it writes, so far: a figure's key and value; of words where tokens are not counted."""
        if self._pace:
            return "decode_tok_s", self._pace.decode_tok_s
        if not self._words or self._begun is None:
            return "words_per_s", None
        return "words_per_s", self._words / max(1e-3, (self._ended or time.perf_counter()) - self._begun)

    def cancel(self) -> None:
        """Stop writing, or do not begin; what is written stays."""
        self.cancelled = True
        if ticket := self._ticket:
            ticket.cancel()

    def fail(self, reason: str) -> None:
        """End without an answer; `reason` is a sentence for people."""
        self.error = reason
        self.end()

    def end(self) -> None:
        """Nothing more comes."""
        if not self.running:
            return
        if not (self.answer or self.error):
            self._status = "stopped before its turn came"
        self._ended = time.perf_counter()
        self.running = False
        # An answer is kept for long: the model that its ticket leads to may be unloaded by then.
        self._ticket = None
        if self.answer:
            self._transcript = Transcript()
        self._tell()

    def follow(
        self,
        ticket: "Ticket",
        question: str,
        matches: Sequence[Match],
        history: Sequence[Exchange],
        record: Callable[[Answer, Patience], int],
        answers: AnswerMode | None = None,
        prompt: str | None = None,
    ) -> None:
        """Ask, and return when the answer is complete, `record`ed under its id, or has failed."""
        self._ticket = ticket
        try:
            if self.cancelled:
                ticket.give_back()
                return
            for event in ticket.stream(question, matches, history, answers, prompt):
                self._take(event, ticket)
            if self.answer:
                self._log(self.answer, record)
        except Exception as error:
            self.error = told(error, f"{self.model} failed to answer")
        finally:
            self.end()

    def _log(self, answer: Answer, record: Callable[[Answer, Patience], int]) -> None:
        """Have it written down, also by a database that is away for a while."""

        def wait(why: str) -> None:
            self.note = f"Not in the answer log yet. {why}"
            self._tell()

        try:
            self.answer_id = record(answer, Patience(wait))
        except DatabaseError as error:
            raise DatabaseError(f"This answer is not in the answer log. {error}") from error
        finally:
            self.note = ""

    def _take(self, event: object, ticket: "Ticket") -> None:
        self._transcript.take(event)
        self._count()
        if isinstance(event, Loading):
            self._status = f"loading the model: {event.fraction:.0%}"
        else:
            self._begun = self._begun or time.perf_counter()
        if isinstance(event, Text | Reasoning):
            self._pace = event.pace or self._pace
        if isinstance(event, PromptProgress):
            self._status = f"reading the reviews: {event.done} of {event.total} tokens"
        elif isinstance(event, Reasoning):
            self._status = "reasoning"
        elif isinstance(event, Text):
            if self._status != "writing":
                self._tell()
            self._status = "writing"
        elif isinstance(event, Answer):
            self._status = "done"
            self.answer = event
        # A click may come between the turn and the worker's beginning, when there is nothing yet to cancel.
        if self.cancelled and not self.answer:
            ticket.cancel()

    def _count(self) -> None:
        """Count the words as they come: all of a long answer anew, at every look, would take the cores."""
        text = self._transcript.text
        if len(text) < self._counted:  # it was reasoning
            self._words = self._counted = 0
        end = text.rfind(" ") + 1
        if end > self._counted:
            self._words += count_words(text[self._counted : end])
            self._counted = end


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th…"""
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
