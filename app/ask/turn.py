"""One question, its passages and the answers to it: goes on in a thread of its own, whoever looks.

Knows the retriever, the registry and the logs; knows nothing of pages.
"""

import random
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from app.ask.history import earlier_exchanges
from app.ask.live_answer import LiveAnswer
from app.ask.question import Question
from app.defects import told
from config import ModelSpec, Settings
from database import Patience
from generator import Answer
from generator.prompts.named import asked_with
from retriever import Match, Product

# Loaded with the first question: what scores and generates would hold up the first paint of the page.
if TYPE_CHECKING:
    from compare.log.vote_log import VoteLog
    from compare.scores import Span
    from generator import AnswerLog, Registry
    from generator.registry.ticket import Ticket
    from retriever import Retriever

# How soon a question that waits notices that it was stopped.
STOP_SECONDS = 0.1
# The id of the best answer in the log, or what is said of all.
Verdict = int | Literal["tie", "bad"]
Stage = Literal["waiting", "searching", "answering", "checking", "done"]


@dataclass(frozen=True, slots=True)
class Services:
    """What all conversations share: where passages come from, who answers, and where it is written down."""

    settings: Settings
    retriever: "Retriever"
    registry: "Registry"
    answer_log: "AnswerLog"
    vote_log: "VoteLog"


class Turn:
    """Starts at once, but waits for the turns before it: their answers are part of its prompt.

    What is public may be read at any time from any thread. `answers` are in the order of the columns, a
    random one for a blind question. `matches`: None until they are found. `cited`: of each passage, what the
    answers cite. `error`: a sentence for people. `hidden`: a vote is awaited before names are told.
    """

    def __init__(
        self,
        question: Question,
        product: Product,
        specs: Sequence[ModelSpec],
        earlier: Sequence["Turn"],
        services: Services,
    ) -> None:
        self.question, self.product = question, product
        self.stage: Stage = "waiting"
        self.matches: tuple[Match, ...] | None = None
        self.cited: tuple[tuple[Span, ...], ...] = ()
        self.error: str | None = None
        self.hidden = question.blind and len(specs) > 1
        self.verdict: Verdict | None = None
        shown = random.sample(list(specs), len(specs)) if question.blind else specs
        self._news = threading.Event()
        self._searched = threading.Event()
        self.answers = tuple(LiveAnswer(spec.name, spec.kind, self._news.set) for spec in shown)
        self._specs = {spec.name: _asked_with(spec, question.prompt) for spec in specs}
        self._earlier = tuple(earlier)
        self._services = services
        self._done = threading.Event()
        threading.Thread(target=self._go_on, daemon=True).start()

    @property
    def running(self) -> bool:
        """Whether there is more to come."""
        return not self._done.is_set()

    @property
    def candidates(self) -> tuple[LiveAnswer, ...]:
        """The answers that can be voted on: whole and logged."""
        return tuple(
            live
            for live in self.answers
            if live.answer_id is not None and live.answer and live.answer.stop_reason != "cancelled"
        )

    def wait(self) -> None:
        """Return when all is done."""
        self._done.wait()

    def wait_for_search(self) -> None:
        """Return when the passages are found, or will not be."""
        self._searched.wait()

    def wait_for_news(self, seconds: float) -> None:
        """Return when an answer begins or ends, or after so long."""
        self._news.wait(seconds)
        self._news.clear()

    def cancel(self) -> None:
        """Stop all answers."""
        for live in self.answers:
            live.cancel()

    def vote(self, verdict: Verdict) -> None:
        """Note which answer is best; in place of an earlier vote. Raises DatabaseError.

        Once the names are told a vote is no longer blind, even a changed one.
        """
        ids = [live.answer_id for live in self.candidates if live.answer_id is not None]
        self._services.vote_log.record(ids, verdict, blind=self.hidden)
        self.verdict, self.hidden = verdict, False

    def reveal(self) -> None:
        """Tell the names without a vote."""
        self.hidden = False

    def _go_on(self) -> None:
        try:
            self._wait_for_earlier()
            self._answer()
            self._check()
        except Exception as error:
            self.error = told(error, "a question was not answered")
        finally:
            for live in self.answers:
                live.end()
            self.stage = "done"
            self._done.set()
            self._searched.set()
            self._news.set()

    def _wait_for_earlier(self) -> None:
        for turn in self._earlier:
            while not (turn._done.wait(STOP_SECONDS) or self._cancelled):
                pass

    @property
    def _cancelled(self) -> bool:
        return all(live.cancelled for live in self.answers)

    def _answer(self) -> None:
        if self._cancelled:
            return
        self.stage = "searching"
        asked, services = self.question, self._services
        retrieved = services.retriever.retrieve(
            self.product.product_id, asked.text, services.settings.retrieval.k, **asdict(asked.filters)
        )
        self.matches = retrieved.matches
        self._searched.set()
        self._news.set()
        if not self.matches and str(asked.filters):
            self.error = (
                f"No passage of this product passes the filters ({asked.filters}): nothing was asked."
            )
            return

        history = earlier_exchanges(self._earlier, self.product.product_id, services.retriever.database)

        def record(answer: Answer, patience: Patience) -> int:
            spec, product = self._specs[answer.model], self.product.product_id
            return services.answer_log.record(answer, spec, product, retrieved.retrieval_s, patience=patience)

        def follow(live: LiveAnswer, ticket: "Ticket") -> None:
            earlier = history.get(live.model, ())
            spec = self._specs[live.model]
            # The one without a language model has but one way.
            answers = None if spec.kind == "extractive" else asked.answers
            live.follow(ticket, asked.text, retrieved.matches, earlier, record, answers, spec.prompt)

        self.stage = "answering"
        if asked.one_by_one:
            for live in self.answers:
                if ticket := self._reserve(live):
                    follow(live, ticket)
            return
        # All places first, so that each model gets its part of the cores from the beginning.
        places = [(live, ticket) for live in self.answers if (ticket := self._reserve(live))]
        threads = [threading.Thread(target=follow, args=place, daemon=True) for place in places]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _reserve(self, live: LiveAnswer) -> "Ticket | None":
        """A place for this model; the others go on without one that cannot be had."""
        if live.cancelled:
            live.end()
            return None
        try:
            return self._services.registry.reserve(live.model)
        except Exception as error:
            # Whatever it is: the others have their places by now, and only their answers give them back.
            live.fail(told(error, f"{live.model} got no place to answer"))
            return None

    def _check(self) -> None:
        """When all are done: it takes the cores, and would slow down what is being written."""
        answered = {live.answer_id: live for live in self.answers if live.answer_id is not None}
        if not answered:
            return
        from app.ask.cited import cited_words
        from compare.scores import score_answers

        self.stage = "checking"
        rows = Patience().repeat(lambda: self._services.answer_log.logged(list(answered)))
        self.cited = tuple(cited_words(rows))
        for scores in score_answers(rows, {}, self._services.retriever.embedder):
            answered[scores.answer_id].unsupported = scores.unsupported


def _asked_with(spec: ModelSpec, prompt: str | None) -> ModelSpec:
    """The model as it is asked; the one without a language model reads no prompt."""
    return spec if prompt is None or spec.kind == "extractive" else asked_with(spec, prompt)
