"""An answer while it is being written: a thread follows the worker, the page only looks.

So no rerun, no second tab and no click can lose a running answer. Knows nothing of Streamlit.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from config import AnswerMode
from config.errors import UserError
from generator import Answer, Exchange, Loading, PromptProgress, Reasoning, Text, Transcript
from generator.registry import Ticket
from retriever import Match


class LiveAnswer:
    """Starts at once. What is public may be read at any time from any thread."""

    def __init__(
        self,
        ticket: Ticket,
        question: str,
        matches: Sequence[Match],
        history: Sequence[Exchange],
        on_answer: Callable[[Answer], None],
        answers: AnswerMode | None = None,
    ) -> None:
        self.model, self.kind = ticket.generator.spec.name, ticket.generator.spec.kind
        self.status = "waiting for the model"
        self.answer: Answer | None = None
        self.error: str | None = None
        self._transcript = Transcript()
        self._ticket = ticket
        self._started = time.perf_counter()
        self._cancelled = False
        self._thread = threading.Thread(
            target=self._follow, args=(question, matches, history, on_answer, answers), daemon=True
        )
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether there is more to come."""
        return self._thread.is_alive()

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
        """Seconds since the question was asked."""
        return time.perf_counter() - self._started

    def cancel(self) -> None:
        """Stop writing; what is written stays."""
        self._cancelled = True
        self._ticket.cancel()

    def wait(self) -> None:
        """Return when the answer is complete."""
        self._thread.join()

    def _follow(
        self,
        question: str,
        matches: Sequence[Match],
        history: Sequence[Exchange],
        on_answer: Callable[[Answer], None],
        answers: AnswerMode | None,
    ) -> None:
        try:
            for event in self._ticket.stream(question, matches, history, answers):
                self._take(event)
            if self.answer:
                on_answer(self.answer)
            else:
                self.status = "stopped before its turn came"
        except UserError as error:
            self.error = str(error)
        except Exception:
            # A defect: its traceback belongs in the server's log, a sentence on the page.
            logging.getLogger(__name__).exception("%s failed to answer", self.model)
            self.error = "Something went wrong inside ReviewDuel; the server's log tells what."

    def _take(self, event: object) -> None:
        self._transcript.take(event)
        if isinstance(event, Loading):
            self.status = f"loading the model: {event.fraction:.0%}"
        elif isinstance(event, PromptProgress):
            self.status = f"reading the reviews: {event.done} of {event.total} tokens"
        elif isinstance(event, Reasoning):
            self.status = "reasoning"
        elif isinstance(event, Text):
            self.status = "writing"
        elif isinstance(event, Answer):
            self.status = "done"
            self.answer = event
        if self._cancelled and not self.answer:
            self._ticket.cancel()
