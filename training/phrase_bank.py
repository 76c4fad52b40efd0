"""The hand-written sentences that all training text is composed of, and which of them are held out.

Reads training/phrases/*.yaml, one file per kind of product, and training/questions.yaml. Knows nothing of
tokens or models.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from config.yaml_file import read_yaml

FOLDER = Path(__file__).parent

Stance = Literal["plus", "minus", "neutral"]
Text = Annotated[str, Field(min_length=2, max_length=300, pattern=r"^\S.*\S$")]
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]


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


class ProductFile(_Strict):
    """One file of training/phrases."""

    product: Text
    aspects: Annotated[tuple[Aspect, ...], Field(min_length=2)]
    unmentioned: Texts
    praise: Texts
    complaint: Texts
    story: Texts


class Questions(_Strict):
    """training/questions.yaml: ways to ask; `{aspect}` and `{product}` are filled in."""

    like: Texts
    dislike: Texts
    aspect: Texts
    aspect_plus: Texts
    aspect_minus: Texts


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
    stances: tuple[Stance, ...] = ("plus", "minus", "neutral")
    for aspect in file.aspects:
        for stance in stances:
            for text in getattr(aspect, stance):
                yield Phrase(text, aspect.name, stance)
    for stance, texts in zip(stances, (file.praise, file.complaint, file.story), strict=True):
        for text in texts:
            yield Phrase(text, None, stance)


@dataclass(frozen=True, slots=True)
class Bank:
    """`training`, and two sets never trained on: `unseen_products`, and sentences of the trained kinds."""

    training: tuple[Product, ...]
    unseen_products: tuple[Product, ...]
    unseen_sentences: tuple[Product, ...]


def split(products: list[Product], everything: bool = False) -> Bank:
    """Hold out 15 % of the kinds of product, and 10 % of the other kinds' sentences.

    By their names and texts alone, so that a new file moves nothing that was held out before.
    `everything`: train on all of it; what is "unseen" then is not.
    """
    unseen = tuple(product for product in products if _percent(product.name) < 15)
    seen = tuple(product for product in products if product not in unseen)
    training = tuple(_only(product, held_out=False) for product in seen)
    return Bank(
        training=tuple(products) if everything else training,
        unseen_products=unseen,
        unseen_sentences=tuple(_only(product, held_out=True) for product in seen),
    )


def _only(product: Product, held_out: bool) -> Product:
    kept = tuple(phrase for phrase in product.phrases if (_percent(phrase.text) < 10) == held_out)
    return replace(product, phrases=kept)


def _percent(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) % 100
