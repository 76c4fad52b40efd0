"""`python -m training.card`: the model card of an exported demo model, every figure of it measured now.

Needs a run's folder, its GGUF file, and what `python -m benchmarks.evidence` printed about it.
"""

import hashlib
import json
import re
from collections.abc import Collection, Container, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from config.yaml_file import read_yaml
from training.export import load_run
from training.phrase_bank import load_products, load_questions, split
from training.preparation import training_texts
from training.product import chosen_by_product
from training.scores import Score, always_all, at_random, drawn, score
from training.vocabulary import Vocabulary

QUESTIONS = Path(__file__).parent.parent / "data" / "questions.yaml"
_WORD = re.compile(r"[a-z]{3,}")


def opinion_words(questions: Path) -> list[str]:
    """Every word of the sentences that people marked as praise or complaint, as often as it stands there."""
    return [
        word
        for entry in read_yaml(questions)
        if entry["kind"] in ("like", "dislike")
        for label in entry["evidence"]
        for word in _WORD.findall(label["quote"].lower())
    ]


def main(
    run: Annotated[Path, typer.Argument(help="The folder of a training run.")],
    gguf: Annotated[Path, typer.Argument(help="Its exported file.")],
    evidence: Annotated[
        Path, typer.Argument(help="What benchmarks.evidence printed; its last line is read.")
    ],
    out: Annotated[Path, typer.Argument(help="The card to write.")],
    count: Annotated[int, typer.Option(help="Questions of each kind of held-out text.")] = 300,
) -> None:
    """Write the model card of an exported demo model, every figure of it measured now."""
    _, vocabulary, recipe = load_run(run)
    figures = json.loads(evidence.read_text(encoding="utf-8").splitlines()[-1])
    lines = [
        *_about(gguf, recipe, _last(run)),
        *_data(vocabulary),
        *_held_out(gguf, count),
        *_asked(gguf.stem, figures),
        *_LIMITS,
    ]
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _about(gguf: Path, recipe: dict[str, Any], last: dict[str, Any]) -> Iterator[str]:
    yield f"# {gguf.stem}: a demo model\n"
    yield (
        f"It chooses sentences of reviews by number, in verbatim mode, and can do nothing else. "
        f"{gguf.stat().st_size / 1e6:.1f} MB (Q8_0), {recipe['shape'].capitalize()}'s shape: "
        f"{recipe['layers']} layers of width {recipe['width']}. Apache-2.0. "
        f"SHA-256 `{hashlib.sha256(gguf.read_bytes()).hexdigest()}`.\n"
    )
    yield "## Recipe\n"
    yield (
        f"`python -m training.train` with {_options(recipe)}{_earlier(recipe)}: {last['step']} steps, "
        f"{last['tokens'] / 1e6:.1f} million tokens, {last['minutes']:.0f} minutes on one core. "
        "`training/README.md` tells how.\n"
    )


def _earlier(recipe: dict[str, Any]) -> str:
    """What came before, for a run that began from another."""
    if not recipe["start"]:
        return ""
    folder = Path(recipe["start"])
    _, _, first = load_run(folder)
    last = _last(folder)
    return (
        f"; begun from a run with {_options(first)}, of {last['tokens'] / 1e6:.1f} million tokens "
        f"in {last['minutes']:.0f} minutes"
    )


def _last(run: Path) -> dict[str, Any]:
    """The last line of a run's log."""
    found: dict[str, Any] = json.loads((run / "log.jsonl").read_text().splitlines()[-1])
    return found


def _options(recipe: dict[str, Any]) -> str:
    told = ("shape", "steps", "seed", "vectors", "teach", "swaps", "batch_tokens")
    return ", ".join(f"{key} {recipe[key]}" for key in told)


def _data(vocabulary: Vocabulary) -> Iterator[str]:
    bank, ways = split(load_products()), load_questions()
    sentences = sum(len(product.phrases) for product in bank.training)
    known = {word for text in training_texts(bank.training, ways) for word in _WORD.findall(text.lower())}
    words = opinion_words(QUESTIONS)
    distinct = set(words)
    yield "## Data\n"
    yield (
        f"Synthetic alone: {sentences} sentences written for this purpose about {len(bank.training)} kinds "
        "of product, composed into reviews and questions by chance. No review of anybody, and none of "
        "`data/reviews.csv`.\n"
    )
    yield (
        f"Of the {len(distinct)} different words in the praise and complaints that people marked in "
        f"`data/reviews.csv`, the training text knows {_share(distinct, known)}; counted as often as they "
        f"stand there, {_share(words, known)}. Whole words of the vocabulary, with the embedder's vector, "
        f"are {_share(distinct, vocabulary.tokens)}.\n"
    )


def _share(words: Collection[str], known: Container[str]) -> str:
    return f"{sum(word in known for word in words) / len(words):.0%}"


def _held_out(gguf: Path, count: int) -> Iterator[str]:
    bank, ways = split(load_products()), load_questions()
    yield "## On text that was held out\n"
    yield "Through the product, with this file; counted over all sentences of all questions.\n"
    yield '| | questions | precision | recall | F1 | right "do not say" |\n|---|---:|---:|---:|---:|---:|'
    for title, products in (
        ("kinds of product never seen", bank.unseen_products),
        ("new sentences about kinds seen", bank.unseen_sentences),
    ):
        examples = drawn(products, ways, count)
        yield _row(title, score(examples, chosen_by_product(gguf, examples)))
        yield _row("… chosen at random", score(examples, at_random(examples)))
        yield _row("… all, to the limit", score(examples, always_all(examples)))
    yield ""


def _row(title: str, found: Score) -> str:
    cells = (found.precision, found.recall, found.f1, found.none_right)
    return f"| {title} | {found.questions} | {' | '.join(f'{value:.2f}' for value in cells)} |"


def _asked(name: str, figures: dict[str, Any]) -> Iterator[str]:
    yield f"## On the {figures['questions']} hand-labelled questions about the sample reviews\n"
    yield f"`python -m benchmarks.evidence --models {name},extractive`; means over questions.\n"
    yield '| | precision | recall | F1 | right "do not say" | wrong "do not say" |'
    yield "|---|---:|---:|---:|---:|---:|"
    for contestant in (name, "extractive", "(chance)", "(all)", "(best)"):
        keys = ("precision", "recall", "f1", "abstention", "false_abstention")
        yield f"| {contestant} | {' | '.join(_cell(figures[key][contestant]) for key in keys)} |"
    yield ""


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


_LIMITS: Sequence[str] = (
    "## Limits\n",
    "A toy that shows the whole way without a download. It knows English alone, judges sentences by words "
    "that it saw in some thousand sentences and by their neighbours, and is no measure of what language "
    "models can do. Its speed and memory are its own.",
)


if __name__ == "__main__":
    typer.run(main)
