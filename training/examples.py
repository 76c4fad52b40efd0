"""Composes reviews of one product and questions about them; which sentences answer is known by construction.

Knows nothing of tokens or models.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from training.asking import Asker, Kind, Question
from training.phrase_bank import Aspect, Phrase, Product, Questions, Stance
from training.roughness import joined, roughened

_OFTEN: dict[Kind, float] = {
    "aspect": 9, "like": 4, "dislike": 5, "aspect_plus": 1.5, "aspect_minus": 2.5, "absent": 3, "foreign": 1.5
}  # fmt: skip
_ANY: tuple[Stance, ...] = ("plus", "minus", "neutral")


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of a review and the one or two phrases that it says; `stars` None if the review has none."""

    text: str
    phrases: tuple[Phrase, ...]
    review: int
    stars: float | None


@dataclass(frozen=True, slots=True)
class Example:
    """A question, the numbered lines, and which of them (from 1, in order) answer it; at most `limit`."""

    question: Question
    lines: tuple[Line, ...]
    limit: int = 8

    @property
    def answer(self) -> tuple[int, ...]:
        """The numbers to write."""
        found = [at for at, line in enumerate(self.lines, start=1) if self.question.answered_by(line.phrases)]
        return tuple(found[: self.limit])


def compose(
    products: Sequence[Product], questions: Questions, rng: random.Random, per_scene: int = 3, most: int = 30
) -> list[Example]:
    """A set of reviews, at most so many lines, with some questions: only the question tells what answers."""
    product = rng.choice(products)
    shown = rng.sample(product.aspects, min(len(product.aspects), rng.choice((1, 2, 2, 3, 3, 4, 5))))
    phrases = _drawn(product, shown, rng)[:most]
    if rng.random() < 0.2 and (renamed := _renamed(phrases, shown[0], products, rng)):
        shown[0], phrases = renamed
    lines = tuple(_lines(phrases, rng))
    limit = 8 if rng.random() < 0.8 else rng.randint(3, 10)
    asker = Asker(product, shown, products, questions, rng)
    weights = dict(_OFTEN)
    asked = []
    for _ in range(per_scene):
        (kind,) = rng.choices(list(weights), list(weights.values()))
        # Aspects there are several of; the rest is asked once.
        weights[kind] *= 0.5 if kind == "aspect" else 0.0
        asked.append(asker.ask(kind))
    return [Example(question, lines, limit) for question in asked]


def _drawn(product: Product, shown: Sequence[Aspect], rng: random.Random) -> list[Phrase]:
    """Phrases of the aspects shown, more of the first, with general ones and stories between them."""
    side = rng.choices(("both", "plus", "minus"), (7, 1.5, 1.5))[0]
    allowed = {"both": _ANY, "plus": ("plus", "neutral"), "minus": ("minus", "neutral")}[side]
    share = dict.fromkeys((aspect.name for aspect in shown), 1.0) | {shown[0].name: rng.choice((1.0, 3.0))}
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
    size = min(
        rng.choice((rng.randint(3, 10), rng.randint(6, 18), rng.randint(10, 30))), sum(map(bool, weights))
    )
    return [product.phrases[index] for index in order[:size]]


def _renamed(
    phrases: Sequence[Phrase], aspect: Aspect, products: Sequence[Product], rng: random.Random
) -> tuple[Aspect, list[Phrase]] | None:
    """The same with a word of elsewhere in place of the aspect's, which then only its name can tell.

    So the model learns to match words that it was never taught. None where no phrase says the name.
    """
    elsewhere = rng.choice(rng.choice(products).aspects)
    new = rng.choice((elsewhere.name, *elsewhere.also))
    pattern = _pattern((aspect.name, *aspect.also))
    taken = _pattern((new,))
    kept = []
    for phrase in phrases:
        if phrase.aspect != aspect.name:
            if not taken.search(phrase.text):
                kept.append(phrase)
        elif pattern.search(phrase.text):
            kept.append(Phrase(pattern.sub(new, phrase.text), new, phrase.stance))
    if any(phrase.aspect == new for phrase in kept):
        return aspect.model_copy(update={"name": new, "also": (), "ask": ()}), kept
    return None


def _pattern(names: Sequence[str]) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b", re.IGNORECASE)


def _lines(phrases: Sequence[Phrase], rng: random.Random) -> Iterator[Line]:
    """The phrases in reviews of one to five lines, whose stars mostly fit what they say."""
    rest = list(phrases)
    unrated = rng.random() < 0.1
    review = 0
    while rest:
        group = [rest.pop() for _ in range(min(len(rest), rng.randint(1, 5)))]
        stars = None if unrated or rng.random() < 0.04 else _stars(group, rng)
        while group:
            said = [group.pop()]
            text = roughened(said[0].text, said[0].stance, rng)
            if group and rng.random() < 0.1:
                said.append(group.pop())
                text = joined(text, said[1].text, rng)
            yield Line(text, tuple(said), review, stars)
        review += 1


def _stars(group: Sequence[Phrase], rng: random.Random) -> float:
    balance = sum({"plus": 1, "minus": -1, "neutral": 0}[phrase.stance] for phrase in group)
    if rng.random() < 0.15:
        return rng.randint(1, 5)
    if balance == 0:
        return rng.choice((2, 3, 3, 4, 5))
    return rng.choice((4, 5, 5, 5, 4.5) if balance > 0 else (1, 1, 2, 2, 3))
