"""Examples become tokens and targets, by the very prompt that the product asks with.

Knows the verbatim prompt and the vocabulary; knows nothing of networks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import torch
from torch import Tensor

from generator.verbatim.sentences import Sentence
from generator.verbatim.verbatim import choice_messages
from retriever.passage import Passage
from training.asking import ASKED, Question
from training.examples import Example, Line
from training.vocabulary import BEGIN, END, FIRST_NUMBER, PAD, READ, Vocabulary

STANCES = ("plus", "minus", "neutral")
UNKNOWN = -1
_FENCE = "\n----------\n"
_NO_QUESTION = Question("", "foreign", None, ())

# Of a product, an aspect.
Topic = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example. `tokens` is the prompt, `prompt` tokens long, and the answer, which END closes.

    `ends[k]` is the place of the token behind line k + 1, from where all of that line can be seen. One
    number per line: `chosen` (its own number, or 0), `before` (the last one chosen before it, or 0),
    `about` (1 or 0; UNKNOWN where no aspect is asked for), `stance` (UNKNOWN where it says two things), and
    `asked`, the kind of question, the same for all lines.
    `texts`: what each line says, and what the question asks, as the phrase bank has it. `topics`: the same as
    product and aspect; None where that is not one thing.
    """

    tokens: list[int]
    prompt: int
    ends: list[int]
    question_end: int
    chosen: list[int]
    before: list[int]
    about: list[int]
    stance: list[int]
    asked: list[int]
    texts: list[str]
    topics: list[Topic | None]

    def without_answer(self) -> "Encoded":
        """The same, but ending where the last line can be judged; nothing is written."""
        tokens = self.tokens[: self.ends[-1] + 1]
        return replace(self, tokens=tokens, prompt=len(tokens))


class Encoder:
    """Makes `Encoded` of examples."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._tokenizer = vocabulary.tokenizer()

    def encode(self, example: Example) -> Encoded:
        """The tokens as llama.cpp makes them of the same prompt, and the targets."""
        content = prompt_text(example)
        encoding = self._tokenizer.encode(content)
        starts = [start for start, _ in encoding.offsets]
        ends = [_first_at(starts, place) + 1 for place in _line_ends(content, len(example.lines))]
        prompt = [BEGIN, *encoding.ids, READ]
        written = [FIRST_NUMBER + number for number in example.answer or (0,)]
        chosen = [
            number if example.question.answered_by(line.phrases) else 0
            for number, line in enumerate(example.lines, start=1)
        ]
        return Encoded(
            tokens=[*prompt, *written, END],
            prompt=len(prompt),
            ends=ends,
            question_end=_first_at(starts, content.index("\n")) + 1,
            chosen=chosen,
            before=_before(chosen),
            about=[self._about(example, number) for number in range(len(example.lines))],
            stance=[_said(line)[0] for line in example.lines],
            asked=[_asked(example.question)] * len(example.lines),
            texts=[*(_said(line)[1] for line in example.lines), example.question.means],
            topics=[
                *(_topic(line, example.question.product) for line in example.lines),
                _asked_topic(example.question),
            ],
        )

    def encode_question(self, question: Question) -> Encoded:
        """One question by itself, to where the reviews begin."""
        start = prompt_text(Example(question, ())).split("\n")[0]
        # The next line's first word is where the whole question can be seen.
        tokens = [BEGIN, *self._tokenizer.encode(f"{start}\nSentences").ids]
        return Encoded(
            tokens=tokens,
            prompt=len(tokens),
            ends=[],
            question_end=len(tokens) - 1,
            chosen=[],
            before=[],
            about=[],
            stance=[],
            asked=[],
            texts=[question.means],
            topics=[_asked_topic(question)],
        )

    def encode_line(self, line: Line, product: str = "") -> Encoded:
        """One line by itself, where only what it says is to be told."""
        start = prompt_text(Example(_NO_QUESTION, (line,))).split(_FENCE)[1].split("] ", 1)[1]
        tokens = [BEGIN, *self._tokenizer.encode(f"{start}[").ids]
        stance, text = _said(line)
        nothing = [UNKNOWN]
        return Encoded(
            tokens=tokens,
            prompt=len(tokens),
            ends=[len(tokens) - 1],
            question_end=len(tokens) - 1,
            chosen=nothing,
            before=nothing,
            about=nothing,
            stance=[stance],
            asked=nothing,
            texts=[text, ""],
            topics=[_topic(line, product), None],
        )

    @staticmethod
    def _about(example: Example, line: int) -> int:
        if example.question.aspect is None:
            return UNKNOWN
        return int(any(map(example.question.about, example.lines[line].phrases)))


def _asked(question: Question) -> int:
    return ASKED.index("aspect" if question.kind in ("absent", "foreign") else question.kind)


def _said(line: Line) -> tuple[int, str]:
    """The stance and the phrase, if the line says one thing alone; else what stands there."""
    if len(line.phrases) != 1:
        return UNKNOWN, line.text
    return STANCES.index(line.phrases[0].stance), line.phrases[0].text


def _topic(line: Line, product: str) -> Topic | None:
    """What a line is about. The whole product is no aspect, nor is what a question asks that nobody tells."""
    return (product, line.phrases[0].aspect or "(all)") if len(line.phrases) == 1 else None


def _asked_topic(question: Question) -> Topic | None:
    return None if question.aspect is None else (question.product, question.aspect)


def prompt_text(example: Example) -> str:
    """What the product asks a model with these lines as its sentences."""
    passages, sentences = [], []
    for number, (_, group) in enumerate(groupby(example.lines, key=lambda line: line.review), start=1):
        lines = list(group)
        text = " ".join(line.text for line in lines)
        passages.append(Passage("", "", number, text, lines[0].stars, None, None, ""))
        at = 0
        for line in lines:
            sentences.append(Sentence(number, at, at + len(line.text), line.text))
            at += len(line.text) + 1
    (message,) = choice_messages(example.question.text, passages, sentences, example.limit)
    return message.content


def _line_ends(content: str, lines: int) -> Iterator[int]:
    """Where each numbered line ends."""
    place = content.index(_FENCE) + len(_FENCE)
    for _ in range(lines):
        place = content.index("\n", place)
        yield place
        place += 1


def _first_at(starts: Sequence[int], place: int) -> int:
    return next(index for index, start in enumerate(starts) if start >= place)


def _before(chosen: Sequence[int]) -> list[int]:
    last, before = 0, []
    for number in chosen:
        before.append(last)
        last = number or last
    return before


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples side by side, filled up with PAD, and everything to be predicted, example after example.

    Each pair of `…_at` and targets is flat: places (rows, columns) and what belongs there. `texts` stand at
    `meant_at`; `questions_at` is where each row's question can be seen as a whole. `said` are the topics at
    `ends_at`, `wanted` those of the rows' questions.
    """

    tokens: Tensor
    written_at: tuple[Tensor, Tensor]
    written: Tensor
    ends_at: tuple[Tensor, Tensor]
    chosen: Tensor
    before: Tensor
    about: Tensor
    stance: Tensor
    asked: Tensor
    meant_at: tuple[Tensor, Tensor]
    questions_at: Tensor
    texts: list[str] = field(repr=False)
    said: list[Topic | None] = field(repr=False)
    wanted: list[Topic | None] = field(repr=False)


def batch_of(group: Sequence[Encoded]) -> Batch:
    """The examples as tensors."""
    longest = max(len(each.tokens) for each in group)
    written_at = [(row, at) for row, e in enumerate(group) for at in range(e.prompt - 1, len(e.tokens) - 1)]
    ends_at = [(row, at) for row, e in enumerate(group) for at in e.ends]
    meant_at = [(row, at) for row, e in enumerate(group) for at in (*e.ends, e.question_end)]

    def flat(name: str) -> Tensor:
        return torch.tensor([value for each in group for value in getattr(each, name)])

    return Batch(
        tokens=torch.tensor([e.tokens + [PAD] * (longest - len(e.tokens)) for e in group]),
        written_at=_places(written_at),
        written=torch.tensor([t for e in group for t in e.tokens[e.prompt :]], dtype=torch.long),
        ends_at=_places(ends_at),
        chosen=flat("chosen"),
        before=flat("before"),
        about=flat("about"),
        stance=flat("stance"),
        asked=flat("asked"),
        meant_at=_places(meant_at),
        questions_at=torch.tensor([each.question_end for each in group]),
        texts=[text for each in group for text in each.texts],
        said=[topic for each in group for topic in each.topics[:-1]],
        wanted=[each.topics[-1] for each in group],
    )


def _places(pairs: Sequence[tuple[int, int]]) -> tuple[Tensor, Tensor]:
    rows, columns = torch.tensor(pairs, dtype=torch.long).reshape(-1, 2).T
    return rows, columns
