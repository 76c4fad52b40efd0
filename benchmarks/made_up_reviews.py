"""Questions about made-up reviews, put together by chance from the sentences of `training/phrases`.

Which sentences answer is known by construction. Knows nothing of vectors or models.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from config.yaml_file import read_yaml

PHRASES = Path(__file__).parent.parent / "training" / "phrases"

Kind = Literal["like", "dislike", "aspect", "unanswered"]
# Eight questions as they come in practice.
KINDS: tuple[Kind, ...] = (
    "like", "dislike", "aspect", "aspect", "aspect", "aspect", "unanswered", "unanswered"
)  # fmt: skip

_ASKS = {
    "like": (
        "What do people like about this {}?",
        "good points?",
        "Why do owners recommend the {}?",
        "pros",
        "What pleases the people who bought this {}?",
        "what makes it worth buying",
    ),
    "dislike": (
        "What do people dislike about this {}?",
        "complaints?",
        "Why is the {} sent back?",
        "cons",
        "What goes wrong with the {}?",
        "what would i regret about it",
    ),
}
_ABOUT = ("How is the {}?", "{}?", "Is the {} any good?", "what do they say about the {}")


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence of review number `review`; `stars` are the review's; `evidence`: it answers the question."""

    text: str
    review: int
    stars: float | None
    evidence: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the sentences shown for it, review by review. `group`: what must not be split."""

    group: str
    kind: Kind
    question: str
    lines: Sequence[Line]


@dataclass(slots=True)
class _Pool:
    """A product's sentences as (text, side, aspect), in a shuffled order; each is drawn once."""

    sentences: list[tuple[str, int, str | None]]
    drawn: set[str] = field(default_factory=set)

    def draw(self, side: int | None = None, aspect: str | None = None, avoid: str | None = None) -> Any:
        for sentence in self.sentences:
            text, of_side, of_aspect = sentence
            fits = (side is None or side == of_side) and (aspect is None or aspect == of_aspect)
            if fits and text not in self.drawn and (avoid is None or of_aspect != avoid):
                self.drawn.add(text)
                return sentence
        return None


def made_up(cases: int, seed: int, folder: Path = PHRASES) -> Iterator[Asked]:
    """So many questions, the product kinds in turn; the same seed gives the same."""
    chance = random.Random(seed)
    products = [read_yaml(path) for path in sorted(folder.glob("*.yaml"))]
    products = [product for product in products if "aspects" in product]
    for number in range(cases):
        yield _asked(products[number % len(products)], KINDS[number // len(products) % len(KINDS)], chance)


def _asked(product: dict[str, Any], kind: Kind, chance: random.Random) -> Asked:
    pool = _Pool(list(_sentences(product)))
    chance.shuffle(pool.sentences)
    aspect = chance.choice(product["aspects"])
    name = aspect["name"]
    if kind in _ASKS:
        question = chance.choice(_ASKS[kind]).format(product["product"])
    elif kind == "unanswered" and chance.random() < 0.5:
        question = chance.choice(product["unmentioned"])
    else:
        generic = [ask.format(chance.choice([name, *aspect["also"]])) for ask in _ABOUT]
        question = chance.choice([*aspect["ask"], chance.choice(generic)])
    lines: list[Line] = []
    for review in range(chance.randint(5, 8)):
        lean = chance.choice((-1, 1, 1))
        fits = lean if chance.random() < 0.85 else -lean
        stars = None if chance.random() < 0.1 else 3.0 + fits * chance.choice((0, 1, 1, 2, 2, 2))
        about = name if kind == "aspect" and (not review or chance.random() < 0.5) else None
        for sentence in _review(
            pool, lean, about, name if kind in ("aspect", "unanswered") else None, chance
        ):
            lines.append(Line(sentence[0], review, stars, _answers(sentence, kind, name)))
    return Asked(product["product"], kind, question, lines)


def _review(
    pool: _Pool, lean: int, about: str | None, avoid: str | None, chance: random.Random
) -> Iterator[tuple[str, int, str | None]]:
    """One to five sentences, mostly of one side; one or two of them on the aspect `about`."""
    drawn = []
    for _ in range(chance.randint(1, 2) if about else 0):
        drawn.append(pool.draw(chance.choice((lean, lean, lean, lean, -lean, 0)), about))
    for _ in range(chance.randint(0 if drawn else 1, 3)):
        drawn.append(pool.draw(chance.choice((lean, lean, lean, lean, -lean, 0, 0)), avoid=avoid))
    chance.shuffle(drawn)
    yield from filter(None, drawn)


def _sentences(product: dict[str, Any]) -> Iterator[tuple[str, int, str | None]]:
    for aspect in product["aspects"]:
        for key, side in (("plus", 1), ("minus", -1), ("neutral", 0)):
            yield from ((text, side, aspect["name"]) for text in aspect[key])
    for key, side in (("praise", 1), ("complaint", -1), ("story", 0)):
        yield from ((text, side, None) for text in product[key])


def _answers(sentence: tuple[str, int, str | None], kind: Kind, name: str) -> bool:
    _, side, aspect = sentence
    return {"like": side > 0, "dislike": side < 0, "aspect": aspect == name, "unanswered": False}[kind]
