"""Grounded answers: sentences of the reviews are chosen first, then the model reports them one by one.

So the program knows what each sentence of the answer rests on, and cites it. A report that its sentence does
not support is replaced by the quotation. Knows the model where it is held; knows nothing of logs or scores.
"""

import time
from collections.abc import Generator as EventsOf
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from config import ModelSpec
from generator.answer import ABSTENTION
from generator.cores import CoreShare
from generator.events import Done, Message, PromptProgress, StopReason, Text, TimingMode
from generator.held_model import HeldModel
from generator.measured import Memory, Pace, Timing
from generator.prompts.named import Template
from generator.prompts.quotation import evidence
from generator.prompts.room import sampling_of
from generator.support.source import Reading, windows_of
from generator.support.support import SUPPORTED, support
from generator.support.wording import Wording, stem_of, wording, words_of
from generator.transcript import Transcript
from generator.verbatim.extractive import ranked
from generator.verbatim.ranking import LEANS
from generator.verbatim.sentences import Sentence, split_sentences
from retriever.embedder import Embedder
from retriever.passage import Passage
from retriever.stance import stance_of, unit

# The beginning of every report, which the grammar gives, and what may follow it: a small model that is free
# to choose speaks to the customer, or forgets of what it speaks.
OPENING = "One customer says that "
_SUBJECTS = ("the", "it", "they", "their", "this", "these", "there")
# Longer ones repeat themselves.
_LONGEST = 200  # characters
_MOST_TOKENS = 64
# Worked examples, about invented products, before the sentence. They are the same for every sentence and
# question, so a model reads them once. Turns of their own: a small model goes on with the last example else.
_INSTRUCTION = "Repeat what the customer says, word for word, in the third person."
_EXAMPLES = (
    ("My hands were warm all day.", "their hands were warm all day."),
    ("Zip broke after 2 weeks", "the zip broke after 2 weeks."),
    (
        "Lights up my whole desk, but the switch is stiff.",
        "it lights up their whole desk, but the switch is stiff.",
    ),
)
# From so many letters on, the beginning of a longer word is taken for the same word.
_WHOLE = 4
_FIRST_PERSON = frozenset(
    {"i", "me", "my", "mine", "myself", "we", "us", "our", "ours", "i'm", "i've", "i'd", "i'll"}
)
# The rest of a line, without what would be a citation, a tag or a quotation of its own. Nothing that a
# customer wrote gets in: a stray character could end the model's process.
_SUBJECT = " | ".join(f'"{subject} "' for subject in _SUBJECTS)
GRAMMAR = f'root ::= "{OPENING}" ({_SUBJECT}) [^\\n\\r\\[\\]<>"]{{1,{_LONGEST}}} "\\n"?'


def report_messages(sentence: str) -> list[Message]:
    """What asks for the report of one sentence."""
    messages = []
    for said, reported in _EXAMPLES:
        messages += [Message("user", said), Message("assistant", OPENING + reported)]
    first = replace(messages[0], content=f"{_INSTRUCTION}\n\n{messages[0].content}")
    return [first, *messages[1:], Message("user", evidence(sentence))]


TEMPLATE = Template(
    "grounded", "\n".join(f"{message.role}: {message.content}" for message in report_messages("{sentence}"))
)


def holds(report: str, sentence: str, embedder: Embedder) -> bool:
    """Whether the sentence supports the report, and the report only repeats it.

    That is: its words of the subject stand in the sentence, in the same order; it has the same numbers,
    denies if the sentence denies, and does not speak as the customer. The support score alone lets slips of
    a small model through: a "not" too many, a like for a dislike.
    """
    said, meant = wording(report), wording(sentence)
    left = iter(_stems(sentence, meant))
    repeats = said.stems and all(stem in left for stem in _stems(report, said))
    if not repeats or said.numbers != meant.numbers or said.denies != meant.denies:
        return False
    if _FIRST_PERSON & said.words:
        return False
    reading = Reading([report, *windows_of(sentence)], embedder)
    source = reading.source(sentence)
    return source is not None and support(reading.statement(report), [source]) >= SUPPORTED


def _stems(text: str, of: Wording) -> Sequence[str]:
    """The stems of the text's wording, in their order, as often as they stand there."""
    return [stem_of(word) for word in words_of(text) if stem_of(word) in of.stems]


def mentioned(question: str, passages: Sequence[Passage]) -> bool:
    """Whether the passages have a word of the question, or one that begins so: "loud", "louder"."""
    asked = wording(question).stems
    written = wording(" \n".join(passage.text for passage in passages)).stems
    return not asked or any(
        word == stem or (len(stem) >= _WHOLE and word.startswith(stem)) for word in written for stem in asked
    )


def chosen_sentences(
    question: str, passages: Sequence[Passage], embedder: Embedder, limit: int
) -> list[Sentence]:
    """What a grounded answer rests on, best first, at most `limit`: as `extractive` chooses.

    None where no word of the question stands in the passages, unless it asks for praise or complaints:
    nearness in meaning finds a sentence for nearly every question.
    """
    stance = stance_of(embedder)
    leaning = stance.of_question(unit(embedder.embed_question(question)))
    if abs(leaning) < LEANS and not mentioned(question, passages):
        return []
    sentences = split_sentences(passages)
    return [sentences[at - 1] for at in ranked(embedder, stance, question, passages, sentences, limit)]


def shown(sentence: Sentence, report: str | None) -> str:
    """The sentence of the answer: a report, or else the quotation, with its citation."""
    if report is None:
        return f'"{" ".join(sentence.text.split())}" [{sentence.passage}]'
    return f"{report.rstrip('.!? ')} [{sentence.passage}]."


class Grounded:
    """One answer in the making. `quotes`: the sentences that it rests on, in its order; `reports`: what the
    model made of each, None where it is quoted.
    """

    def __init__(self, held: HeldModel, spec: ModelSpec, embedder: Embedder, mode: TimingMode) -> None:
        self._held, self._spec, self._embedder, self._mode = held, spec, embedder, mode
        self._began = time.perf_counter()
        self._first_s: float | None = None
        self._last_s: float | None = None
        self._done: list[Done] = []
        self.quotes: list[Sentence] = []
        self.reports: list[str | None] = []
        self.stop_reason: StopReason = "end"

    def write(
        self, sentences: Sequence[Sentence], share: CoreShare, seed: int | None
    ) -> EventsOf[PromptProgress | Text, None, None]:
        """Report the sentences, each shown as soon as it may stand; without any, say so."""
        if not sentences:
            yield self._shown(ABSTENTION)
        for sentence in sentences:
            report = yield from self._report(sentence, share, seed)
            if self.stop_reason == "cancelled":
                return
            self.quotes.append(sentence)
            self.reports.append(report)
            text = shown(sentence, report)
            yield self._shown(text if len(self.quotes) == 1 else f" {text}")

    def _shown(self, text: str) -> Text:
        self._last_s = time.perf_counter() - self._began
        if self._first_s is None:
            self._first_s = self._last_s
        return Text(text)

    def _report(
        self, sentence: Sentence, share: CoreShare, seed: int | None
    ) -> EventsOf[PromptProgress, None, str | None]:
        """What the model makes of the sentence, if that may stand."""
        held, loaded = self._held, self._held.loaded
        # "measured": spelled alike whatever is in the cache. From the second sentence on, the examples are.
        tokens = held.tokenize(report_messages(sentence.text), "measured")
        # What a customer asks cannot be reported as said.
        if len(tokens) + _MOST_TOKENS > loaded.n_ctx or sentence.text.endswith("?"):
            return None
        sampling = sampling_of(self._spec, loaded, len(tokens), ())
        sampling = replace(
            sampling, max_tokens=_MOST_TOKENS, grammar=GRAMMAR, seed=sampling.seed if seed is None else seed
        )
        mode = "interactive" if self._done and self._mode == "measured" else self._mode
        transcript = Transcript()
        with closing(held.generate(tokens, sampling, mode, share)) as events:
            for event in events:
                transcript.take(event)
                if isinstance(event, Done):
                    self._done.append(event)
                elif isinstance(event, PromptProgress):
                    yield event
        if self._done[-1].stop_reason == "cancelled":
            self.stop_reason = "cancelled"
        report = transcript.text.strip()
        ended = self._done[-1].stop_reason == "end"
        return report if ended and holds(report, sentence.text, self._embedder) else None

    @property
    def memory(self) -> Memory | None:
        """Of the model's process, after its last report; None if it was asked for none."""
        return self._done[-1].memory if self._done else None

    @property
    def waited_s(self) -> float:
        """How long the answer waited in all for others that were written before it."""
        return sum(done.waited_s for done in self._done)

    @property
    def timing(self) -> Timing:
        """Tokens of all reports, those that do not stand too; times as a reader sees them.

        Until something is shown, sentences are chosen, read, reported and checked: all that is `ttft_s`.
        """
        parts = [done.timing for done in self._done]
        written = [part for part in parts if part.n_out]
        return Timing(
            ttft_s=self._first_s,
            ttfo_s=self._first_s,
            e2e_s=self._last_s,
            n_prompt=sum(part.n_prompt or 0 for part in parts),
            n_prompt_reused=sum(part.n_prompt_reused or 0 for part in parts),
            n_out=sum(part.n_out or 0 for part in parts),
            threads=min((part.threads for part in parts if part.threads), default=None),
            reading_s=sum(part.ttft_s or 0.0 for part in parts),
            writing=Pace(
                1 + sum((part.n_out or 0) - 1 for part in written),
                sum((part.e2e_s or 0.0) - (part.ttft_s or 0.0) for part in written),
            ),
        )
