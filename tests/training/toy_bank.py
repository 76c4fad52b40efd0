"""A small phrase bank for the tests, whose every sentence tells by a word what it is about, and how."""

from training.phrases import Aspect, Phrase, Product, Stance

SAYINGS: tuple[tuple[str, Stance], ...] = (
    ("The {} is lovely.", "plus"),
    ("Very happy with the {}.", "plus"),
    ("Their {} broke at once!", "minus"),
    ("I hate the {}.", "minus"),
    ("It has a {}.", "neutral"),
)


def toy_products() -> list[Product]:
    """Two kinds of product."""
    return [_product("lamp", ("light", "switch", "cable")), _product("tent", ("zip", "floor", "poles"))]


def _product(name: str, aspects: tuple[str, ...]) -> Product:
    phrases = [Phrase(text.format(aspect), aspect, stance) for aspect in aspects for text, stance in SAYINGS]
    phrases += [Phrase("Great.", None, "plus"), Phrase("Sent back.", None, "minus")]
    phrases.append(Phrase("Bought in May.", None, "neutral"))
    asked = tuple(
        Aspect(name=a, ask=(f"How is the {a}?",), plus=("Good.",), minus=("Bad.",), neutral=("So.",))
        for a in aspects
    )
    return Product(name, asked, ("Is it waterproof?",), tuple(phrases))
