"""The hand-written sentences that all training text is composed of, which are held out, and what is asked.

Reads training/phrases/*.yaml, one file per kind of product, and training/questions.yaml. Knows nothing of
tokens or models.
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from config.yaml_file import read_yaml

FOLDER = Path(__file__).parent

Stance = Literal["plus", "minus", "neutral"]
Kind = Literal["aspect", "like", "dislike", "aspect_plus", "aspect_minus", "absent", "foreign"]
Text = Annotated[str, Field(min_length=2, max_length=300, pattern=r"^\S.*\S$")]
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]

ANY: tuple[Stance, ...] = ("plus", "minus", "neutral")
# An aspect that no phrase has.
_NOTHING = ""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Aspect(_Strict):
    """One thing that customers judge, what else they call it, and what they say about it."""

    name: Text
    also: tuple[Text, ...] = ()
    ask: Texts
    plus: Texts
    minus: Texts
    neutral: Texts

    @property
    def names(self) -> tuple[str, ...]:
        """All that it is called."""
        return (self.name, *self.also)


class ProductFile(_Strict):
    """One file of training/phrases."""

    product: Text
    aspects: Annotated[tuple[Aspect, ...], Field(min_length=2)]
    unmentioned: Texts
    praise: Texts
    complaint: Texts
    story: Texts


class ByStance(_Strict):
    """Texts by what they claim; `{aspect}` and `{product}` are filled in."""

    plus: Texts
    minus: Texts
    neutral: Texts


class Questions(_Strict):
    """training/questions.yaml: ways to ask, titles, claims; `{aspect}` and `{product}` are filled in."""

    like: Texts
    dislike: Texts
    aspect: Texts
    aspect_plus: Texts
    aspect_minus: Texts
    titles: ByStance
    claims: ByStance


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence and what it claims; `aspect` None is about the whole product, or a story when neutral."""

    text: str
    aspect: str | None
    stance: Stance


@dataclass(frozen=True, slots=True)
class Product:
    """A kind of product: aspects by name, and all its phrases."""

    name: str
    aspects: tuple[Aspect, ...]
    unmentioned: tuple[str, ...]
    phrases: tuple[Phrase, ...]


def load_products(folder: Path = FOLDER / "phrases") -> list[Product]:
    """Every phrase file, by name. Raises pydantic's ValidationError for one that is not as it should be."""
    files = sorted(folder.glob("*.yaml"))
    return [_product(ProductFile.model_validate(read_yaml(file))) for file in files]


def load_questions(path: Path = FOLDER / "questions.yaml") -> Questions:
    """The ways to ask."""
    return Questions.model_validate(read_yaml(path))


def _product(file: ProductFile) -> Product:
    phrases = tuple(dict.fromkeys(_phrases(file)))
    return Product(file.product, file.aspects, file.unmentioned, phrases)


def _phrases(file: ProductFile) -> Iterator[Phrase]:
    for aspect in file.aspects:
        for stance in ANY:
            for text in getattr(aspect, stance):
                yield Phrase(text, aspect.name, stance)
    for stance, texts in zip(ANY, (file.praise, file.complaint, file.story), strict=True):
        for text in texts:
            yield Phrase(text, None, stance)


@dataclass(frozen=True, slots=True)
class Bank:
    """`training`, and two sets never trained on: `unseen_products`, and sentences of the trained kinds."""

    training: tuple[Product, ...]
    unseen_products: tuple[Product, ...]
    unseen_sentences: tuple[Product, ...]


def split(products: Sequence[Product]) -> Bank:
    """Hold out 15 % of the kinds of product, and 10 % of the other kinds' sentences.

    By their names and texts alone, so that a new file moves nothing that was held out before.
    """
    unseen = tuple(product for product in products if _percent(product.name) < 15)
    seen = tuple(product for product in products if product not in unseen)
    return Bank(
        training=tuple(_only(product, held_out=False) for product in seen),
        unseen_products=unseen,
        unseen_sentences=tuple(_only(product, held_out=True) for product in seen),
    )


def _only(product: Product, held_out: bool) -> Product:
    kept = tuple(phrase for phrase in product.phrases if (_percent(phrase.text) < 10) == held_out)
    return replace(product, phrases=kept)


def _percent(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % 100


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and for which claims: of one aspect (None: any), of these stances.

    `topic`: what the question calls the aspect; empty where it names none.
    """

    text: str
    kind: Kind
    aspect: str | None
    stances: tuple[Stance, ...]
    topic: str = ""

    def answered_by(self, phrases: Sequence[Phrase]) -> bool:
        """Whether any of a line's claims answers."""
        return any(
            self.aspect in (None, phrase.aspect) and phrase.stance in self.stances for phrase in phrases
        )


@dataclass(frozen=True, slots=True)
class Asker:
    """Draws questions about one product's reviews, in which the aspects `shown` occur.

    `products`: whose aspects are asked for where nothing shall answer. `named`: how often a question about an
    aspect names it, 0 to 1.
    """

    product: Product
    shown: Sequence[Aspect]
    products: Sequence[Product]
    ways: Questions
    rng: random.Random
    named: float = 0.5

    def ask(self, kind: Kind) -> Question:
        """One question of the kind; where no aspect is absent, about another kind of product's."""
        if kind == "like":
            return Question(self._filled(self.ways.like), kind, None, ("plus",))
        if kind == "dislike":
            return Question(self._filled(self.ways.dislike), kind, None, ("minus",))
        names = {aspect.name for aspect in self.shown}
        absent = [aspect for aspect in self.product.aspects if aspect.name not in names]
        if kind == "foreign" or (kind == "absent" and not absent):
            return self._foreign()
        # The first of the shown is the one that most lines are about.
        main = self.shown[0] if self.rng.random() < 0.5 else self.rng.choice(self.shown)
        aspect = self.rng.choice(absent) if kind == "absent" else main
        if kind == "aspect_plus":
            return self._about(aspect, kind, self.ways.aspect_plus, ("plus",))
        if kind == "aspect_minus":
            return self._about(aspect, kind, self.ways.aspect_minus, ("minus",))
        named = self.rng.random() < self.named
        return self._about(aspect, kind, self.ways.aspect if named else aspect.ask, ANY)

    def _about(
        self, aspect: Aspect, kind: Kind, ways: Sequence[str], stances: tuple[Stance, ...]
    ) -> Question:
        way = self.rng.choice(ways)
        name = self.rng.choice((aspect.name, aspect.name, *aspect.also))
        asked = _NOTHING if kind == "foreign" else aspect.name
        return Question(self._filled([way], name), kind, asked, stances, name if "{aspect}" in way else "")

    def _foreign(self) -> Question:
        """A question that nothing answers: of the file's own list, or about another kind's aspect."""
        known = {name.lower() for aspect in self.product.aspects for name in aspect.names}
        aspect = self.rng.choice(self.rng.choice(self.products).aspects)
        if self.rng.random() < 0.6 or known & {name.lower() for name in aspect.names}:
            way = self.rng.choice(self.product.unmentioned)
            return Question(self._filled([way]), "foreign", _NOTHING, ANY)
        return self._about(aspect, "foreign", self.ways.aspect, ANY)

    def _filled(self, ways: Sequence[str], aspect: str = "") -> str:
        text = self.rng.choice(ways).replace("{aspect}", aspect).replace("{product}", self.product.name)
        text = text[:1].upper() + text[1:]
        if self.rng.random() < 0.1:
            text = text.rstrip("?.")
        return text.lower() if self.rng.random() < 0.1 else text
