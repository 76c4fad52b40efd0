"""What a model is asked, as one value. Knows nothing of models, prompts or processes."""

from dataclasses import dataclass

from config import AnswerMode
from generator.answer import Exchange
from generator.events import TimingMode
from retriever.passage import Match


@dataclass(frozen=True, slots=True)
class Question:
    """`text` is to be answered from `matches` (best first), after `history` (oldest first).

    `answers`: whether the model writes, or chooses sentences. `mode`: how its time is taken. `seed` of the
    sampling: None as the model's settings say.
    """

    text: str
    matches: tuple[Match, ...]
    history: tuple[Exchange, ...] = ()
    answers: AnswerMode = "free"
    mode: TimingMode = "interactive"
    seed: int | None = None
