"""A small phrase bank and training runs of seconds, for the tests."""

from pathlib import Path

from training.phrase_bank import FOLDER, Aspect, Phrase, Product, Stance, load_questions
from training.run import Recipe, Run

SAYINGS: tuple[tuple[str, Stance], ...] = (
    ("The {} is lovely.", "plus"),
    ("Very happy with the {}.", "plus"),
    ("Their {} broke at once!", "minus"),
    ("I hate the {}.", "minus"),
    ("It has a {}.", "neutral"),
)
QUESTIONS = load_questions(FOLDER / "questions.yaml")


def toy_products() -> list[Product]:
    """Two kinds of product whose every sentence tells by a word or two what it is about, and how."""
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


def toy_run(folder: Path, steps: int, shape: str = "mistral", **recipe: object) -> Run:
    """A run of a network of four layers on the toy bank, nothing held out."""
    made = Recipe(
        shape, steps=steps, vectors="random", teach=False, everything=True, width=64, layers=4,
        batch_tokens=2048, **recipe,  # type: ignore[arg-type]
    )  # fmt: skip
    return Run(made, folder, toy_products(), QUESTIONS)
