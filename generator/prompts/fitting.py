"""A question becomes the longest prompt that leaves the model room to answer.

Knows how each way of answering is asked for; knows nothing of processes or figures.
"""

from collections.abc import Callable, Iterator, Sequence, Sized
from dataclasses import dataclass, replace

from config import ModelSpec, VerbatimSettings
from config.errors import PromptTooLong
from generator.answer import Exchange
from generator.asking import Question
from generator.events import Loaded, Message, Sampling
from generator.prompts.prompt import answer_messages
from generator.prompts.room import choice_room, prompt_room, sampling_of, shortened
from generator.verbatim.sentences import Sentence, split_sentences
from generator.verbatim.verbatim import choice_grammar, choice_messages, choice_tokens
from retriever.passage import Match

Tokenize = Callable[[Sequence[Message]], Sized]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt that fits: its messages, their tokens, and the matches and exchanges that are in it.

    `sentences`: what may be chosen, numbered from 1; None where the model writes.
    """

    messages: list[Message]
    tokens: Sized
    matches: tuple[Match, ...]
    history: tuple[Exchange, ...] = ()
    sentences: tuple[Sentence, ...] | None = None

    def shorter(self, question: Question) -> Question | None:
        """What to try if it does not fit after all, in the order of `shortened`; None: nothing."""
        if self.history:
            return replace(question, matches=self.matches, history=self.history[1:])
        return replace(question, matches=self.matches[:-1], history=()) if len(self.matches) > 1 else None


@dataclass(frozen=True, slots=True)
class Fitting:
    """How the questions to one model become prompts; `verbatim`: what may be chosen, where it chooses."""

    spec: ModelSpec
    verbatim: VerbatimSettings

    def fit(self, question: Question, loaded: Loaded, tokenize: Tokenize) -> Prompt:
        """The longest prompt that fits. Raises PromptTooLong if not even the best passage does."""
        for prompt, room in self._drafts(question, loaded):
            tokens = tokenize(prompt.messages)
            if len(tokens) <= room:
                return replace(prompt, tokens=tokens)
        raise PromptTooLong(
            f"The question and its best passage take {len(tokens)} tokens; {self.spec.name} has room for "
            f"{room}. Ask a shorter question, or raise models.{self.spec.name}.n_ctx in the settings."
        )

    def sampling(self, prompt: Prompt, loaded: Loaded, stop: tuple[str, ...]) -> Sampling:
        """How the model answers: as its settings say, or by the likeliest choice."""
        sampling = sampling_of(self.spec, loaded, len(prompt.tokens), stop)
        if prompt.sentences is None:
            return sampling
        return replace(
            sampling,
            max_tokens=self._choice_tokens(prompt.sentences),
            temperature=0.0,
            stop=(),
            grammar=choice_grammar(len(prompt.sentences), self.verbatim.sentences, self.verbatim.own_line),
        )

    def _drafts(self, question: Question, loaded: Loaded) -> Iterator[tuple[Prompt, int]]:
        """Prompts without their tokens, the longest first, and how many tokens each may have."""
        if question.answers == "free":
            for kept, turns in shortened(question.matches, question.history):
                passages = [match.passage for match in kept]
                messages = answer_messages(question.text, passages, turns, question.prompt.text)
                yield Prompt(messages, (), kept, turns), prompt_room(self.spec, loaded)
            return
        every = split_sentences([match.passage for match in question.matches])
        for kept, _ in shortened(question.matches, ()):
            sentences = tuple(sentence for sentence in every if sentence.passage <= len(kept))
            messages = choice_messages(
                question.text,
                [match.passage for match in kept],
                sentences,
                self.verbatim.sentences,
                self.verbatim.own_line,
                question.prompt.verbatim,
            )
            room = choice_room(loaded, self._choice_tokens(sentences))
            yield Prompt(messages, (), kept, sentences=sentences), room

    def _choice_tokens(self, sentences: Sequence[Sentence]) -> int:
        return choice_tokens(len(sentences), self.verbatim.sentences, self.verbatim.own_line)
