"""An answer with everything that is known about it.

Knows what a match is; knows nothing of processes, prompts or databases.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from uniseg.wordbreak import words as word_segments

from generator.events import Memory, StopReason, Timing, TimingMode
from retriever.passage import Match

_CITATION = re.compile(r"\[(\d{1,3})\]")


def count_words(text: str) -> int:
    """Words by Unicode segmentation (UAX #29); a segment counts if it holds a letter or a digit."""
    return sum(any(char.isalnum() for char in segment) for segment in word_segments(text))


@dataclass(frozen=True, slots=True)
class Answer:
    """One model's answer to one question.

    `matches`: the passages in the prompt, best first; `[1]` in the text is the first. `dropped`: how
    many lower-ranked passages did not fit the context. `load_s`: how long this model's process took
    to load; `queue_s`: waiting for the model to be free; both are outside the timing. `shared`: other
    models answered on the same cores meanwhile. `predicted_bytes`: the process memory foretold from the
    file's header. A model behind a server has neither memory nor a load time that we know: None.
    """

    model: str
    question: str
    text: str
    matches: tuple[Match, ...]
    dropped: int
    stop_reason: StopReason
    timing: Timing
    memory: Memory | None
    predicted_bytes: int | None
    load_s: float | None
    queue_s: float
    mode: TimingMode
    shared: bool
    words: int = field(init=False)

    def __post_init__(self) -> None:
        """Count the words once."""
        object.__setattr__(self, "words", count_words(self.text))

    @property
    def words_per_s(self) -> float | None:
        """words / e2e_s, the published experiment's figure."""
        return self.words / self.timing.e2e_s if self.timing.e2e_s else None

    @property
    def citations(self) -> tuple[int, ...]:
        """Numbers cited in the text that name a passage, each once, in order of appearance."""
        return tuple(n for n in cited_numbers(self.text) if 1 <= n <= len(self.matches))

    @property
    def invalid_citations(self) -> tuple[int, ...]:
        """Numbers cited in the text that name no passage."""
        return tuple(n for n in cited_numbers(self.text) if not 1 <= n <= len(self.matches))


def cited_numbers(text: str) -> Sequence[int]:
    """The n of every `[n]`, each once, in order of appearance."""
    return list(dict.fromkeys(int(number) for number in _CITATION.findall(text)))
