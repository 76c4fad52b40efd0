"""Questions about reviews, and which claims answer them.

Knows the phrase bank; knows nothing of how reviews are composed.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from training.phrase_bank import Aspect, Phrase, Product, Questions, Stance

Kind = Literal["aspect", "like", "dislike", "aspect_plus", "aspect_minus", "absent", "foreign"]
# The kinds that a question shows by itself; that nothing answers it does not.
ASKED: tuple[Kind, ...] = ("like", "dislike", "aspect", "aspect_plus", "aspect_minus")
_ANY: tuple[Stance, ...] = ("plus", "minus", "neutral")
# An aspect that no phrase has.
_NOTHING = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a `product`, and for which claims: of one aspect (None: any), of these stances.

    `means`: the same in few words, as the phrase bank has it; empty where it has none.
    """

    text: str
    kind: Kind
    aspect: str | None
    stances: tuple[Stance, ...]
    product: str = ""
    means: str = ""

    def about(self, phrase: Phrase) -> bool:
        """Whether the phrase speaks of what is asked, whatever it says."""
        return self.aspect is None or phrase.aspect == self.aspect

    def answered_by(self, phrases: Sequence[Phrase]) -> bool:
        """Whether any of a line's claims answers."""
        return any(self.about(phrase) and phrase.stance in self.stances for phrase in phrases)


@dataclass(frozen=True, slots=True)
class Asker:
    """Draws questions about one product's reviews, in which the aspects `shown` occur.

    The names of those may be new ones, which the product does not have. `products`: whose aspects are
    asked for where nothing shall answer.
    """

    product: Product
    shown: Sequence[Aspect]
    products: Sequence[Product]
    ways: Questions
    rng: random.Random

    def ask(self, kind: Kind) -> Question:
        """One question of the kind; where no aspect is absent, about one that is shown."""
        if kind == "like":
            return Question(self._filled(self.ways.like), kind, None, ("plus",), self.product.name)
        if kind == "dislike":
            return Question(self._filled(self.ways.dislike), kind, None, ("minus",), self.product.name)
        if kind == "foreign":
            return self._foreign()
        names = {aspect.name for aspect in self.shown}
        absent = [aspect for aspect in self.product.aspects if aspect.name not in names]
        aspect = self.rng.choice(absent if kind == "absent" and absent else self.shown)
        if kind == "aspect_plus":
            return self._about(aspect, kind, self.ways.aspect_plus, ("plus",))
        if kind == "aspect_minus":
            return self._about(aspect, kind, self.ways.aspect_minus, ("minus",))
        own_words = aspect.ask and self.rng.random() < 0.65
        return self._about(aspect, kind, aspect.ask if own_words else self.ways.aspect, _ANY)

    def _about(
        self,
        aspect: Aspect,
        kind: Kind,
        ways: Sequence[str],
        stances: tuple[Stance, ...],
        nothing: bool = False,
    ) -> Question:
        way = self.rng.choice(ways)
        name = self.rng.choice((aspect.name, aspect.name, *aspect.also))
        means = name if "{aspect}" in way else way
        asked = _NOTHING if nothing else aspect.name
        return Question(self._filled([way], name), kind, asked, stances, self.product.name, means)

    def _foreign(self) -> Question:
        """A question that nothing answers: of the file's own list, or about another kind's aspect."""
        known = {name.lower() for aspect in self.product.aspects for name in (aspect.name, *aspect.also)}
        aspect = self.rng.choice(self.rng.choice(self.products).aspects)
        if self.rng.random() < 0.6 or known & {name.lower() for name in (aspect.name, *aspect.also)}:
            way = self.rng.choice(self.product.unmentioned)
            return Question(self._filled([way]), "foreign", _NOTHING, _ANY, self.product.name, way)
        ways = aspect.ask if self.rng.random() < 0.5 else self.ways.aspect
        return self._about(aspect, "foreign", ways, _ANY, nothing=True)

    def _filled(self, ways: Sequence[str], aspect: str = "") -> str:
        way = self.rng.choice(ways)
        text = way.replace("{aspect}", aspect).replace("{product}", self.product.name)
        text = text[:1].upper() + text[1:]
        if self.rng.random() < 0.1:
            text = text.rstrip("?.")
        return text.lower() if self.rng.random() < 0.1 else text
