"""An answer with everything that is known about it.

Knows what a match is; knows nothing of processes, prompts or databases.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from uniseg.wordbreak import words as word_segments

from config import AnswerMode
from generator.citations import Citation, cited_numbers, replaced, without_citations
from generator.events import StopReason, TimingMode
from generator.measured import Memory, Timing
from generator.origin import Origin
from generator.prompts.named import Template
from generator.verbatim.sentences import Sentence
from retriever.passage import Match, Passage

# What a model is asked to answer when the passages do not tell.
ABSTENTION = "The reviews do not say."

_NO_WORD = re.compile(r"[\W_]+")
_ABSTENTIONS = ("thereviewsdonotsay", "thereviewsdontsay")


def count_words(text: str) -> int:
    """Words by Unicode segmentation (UAX #29); a segment counts if it holds a letter or a digit."""
    return sum(any(char.isalnum() for char in segment) for segment in word_segments(text))


def is_abstention(text: str) -> bool:
    """Whether the whole text is the ABSTENTION; case, punctuation, quotes and citations do not matter."""
    return _NO_WORD.sub("", without_citations(text)).casefold() in _ABSTENTIONS


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier question and its answer, whose `[1]` is the first of `matches`."""

    question: str
    answer: str
    matches: tuple[Match, ...]

    def citing(self, passages: Sequence[Passage]) -> str:
        """The answer with its citations numbered as in `passages`; what is not among them is not cited."""
        if list(passages) == [match.passage for match in self.matches]:
            return self.answer

        def renumbered(citation: Citation) -> str:
            cited = (
                self.matches[number - 1].passage
                for number in citation.numbers
                if 1 <= number <= len(self.matches)
            )
            return "".join(f"[{passages.index(passage) + 1}]" for passage in cited if passage in passages)

        return replaced(self.answer, renumbered)


@dataclass(frozen=True, slots=True)
class Answer:
    """One model's answer to one question.

    `matches`: the passages in the prompt, best first; `[1]` in the text is the first. `dropped`: how
    many lower-ranked passages did not fit the context. `load_s`: how long this model's process took
    to load; `queue_s`: waiting for the model to be free; both are outside the timing. `shared`: other
    answers were written on the same cores meanwhile. `predicted_bytes`: the process memory foretold from the
    file's header; of a model behind a server neither memory nor load time is known. `reasoning`: what the
    model wrote before its answer, a part of neither text nor words.
    `history`: the earlier exchanges in the prompt, oldest first; `history_dropped` older ones did not fit, or
    were not for a choice to know.
    `flagged`: what the content filter, and a guard model, noticed in what the model said itself, in words.
    `answers`: whether the model wrote, chose, or reported. Of a choice: `quotes` are sentences of `matches`,
    in the model's order, which `text` holds on a line each; `own_line` is what it added in its own words. Of
    a grounded answer: `quotes` are what its sentences rest on, and `reports` what the model made of each;
    None where it is quoted.
    `template`: the words that it was asked with; None where no model was asked.
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
    reasoning: str = ""
    history: tuple[Exchange, ...] = ()
    history_dropped: int = 0
    answers: AnswerMode = "free"
    quotes: tuple[Sentence, ...] = ()
    own_line: str = ""
    reports: tuple[str | None, ...] = ()
    flagged: tuple[str, ...] = ()
    origin: Origin = field(default_factory=Origin)
    template: Template | None = None
    words: int = field(init=False)

    def __post_init__(self) -> None:
        """Count the words once."""
        object.__setattr__(self, "words", count_words(self.text))

    @property
    def abstained(self) -> bool:
        """Whether the model answered that the reviews do not say."""
        # A customer may have written the very words.
        return not self.quotes and is_abstention(self.text)

    @property
    def exchange(self) -> Exchange:
        """What a later question needs to know of this one."""
        return Exchange(self.question, self.text, self.matches)

    @property
    def words_per_s(self) -> float | None:
        """words / e2e_s, the published experiment's figure."""
        return self.words / self.timing.e2e_s if self.timing.e2e_s else None

    @property
    def citations(self) -> tuple[int, ...]:
        """Numbers cited in the text that name a passage, each once, in order of appearance."""
        return tuple(n for n in self._cited() if 1 <= n <= len(self.matches))

    @property
    def invalid_citations(self) -> tuple[int, ...]:
        """Numbers cited in the text that name no passage."""
        return tuple(n for n in self._cited() if not 1 <= n <= len(self.matches))

    def _cited(self) -> Sequence[int]:
        if self.answers == "free":
            return cited_numbers(self.text)
        # What stands in brackets inside a quotation is the customer's.
        return list(dict.fromkeys(quote.passage for quote in self.quotes))
