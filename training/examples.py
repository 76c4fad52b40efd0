"""Composes reviews of one product and questions about them; which sentences answer is known by construction.

Knows nothing of tokens or models.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from generator.answer import ABSTENTION
from generator.events import Message
from generator.prompts.prompt import answer_messages
from generator.verbatim.sentences import Sentence
from generator.verbatim.verbatim import choice_messages
from retriever.passage import SENTENCE_ENDS, Passage
from training.phrases import ANY, Asker, Aspect, Kind, Phrase, Product, Question, Questions, Stance

Mode = Literal["verbatim", "free"]

# Of the product's settings: how many sentences may be quoted, passages shown, and characters of each.
LIMIT = 8
PASSAGES = 5
PASSAGE_SIZE = 300
# Of a free answer.
_MOST_QUOTES = 5

_OFTEN: dict[Kind, float] = {
    "aspect": 8, "like": 3, "dislike": 3, "aspect_plus": 1, "aspect_minus": 1.5, "absent": 3, "foreign": 2
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """How hard a set of reviews and its questions are."""

    lines: tuple[int, int]
    """The least and the most to choose from."""
    plain: tuple[float, ...]
    """The share of claims in plain words, one of these."""
    named: float
    """How often a question about an aspect names it, 0 to 1."""


EASY = Shape((4, 14), (0.6, 0.8, 1.0), 0.9)
HARD = Shape((12, 28), (0.1, 0.3, 0.6), 0.6)
REAL = Shape((15, 38), (0.0, 0.2, 0.5), 0.5)


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of a review and the one or two phrases that it says; `stars` None if the review has none."""

    text: str
    phrases: tuple[Phrase, ...]
    review: int
    stars: float | None


@dataclass(frozen=True, slots=True)
class Example:
    """A question about reviews, whose numbered lines these are, from 1; at most `limit` may be named."""

    question: Question
    lines: tuple[Line, ...]
    limit: int = LIMIT

    @property
    def answering(self) -> tuple[int, ...]:
        """The numbers of all lines that answer."""
        return tuple(
            at for at, line in enumerate(self.lines, start=1) if self.question.answered_by(line.phrases)
        )

    @property
    def choice(self) -> str:
        """What a model should write that names lines: the first of those that answer, or [0]."""
        return "".join(f"[{number}]" for number in self.answering[: self.limit] or (0,))

    def choice_messages(self) -> list[Message]:
        """The product's prompt for it."""
        sentences = [Sentence(line.review + 1, 0, len(line.text), line.text) for line in self.lines]
        return choice_messages(self.question.text, self._passages(), sentences, self.limit)

    def answer(self, rng: random.Random) -> str:
        """What a model should write in free mode: the lines that answer as quotations with their passages."""
        found = [self.lines[number - 1] for number in self.answering]
        if not found:
            return ABSTENTION
        if len(found) > _MOST_QUOTES:
            # One of each passage first.
            firsts = {line.review: line for line in reversed(found)}
            others = [line for line in found if firsts[line.review] is not line]
            kept = [*firsts.values(), *others][:_MOST_QUOTES]
            found = [line for line in found if line in kept]
        quotes = [f'"{_quotable(line.text)}" [{line.review + 1}].' for line in found]
        return " ".join([f"{_lead(self.question, found, rng)} {quotes[0]}", *quotes[1:]])

    def answer_messages(self) -> list[Message]:
        """The product's prompt for it."""
        return answer_messages(self.question.text, self._passages())

    def _passages(self) -> list[Passage]:
        reviews: dict[int, list[Line]] = {}
        for line in self.lines:
            reviews.setdefault(line.review, []).append(line)
        return [
            Passage(
                "",
                str(number),
                0,
                " ".join(_ended(line.text) for line in lines),
                lines[0].stars,
                None,
                None,
                "",
            )
            for number, lines in reviews.items()
        ]


def _quotable(text: str) -> str:
    """Without the mark at its end, which stands behind the citation; quotation marks inside are single."""
    return re.sub(r"[.!?…\s]+$", "", text).replace('"', "'")


def _lead(question: Question, found: Sequence[Line], rng: random.Random) -> str:
    stances = {phrase.stance for line in found for phrase in line.phrases}
    if question.kind in ("like", "aspect_plus"):
        return rng.choice(("Customers like this:", "Customers praise it:"))
    if question.kind in ("dislike", "aspect_minus"):
        return rng.choice(("Customers complain:", "Customers dislike this:"))
    if {"plus", "minus"} <= stances:
        return "Opinions differ:"
    return "Customers say:"


def _ended(text: str) -> str:
    return text if text.endswith((*SENTENCE_ENDS, "!", "?")) else f"{text}."


def compose(
    products: Sequence[Product],
    questions: Questions,
    rng: random.Random,
    mode: Mode,
    shape: Shape = REAL,
    per_scene: int = 3,
) -> list[Example]:
    """A set of reviews and some questions about them: only the question tells what answers."""
    product = rng.choice(products)
    shown = rng.sample(product.aspects, min(len(product.aspects), rng.choice((1, 2, 2, 3, 3, 4, 5))))
    sizes = (PASSAGES, 3 * PASSAGES) if mode == "free" else shape.lines
    phrases = _drawn(product, shown, rng, rng.randint(*sizes))
    phrases = _plain(phrases, product, questions, rng.choice(shape.plain), rng)
    lines = tuple(_lines(phrases, shown, questions, rng, mode))
    limit = LIMIT if rng.random() < 0.85 else rng.randint(3, 10)
    asker = Asker(product, shown, products, questions, rng, shape.named)
    weights = dict(_OFTEN)
    asked = []
    for _ in range(per_scene):
        (kind,) = rng.choices(list(weights), list(weights.values()))
        # Aspects there are several of; the rest is asked once.
        weights[kind] *= 0.5 if kind == "aspect" else 0.0
        asked.append(asker.ask(kind))
    return [Example(question, lines, limit) for question in asked]


def _drawn(product: Product, shown: Sequence[Aspect], rng: random.Random, size: int) -> list[Phrase]:
    """Phrases of the aspects shown, more of the first, with general ones and stories between them."""
    side = rng.choices(("both", "plus", "minus"), (7, 1.5, 1.5))[0]
    allowed = {"both": ANY, "plus": ("plus", "neutral"), "minus": ("minus", "neutral")}[side]
    share = dict.fromkeys((aspect.name for aspect in shown), 1.0) | {
        shown[0].name: rng.choice((1.0, 3.0, 6.0))
    }
    general, story = rng.choice((0.1, 0.3, 0.6)), rng.choice((0.1, 0.3, 0.8))

    def weight(phrase: Phrase) -> float:
        if phrase.stance not in allowed:
            return 0.0
        if phrase.aspect is None:
            return story if phrase.stance == "neutral" else general
        return share.get(phrase.aspect, 0.0)

    # Drawn without putting back: the smallest of random waiting times.
    weights = [weight(phrase) for phrase in product.phrases]
    waiting = [rng.expovariate(w) if w else float("inf") for w in weights]
    order = sorted(range(len(weights)), key=waiting.__getitem__)
    return [product.phrases[index] for index in order[: min(size, sum(map(bool, weights)))]]


def _plain(
    phrases: Sequence[Phrase], product: Product, questions: Questions, share: float, rng: random.Random
) -> list[Phrase]:
    """The same claims, but a share in the plain words that most customers use: they name the aspect."""
    nouns = {
        aspect.name: [name for name in aspect.names if not name.startswith("how ")]
        for aspect in product.aspects
    }
    made = []
    for phrase in phrases:
        if phrase.aspect and rng.random() < share:
            text = rng.choice(getattr(questions.claims, phrase.stance))
            text = text.replace("{aspect}", rng.choice((phrase.aspect, *nouns[phrase.aspect])))
            text = text.replace("{product}", product.name)
            phrase = Phrase(text[:1].upper() + text[1:], phrase.aspect, phrase.stance)
        made.append(phrase)
    return made


def _lines(
    phrases: Sequence[Phrase], shown: Sequence[Aspect], questions: Questions, rng: random.Random, mode: Mode
) -> Iterator[Line]:
    """The phrases in reviews of one to six lines, whose stars mostly fit what they say; some have a title."""
    rest = list(phrases)
    unrated = rng.random() < 0.1
    titled = rng.choice((0.0, 0.3, 0.9))
    most = PASSAGES if mode == "free" else 10
    for review in range(most):
        count = rng.randint(1, 4) if mode == "free" else rng.randint(2, 6)
        group = [rest.pop() for _ in range(min(len(rest), count))]
        if not group:
            return
        stars = None if unrated or rng.random() < 0.04 else _stars(group, rng)
        said = [_title(group, shown, questions, rng)] if rng.random() < titled else []
        room = PASSAGE_SIZE
        for line in (*said, *_sentences(group, rng)):
            room -= len(line[0]) + 1
            # A passage of the product ends where it is full.
            if mode == "free" and room < 0:
                break
            yield Line(*line, review, stars)


def _sentences(group: list[Phrase], rng: random.Random) -> Iterator[tuple[str, tuple[Phrase, ...]]]:
    while group:
        said = [group.pop()]
        text = roughened(said[0].text, said[0].stance, rng)
        if group and rng.random() < 0.1:
            said.append(group.pop())
            text = joined(text, said[1].text, rng)
        yield text, tuple(said)


def _title(
    group: Sequence[Phrase], shown: Sequence[Aspect], questions: Questions, rng: random.Random
) -> tuple[str, tuple[Phrase, ...]]:
    """A title that claims no more than the review's lines do."""
    stances = [phrase.stance for phrase in group]
    stance: Stance = max(ANY, key=stances.count)
    if stance != "neutral" and {"plus", "minus"} <= set(stances):
        stance = "neutral"
    text = rng.choice(getattr(questions.titles, stance))
    aspect = next((phrase.aspect for phrase in group if phrase.stance == stance and phrase.aspect), None)
    if "{aspect}" not in text or aspect is None:
        plain = [title for title in getattr(questions.titles, stance) if "{aspect}" not in title]
        text, aspect = rng.choice(plain), None
    text = text.replace("{aspect}", aspect or "") + rng.choice((".", ".", "!"))
    return text, (Phrase(text, aspect, stance),)


def _stars(group: Sequence[Phrase], rng: random.Random) -> float:
    balance = sum({"plus": 1, "minus": -1, "neutral": 0}[phrase.stance] for phrase in group)
    if rng.random() < 0.15:
        return rng.randint(1, 5)
    if balance == 0:
        return rng.choice((2, 3, 3, 4, 5))
    return rng.choice((4, 5, 5, 5, 4.5) if balance > 0 else (1, 1, 2, 2, 3))


_STARTS = (
    "Honestly, ", "I must say, ", "To be fair, ", "Update: ", "In my experience, ", "After a month: ",
    "Well, ", "Also, ", "As others said, ", "Just so you know, ", "On top of that, ", "One thing: ",
    "So far ", "Overall ",
)  # fmt: skip
_SIGNS = {"plus": "😀😊😍👍💯❤🎉✨👌", "minus": "😡😞👎💩😤🙄😭❌🗑", "neutral": "🙂🤔"}
_JOINTS = (", but ", ", and ", " - ", "; ", ", though ", ", and also ", " but ", " and ")


def roughened(text: str, stance: Stance, rng: random.Random) -> str:
    """The sentence as somebody might have typed it, hasty, misspelt, shouted; most stay as they are."""
    if rng.random() < 0.06:
        text = rng.choice(_STARTS) + _inside(text)
    if rng.random() < 0.06:
        text = re.sub(r"[.!]+$", "", text) + rng.choice(("", "!", "!!", "...", " .", "!!!"))
    if rng.random() < 0.05:
        text = _misspelt(text, rng)
    if rng.random() < 0.03:
        text = f"{text} {rng.choice(_SIGNS[stance])}"
    case = rng.random()
    if case < 0.02:
        return text.upper()
    return text.lower() if case < 0.08 else text


def joined(first: str, second: str, rng: random.Random) -> str:
    """Two sentences as one."""
    return re.sub(r"[.!?]+$", "", first) + rng.choice(_JOINTS) + _inside(second)


def _inside(text: str) -> str:
    """The sentence as it begins behind another; "I" stays."""
    return text if re.match(r"I\b|[A-Z]{2}", text) else text[:1].lower() + text[1:]


def _misspelt(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    place = rng.randrange(len(words))
    word = words[place]
    if len(word) > 4:
        at = rng.randrange(1, len(word) - 2)
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        words[place] = rng.choice((swapped, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]))
    return " ".join(words)
