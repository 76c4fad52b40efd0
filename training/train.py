"""`python -m training.train`: trains one demo model on the phrase bank, to the end of a schedule.

Writes checkpoints and a log to a folder; the same command with --resume goes on where it was, to the bit.
"""

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import torch
import typer

from training.phrase_bank import load_products, load_questions
from training.run import Recipe, Run


def main(
    out: Annotated[Path, typer.Option(help="The run's folder.")],
    shape: Annotated[str, typer.Option(help="Whose: llama or mistral.")] = "llama",
    minutes: Annotated[float, typer.Option(help="The schedule ends after so many minutes.")] = 45.0,
    steps: Annotated[int, typer.Option(help="Instead of minutes: reproducible.")] = 0,
    seed: Annotated[int, typer.Option(help="The same gives the same figures.")] = 0,
    vectors: Annotated[str, typer.Option(help="Of words: minilm, or random, which learns each.")] = "minilm",
    teach: Annotated[bool, typer.Option(help="Learn what the embedder says to each sentence.")] = True,
    everything: Annotated[bool, typer.Option(help="Hold nothing out.")] = False,
    batch_tokens: Annotated[int, typer.Option(help="Tokens of a step.")] = 4096,
    layers: Annotated[int, typer.Option(help="Layers of the model.")] = 6,
    start: Annotated[str, typer.Option(help="The folder of a run to begin from.")] = "",
    swaps: Annotated[int, typer.Option(help="So many sentences with exchanged words are taught, too.")] = 0,
    threads: Annotated[int, typer.Option(help="Of the processor.")] = 2,
    resume: Annotated[bool, typer.Option(help="Go on from the folder's checkpoint.")] = False,
) -> None:
    """Train a demo model on the phrase bank."""
    torch.set_num_threads(threads)
    recipe = Recipe(
        shape,
        minutes,
        steps,
        seed,
        vectors,
        teach,
        everything,
        batch_tokens=batch_tokens,
        layers=layers,
        swaps=swaps,
        start=start,
    )
    run = Run(recipe, out, load_products(), load_questions())
    if resume:
        run.resume()
    with suppress(KeyboardInterrupt):
        run.train()


if __name__ == "__main__":
    typer.run(main)
