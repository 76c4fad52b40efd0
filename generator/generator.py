"""The Generator: any configured model answers questions from passages, honestly measured.

One Generator, one model, one process or server. Knows prompts and figures; knows nothing of databases.
"""

import threading
import time
from collections.abc import Generator as EventsOf
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from config import AnswerMode, ModelSpec, Settings
from config.errors import ConfigError, PromptTooLong
from generator.answer import Answer, Exchange
from generator.answerer import Answerer
from generator.asking import Question
from generator.cores import CoreShare
from generator.events import Done, Event, Loading, Message, Piece, PromptProgress, TimingMode
from generator.held_model import HeldModel
from generator.origin import origin_of
from generator.prompts.fitting import Fitting, Prompt
from generator.prompts.named import find_prompt
from generator.prompts.room import require_room, sampling_of
from generator.safety.content_filter import concerns
from generator.transcript import Transcript
from generator.verbatim.choice import Choice
from generator.verbatim.grounded import TEMPLATE, Grounded, chosen_sentences, report_messages
from retriever.embedder import Embedder
from retriever.passage import Match
from retriever.stance import stance_of

# Questions that a batch is asked beyond those it has places for.
AHEAD = 2


class Generator(Answerer):
    """Loads `spec`'s file into a process of its own when first asked; one behind a server is only asked.

    One answer at a time, of a server `spec.concurrency`; of a file up to `at_once` if the memory allows it,
    all in one batch: then each caller has a thread of its own. Raises ModelUnavailable if the file is missing
    or unusable, and before loading, unless `force`, if it does not fit. `close()` frees the memory.
    `embedder`: the one of retrieval, which chooses the sentences of grounded answers.
    """

    def __init__(
        self,
        spec: ModelSpec,
        settings: Settings,
        force: bool = False,
        at_once: int = 1,
        embedder: Embedder | None = None,
    ) -> None:
        self.spec = spec
        self._held = HeldModel(spec, settings, force, at_once)
        self.path, self.header, self.predicted = self._held.path, self._held.header, self._held.predicted
        self._settings, self._embedder = settings, embedder
        find_prompt(spec.prompt, settings)  # an unknown one is to be told before anything is loaded
        self._fitting = Fitting(spec, settings.verbatim)
        # The next ones shall be there, with their prompts ready, when a place in the batch becomes free.
        places = self._held.sequences
        self.concurrency = places + AHEAD if places > 1 else spec.concurrency
        self._lock = threading.Semaphore(self.concurrency)

    @property
    def pid(self) -> int | None:
        """Process id of the worker, if there is one."""
        return self._held.pid

    @property
    def file_sha256(self) -> str | None:
        """Of the model's file, and behind a "+" of its adapter's, once loaded; None behind a server."""
        return self._held.file_sha256

    def load(self) -> None:
        """Load the model now, and wait for it."""
        with self._lock:
            for _ in self._held.ready():
                pass

    def close(self) -> None:
        """End the worker; a running answer ends in GenerationFailed. The next question loads again."""
        self._held.close()

    def cancel(self) -> None:
        """End the running answer, in the middle of its prompt too; it is Done with "cancelled".

        One whose model is still being loaded ends as soon as that is done.
        """
        self._held.cancel()

    def generate(
        self,
        messages: Sequence[Message],
        *,
        stop: Sequence[str] = (),
        grammar: str = "",
        mode: TimingMode = "interactive",
        sharing: int | CoreShare = 1,
    ) -> Iterator[Event]:
        """Continue a conversation: Loading, PromptProgress, pieces of text, and last Done.

        `sharing`: how many models answer at the same time and divide the cores; this one gets its part.
        `grammar`: what the answer must obey, in GBNF; never made of what people wrote
        (`generator.verbatim.verbatim`). A server is not told of it.
        """
        with self._lock:
            yield from self._held.ready()
            tokens = self._held.tokenize(messages, mode)
            require_room(self.spec, self._held.loaded, len(tokens))
            # A model without a chat template is stopped at words that a grammar already excludes.
            stops = (*stop, *(() if grammar else self._held.stops))
            sampling = sampling_of(self.spec, self._held.loaded, len(tokens), stops)
            sampling = replace(sampling, grammar=grammar)
            share = CoreShare.of(sharing)
            yield from self._held.generate(tokens, sampling, mode, share)

    def stream(
        self,
        question: str,
        matches: Sequence[Match],
        *,
        history: Sequence[Exchange] = (),
        mode: TimingMode = "interactive",
        sharing: int | CoreShare = 1,
        answers: AnswerMode | None = None,
        seed: int | None = None,
        prompt: str | None = None,
    ) -> Iterator[Loading | PromptProgress | Piece | Answer]:
        """Answer `question` from `matches` (best first): the same events, but last the whole Answer.

        `history`: earlier exchanges, oldest first. The oldest are dropped until the prompt leaves room for
        an answer, then the lowest-ranked passages; raises PromptTooLong if not even one fits.
        `answers`: None as the model's settings say. A "verbatim" one is a choice of sentences, a "grounded"
        one reports sentences that the embedder chose; whatever was said before: no history is in their
        prompts. For these raises ConfigError for a model behind a server, for the last without an embedder.
        `seed`: of the sampling, `prompt`: the name of the words to ask with; each in place of the settings'.
        """
        asked = time.perf_counter()
        words = find_prompt(prompt or self.spec.prompt, self._settings)
        request = Question(
            question, tuple(matches), tuple(history), answers or self.spec.answers, mode, seed, words
        )
        self._require_able(request)
        share = CoreShare.of(sharing)
        with self._lock:
            queue_s = time.perf_counter() - asked
            yield from self._held.ready()
            if request.answers == "grounded":
                yield from self._grounded(request, queue_s, share)
                return
            fitted, events = yield from self._begin(request, share)
            # Whoever leaves early ends this answer before the next one may ask, or the next is taken for it.
            with closing(events):
                yield from self._answered(request, fitted, events, queue_s, share)

    def _require_able(self, question: Question) -> None:
        if question.answers != "free" and self.spec.remote:
            raise ConfigError(
                f"{self.spec.name} is behind a server, which cannot be held to sentences of the reviews. "
                "Verbatim and grounded answers need a local model."
            )
        if question.answers == "grounded" and self._embedder is None:
            raise ConfigError(
                f"{self.spec.name} has no embedder, which chooses what a grounded answer rests on. "
                "Give one to the Generator, or use open_answerer."
            )

    def _grounded(
        self, question: Question, queue_s: float, share: CoreShare
    ) -> Iterator[Loading | PromptProgress | Piece | Answer]:
        assert self._embedder
        stance_of(self._embedder)  # learnt with the first question, outside the timing
        passages = [match.passage for match in question.matches]
        making = Grounded(self._held, self.spec, self._embedder, question.mode)
        limit = self._settings.verbatim.sentences
        chosen = chosen_sentences(question.text, passages, self._embedder, limit)
        transcript = Transcript()
        with closing(making.write(chosen, share, question.seed)) as events:
            for event in events:
                transcript.take(event)
                yield event
        asked = [message for sentence in chosen for message in report_messages(sentence.text)]
        own_words = " ".join(filter(None, making.reports))
        yield Answer(
            model=self.spec.name,
            question=question.text,
            text=transcript.text,
            matches=question.matches,
            dropped=0,
            stop_reason=making.stop_reason,
            timing=making.timing,
            memory=making.memory,
            predicted_bytes=self.predicted.process if self.predicted else None,
            load_s=self._held.load_s,
            queue_s=queue_s + making.waited_s,
            mode=question.mode,
            shared=share.shared or question.mode == "throughput",
            history_dropped=len(question.history),
            origin=origin_of(asked, self._held.file_sha256, self._held.loaded.engine),
            answers="grounded",
            quotes=tuple(making.quotes),
            reports=tuple(making.reports),
            flagged=concerns(own_words, [passage.text for passage in passages]),
            template=TEMPLATE,
        )

    def _foretold(self, answers: AnswerMode) -> int | None:
        """Bytes of the worker at its peak; a choice needs more than writing."""
        if not self.predicted:
            return None
        return self.predicted.writing if answers == "free" else self.predicted.process

    def _begin(
        self, question: Question, share: CoreShare
    ) -> EventsOf[PromptProgress, None, tuple[Prompt, EventsOf[Event, None, None]]]:
        held = self._held
        prompt = self._fitting.fit(
            question, held.loaded, lambda messages: held.tokenize(messages, question.mode)
        )
        if self.spec.remote:
            yield PromptProgress(done=0, total=len(prompt.tokens))  # estimated; all that is heard of it
        sampling = self._fitting.sampling(prompt, held.loaded, held.stops)
        if question.seed is not None:
            sampling = replace(sampling, seed=question.seed)
        events = held.generate(prompt.tokens, sampling, question.mode, share)
        try:
            return prompt, _going_on(next(events), events)
        except PromptTooLong:
            # Only a server finds that out when it is asked.
            if not (shorter := prompt.shorter(question)):
                raise
            return (yield from self._begin(shorter, share))

    def _answered(
        self, question: Question, prompt: Prompt, events: Iterator[Event], queue_s: float, share: CoreShare
    ) -> Iterator[Loading | PromptProgress | Piece | Answer]:
        """The events as they are to be seen, and in place of Done the Answer."""
        origin = origin_of(prompt.messages, self._held.file_sha256, self._held.loaded.engine)
        passages = [match.passage for match in prompt.matches]
        choice = Choice(prompt.sentences or (), passages)
        transcript = Transcript()
        for event in events if prompt.sentences is None else choice.pasted(events):
            transcript.take(event)
            if not isinstance(event, Done):
                yield event
                continue
            yield Answer(
                model=self.spec.name,
                question=question.text,
                text=transcript.text.rstrip(),
                matches=prompt.matches,
                dropped=len(question.matches) - len(prompt.matches),
                stop_reason=event.stop_reason,
                timing=event.timing,
                memory=event.memory,
                predicted_bytes=self._foretold(question.answers),
                load_s=self._held.load_s,
                queue_s=queue_s + event.waited_s,
                mode=question.mode,
                shared=share.shared or question.mode == "throughput",
                reasoning=transcript.reasoning.rstrip(),
                history=prompt.history,
                history_dropped=len(question.history) - len(prompt.history),
                origin=origin,
                answers=question.answers,
                template=question.template,
                quotes=tuple(choice.quotes),
                own_line=choice.own_line.rstrip(),
                flagged=concerns(
                    transcript.text if prompt.sentences is None else choice.own_line,
                    [passage.text for passage in passages],
                ),
            )


def _going_on(first: Event, events: Iterator[Event]) -> EventsOf[Event, None, None]:
    """Events of which the first was taken already, once more from it on; to close them ends the answer."""
    yield first
    yield from events
