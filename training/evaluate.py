"""`python -m training.evaluate`: a run's network on what it never saw, beside random and always-all.

With --gguf the exported file too: through llama.cpp with the same prompts, and through the whole product.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.table import Table

from config.command import console
from training.choosing import judged, written
from training.encoding import Encoder
from training.examples import Example
from training.export import load_run
from training.phrase_bank import load_products, load_questions, split
from training.product import chosen_by_product
from training.scores import Choice, Score, always_all, at_random, by_kind, drawn, score


def main(
    run: Annotated[Path, typer.Argument(help="The folder of a training run.")],
    gguf: Annotated[
        Path | None, typer.Option(help="Its exported file: ask that too, through the product.")
    ] = None,
    count: Annotated[int, typer.Option(help="Questions of each kind of held-out text.")] = 300,
    threads: Annotated[int, typer.Option(help="Of the processor.")] = 2,
) -> None:
    """Print how well a run's network chooses, for kinds of product and for sentences that it never saw."""
    torch.set_num_threads(threads)
    network, vocabulary, _ = load_run(run)
    encoder = Encoder(vocabulary)
    bank, questions = split(load_products()), load_questions()
    for title, products in (
        ("Kinds of product never seen", bank.unseen_products),
        ("New sentences about kinds seen", bank.unseen_sentences),
    ):
        examples = drawn(products, questions, count)
        answers = {"PyTorch": written(network, examples, encoder)}
        answers["… each sentence"] = judged(network, examples, encoder)
        if gguf:
            answers["GGUF in the product"] = chosen_by_product(gguf, examples)
        answers |= {"random": at_random(examples), "always all": always_all(examples)}
        console.print(_table(title, examples, answers))


def _table(title: str, examples: Sequence[Example], answers: dict[str, list[Choice]]) -> Table:
    table = Table("", "questions", "precision", "recall", "F1", "none right", title=title)
    for name, choices in answers.items():
        table.add_row(name, *_cells(score(examples, choices)))
    table.add_section()
    for kind, found in by_kind(examples, answers["PyTorch"]).items():
        table.add_row(f"PyTorch, {kind}", *_cells(found))
    return table


def _cells(found: Score) -> Iterator[str]:
    yield str(found.questions)
    yield from (f"{value:.2f}" for value in (found.precision, found.recall, found.f1, found.none_right))


if __name__ == "__main__":
    typer.run(main)
