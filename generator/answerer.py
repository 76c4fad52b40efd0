"""What can be asked a question: a model, or the contestant without one.

Knows which kinds there are; knows nothing of how they come by their answers.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol, Self

from config import AnswerMode, ModelSpec, Settings
from generator.answer import Answer, Exchange
from generator.cores import CoreShare
from generator.events import Loading, Piece, PromptProgress, TimingMode
from generator.extractive import Extractive
from generator.generator import Generator
from models.memory import MemoryPrediction
from retriever.embedder import Embedder
from retriever.passage import Match


class Answerer(Protocol):
    """Answers questions from matches; `Generator` says what each member means."""

    spec: ModelSpec

    @property
    def predicted(self) -> MemoryPrediction | None:
        """The memory it will take; None if it takes none of this machine, or none of its own."""

    @property
    def pid(self) -> int | None:
        """Process id of its worker, if there is one."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...

    def load(self) -> None:
        """Get ready to answer, and wait for it."""

    def close(self) -> None:
        """Free what it holds."""

    def cancel(self) -> None:
        """End the running answer."""

    def stream(
        self,
        question: str,
        matches: Sequence[Match],
        *,
        history: Sequence[Exchange] = (),
        mode: TimingMode = "interactive",
        sharing: int | CoreShare = 1,
        answers: AnswerMode | None = None,
    ) -> Iterator[Loading | PromptProgress | Piece | Answer]:
        """The events of one answer, last the whole Answer."""

    def answer(
        self,
        question: str,
        matches: Sequence[Match],
        *,
        history: Sequence[Exchange] = (),
        mode: TimingMode = "interactive",
        sharing: int | CoreShare = 1,
        answers: AnswerMode | None = None,
    ) -> Answer:
        """The last event of `stream`."""


def open_answerer(spec: ModelSpec, settings: Settings, embedder: Embedder, force: bool = False) -> Answerer:
    """What answers for `spec`; nothing is loaded yet. `embedder`: the one that retrieval uses.

    `force`: load also what does not fit into the memory. Raises ModelUnavailable.
    """
    if spec.kind == "extractive":
        return Extractive(spec, settings, embedder)
    return Generator(spec, settings, force=force)
