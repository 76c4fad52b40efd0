"""What a model is asked, as one value. Knows nothing of models, prompts or processes."""

from dataclasses import dataclass

from config import AnswerMode
from generator.answer import Exchange
from generator.events import TimingMode
from generator.prompts.named import DEFAULT_PROMPT, NamedPrompt, Template
from retriever.passage import Match


@dataclass(frozen=True, slots=True)
class Question:
    """`text` is to be answered from `matches` (best first), after `history` (oldest first).

    `answers`: whether the model writes, chooses sentences, or reports them; `prompt`: in which words it is
    asked. `mode`: how its time is taken. `seed` of the sampling: None as the model's settings say.
    """

    text: str
    matches: tuple[Match, ...]
    history: tuple[Exchange, ...] = ()
    answers: AnswerMode = "free"
    mode: TimingMode = "interactive"
    seed: int | None = None
    prompt: NamedPrompt = DEFAULT_PROMPT

    @property
    def template(self) -> Template:
        """The text that asks for this way of answering."""
        return self.prompt.text if self.answers == "free" else self.prompt.verbatim
