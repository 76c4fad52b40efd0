"""What can be asked a question, whatever it answers with: a model, or the contestant without one.

Knows what an answer is; knows nothing of how it comes about. `generator.opening` makes one.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Self

from config import AnswerMode, ModelSpec
from generator.answer import Answer, Exchange
from generator.cores import CoreShare
from generator.events import Loading, Piece, PromptProgress, TimingMode
from models.memory.memory import MemoryPrediction
from retriever.passage import Match


class Answerer(ABC):
    """Answers questions from matches; closed at the end of a `with` block.

    `predicted`: the memory it will take; None if it takes none of this machine, or none of its own.
    `concurrency`: how many questions it takes at once, each from a thread of its own; who asks more waits.
    """

    spec: ModelSpec
    predicted: MemoryPrediction | None
    concurrency: int

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    @abstractmethod
    def pid(self) -> int | None:
        """Process id of its worker, if there is one."""

    @abstractmethod
    def load(self) -> None:
        """Get ready to answer, and wait for it."""

    @abstractmethod
    def close(self) -> None:
        """Free what it holds."""

    @abstractmethod
    def cancel(self) -> None:
        """End the running answer."""

    @abstractmethod
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
        """The events of one answer, last the whole Answer; `Generator` says what the arguments mean."""

    def answer(
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
    ) -> Answer:
        """The last event of `stream`."""
        *_, last = self.stream(
            question,
            matches,
            history=history,
            mode=mode,
            sharing=sharing,
            answers=answers,
            seed=seed,
            prompt=prompt,
        )
        assert isinstance(last, Answer)
        return last
