"""An answer while it is being written: a thread follows the worker, the page only looks.

So no rerun, no second tab and no click can lose a running answer. Knows nothing of Streamlit.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from config.errors import UserError
from generator import Answer, Generator, Loading, PromptProgress, Text
from retriever import Match


class LiveAnswer:
    """Starts at once. `status`, `text`, `answer` and `error` may be read at any time from any thread."""

    def __init__(
        self,
        generator: Generator,
        question: str,
        matches: Sequence[Match],
        sharing: int,
        on_answer: Callable[[Answer], None],
    ) -> None:
        self.model = generator.spec.name
        self.status = "waiting for the model"
        self.text = ""
        self.answer: Answer | None = None
        self.error: str | None = None
        self._generator = generator
        self._started = time.perf_counter()
        self._cancelled = False
        self._thread = threading.Thread(
            target=self._follow, args=(question, matches, sharing, on_answer), daemon=True
        )
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether there is more to come."""
        return self._thread.is_alive()

    @property
    def seconds(self) -> float:
        """Seconds since the question was asked."""
        return time.perf_counter() - self._started

    def cancel(self) -> None:
        """Stop writing; what is written stays."""
        self._cancelled = True
        if self.status != "waiting for the model":
            self._generator.cancel()

    def wait(self) -> None:
        """Return when the answer is complete."""
        self._thread.join()

    def _follow(
        self,
        question: str,
        matches: Sequence[Match],
        sharing: int,
        on_answer: Callable[[Answer], None],
    ) -> None:
        try:
            for event in self._generator.stream(question, matches, sharing=sharing):
                self._take(event)
            if self.answer:
                on_answer(self.answer)
        except UserError as error:
            self.error = str(error)
        except Exception:
            # A defect: its traceback belongs in the server's log, a sentence on the page.
            logging.getLogger(__name__).exception("%s failed to answer", self.model)
            self.error = "Something went wrong inside ReviewDuel; the server's log tells what."

    def _take(self, event: Loading | PromptProgress | Text | Answer) -> None:
        if isinstance(event, Loading):
            self.status = f"loading the model: {event.fraction:.0%}"
        elif isinstance(event, PromptProgress):
            self.status = f"reading the reviews: {event.done} of {event.total} tokens"
        elif isinstance(event, Text):
            self.status = "writing"
            self.text += event.text
        else:
            self.status = "done"
            self.text = event.text
            self.answer = event
        if self._cancelled and not isinstance(event, Answer):
            self._generator.cancel()
