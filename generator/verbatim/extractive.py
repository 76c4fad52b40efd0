"""The contestant without a language model: quotes the sentences that an embedder ranks highest.

The control in every comparison: what a language model adds is what it does better than this. Answers like a
Generator in verbatim mode; knows nothing of prompts, tokens or processes.
"""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from config import AnswerMode, ModelSpec, Settings
from config.errors import ConfigError
from generator.answer import Answer, Exchange
from generator.answerer import Answerer
from generator.asking import Question
from generator.cores import CoreShare
from generator.events import Loading, Text, TimingMode
from generator.measured import Timing
from generator.origin import Origin
from generator.verbatim.choice import Choice
from generator.verbatim.ranking import Evidence, choose, features, weights_for
from generator.verbatim.sentences import Sentence, split_sentences
from generator.verbatim.verbatim import NONE
from retriever.embedder import Embedder
from retriever.passage import Match, Passage
from retriever.stance import Stance, stance_of, unit


class Extractive(Answerer):
    """Ranks the sentences of the matches by nearness to the question, stance, rating and agreement.

    The same question and matches give the same answer. Its memory is that of `embedder`, which retrieval
    holds anyway: it has none of its own, no process, and no tokens; such figures are None.
    """

    predicted = None
    pid = None
    concurrency = 1

    def __init__(self, spec: ModelSpec, settings: Settings, embedder: Embedder) -> None:
        self.spec = spec
        self._limit = settings.verbatim.sentences
        self._embedder = embedder
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._load_s: float | None = None

    def load(self) -> None:
        """Load the embedder, unless retrieval did, and learn the stances. Raises ConfigError."""
        with self._lock:
            self._ready()

    def close(self) -> None:
        """Nothing to free: the embedder is shared."""

    def cancel(self) -> None:
        """End the running answer; it comes empty, with the reason "cancelled"."""
        self._cancelled.set()

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
    ) -> Iterator[Loading | Text | Answer]:
        """As `Generator.stream`; `history`, `seed` and `prompt` are not looked at.

        Raises ConfigError if it is told to write.
        """
        if answers in ("free", "grounded"):
            raise ConfigError(
                f"{self.spec.name} has no language model and cannot write. Ask it for verbatim answers."
            )
        asked = time.perf_counter()
        share = CoreShare.of(sharing)
        with self._lock:
            queue_s = time.perf_counter() - asked
            self._cancelled.clear()
            if self._load_s is None:
                yield Loading(0.0)
            answer = self._answered(self._ready(), Question(question, tuple(matches), mode=mode), queue_s)
            if answer.text:
                yield Text(answer.text)
            yield replace(answer, history_dropped=len(history), shared=share.shared)

    def _ready(self) -> Stance:
        begun = time.perf_counter()
        stance = stance_of(self._embedder)
        if self._load_s is None:
            self._load_s = time.perf_counter() - begun
        return stance

    def _answered(self, stance: Stance, question: Question, queue_s: float) -> Answer:
        engine = f"extractive, embedder {self._embedder.name}"
        origin = Origin(engine=engine, load_average=os.getloadavg()[0])
        begun = time.perf_counter()
        choice, numbers = self._choice(stance, question.text, [match.passage for match in question.matches])
        cancelled = self._cancelled.is_set()
        text = "" if cancelled else choice.take("".join(f"[{number}]" for number in numbers))
        seconds = time.perf_counter() - begun
        return Answer(
            model=self.spec.name,
            question=question.text,
            text=text,
            matches=question.matches,
            dropped=0,
            stop_reason="cancelled" if cancelled else "end",
            timing=_timing(seconds if text else None),
            memory=None,
            predicted_bytes=None,
            load_s=self._load_s,
            queue_s=queue_s,
            mode=question.mode,
            shared=False,
            origin=origin,
            answers="verbatim",
            quotes=tuple(choice.quotes),
        )

    def _choice(
        self, stance: Stance, question: str, passages: Sequence[Passage]
    ) -> tuple[Choice, Sequence[int]]:
        """What can be chosen, and the numbers to choose, best first."""
        sentences = split_sentences(passages)
        numbers = ranked(self._embedder, stance, question, passages, sentences, self._limit)
        return Choice(sentences, passages), numbers or (NONE,)


def ranked(
    embedder: Embedder,
    stance: Stance,
    question: str,
    passages: Sequence[Passage],
    sentences: Sequence[Sentence],
    limit: int,
) -> list[int]:
    """The numbers, from 1, of at most `limit` of the sentences, best first; none if they do not tell."""
    if not sentences:
        return []
    vectors = unit(embedder.embed_passages([sentence.text for sentence in sentences]))
    asked = unit(embedder.embed_question(question))
    # What the embedder does not read is near to nothing, for its vector says nothing.
    vectors[[not embedder.reads(sentence.text) for sentence in sentences]] = 0
    asked = asked if embedder.reads(question) else np.zeros_like(asked)
    of = [passages[sentence.passage - 1] for sentence in sentences]
    reviews = {passage.review_id: number for number, passage in enumerate(passages)}
    evidence = Evidence(
        vectors=vectors,
        review=np.array([reviews[passage.review_id] for passage in of]),
        passage=np.array([sentence.passage for sentence in sentences]),
        polarity=stance.of_sentences(vectors),
        stars=np.array([0.0 if passage.rating is None else (passage.rating - 3) / 2 for passage in of]),
    )
    leaning = stance.of_question(asked)
    weights = weights_for(leaning)
    log_odds = features(asked, leaning, evidence) @ np.array(weights.features)
    return [index + 1 for index in choose(log_odds, vectors, weights, limit)]


def _timing(seconds: float | None) -> Timing:
    """All of the answer comes at once, so its first word is its last; and it has no tokens."""
    return Timing(
        ttft_s=seconds,
        ttfo_s=seconds,
        e2e_s=seconds,
        n_prompt=None,
        n_prompt_reused=None,
        n_out=None,
        threads=None,
        n_reasoning=None,
    )
