"""What reusing the cached prompt saves: time to first token of a second question about a product.

    python -m benchmarks.prompt_reuse --model FILE [--rounds 3]

The second question comes with the same passages: asked by itself (the reviews come first, and are in the
cache), and as a follow-up (the first question and its answer are in the cache too). Each once with the cache
of the first question and once with an empty one, in turns; medians. The last line is JSON: `ttft_s` and
`n_prompt_reused` of each, and `speedup` (empty / reused) of both.
"""

import json
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

from config import ModelSpec, Settings
from config.command import console
from generator import Answer, Exchange, Generator
from retriever import Match
from retriever.passage import Passage

app = typer.Typer(add_completion=False)

REVIEW = "The battery lasts two days and the case is sturdy, but the zip broke after a month of use. "
FIRST, SECOND = "How long does the battery last?", "Is the case any good?"


@app.command(help=__doc__)
def main(
    model: Annotated[Path, typer.Option(help="A GGUF file.")],
    rounds: Annotated[int, typer.Option(help="How often it is measured.", min=1)] = 3,
    passages: Annotated[int, typer.Option(help="Passages of the prompt.", min=1, max=20)] = 5,
    answer_tokens: Annotated[int, typer.Option(help="Tokens of an answer.", min=2, max=400)] = 64,
) -> None:
    """Measure, print a line per answer, and the ratios."""
    spec = ModelSpec(name=model.name, file=str(model.resolve()), max_tokens=answer_tokens)
    matches = [_match(number) for number in range(1, passages + 1)]
    answers: dict[str, list[Answer]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as home, Generator(spec, Settings(home=Path(home))) as generator:
        generator.answer(FIRST, matches)
        for _ in range(rounds):
            for kind, follows in (("question", False), ("follow_up", True)):
                first = generator.answer(FIRST, matches)
                history = [first.exchange] if follows else []
                answers[kind + "_reused"].append(_ask(generator, matches, history))
                answers[kind + "_empty"].append(_ask(generator, matches, history, empty=True))
                for name in (kind + "_reused", kind + "_empty"):
                    console.print(name, answers[name][-1].timing)
    ttft = {kind: median(answer.timing.ttft_s or 0 for answer in given) for kind, given in answers.items()}
    result: dict[str, Any] = {
        "model": model.name,
        "rounds": rounds,
        "n_prompt": {kind: given[0].timing.n_prompt for kind, given in answers.items()},
        "n_prompt_reused": {kind: given[0].timing.n_prompt_reused for kind, given in answers.items()},
        "ttft_s": ttft,
        "speedup": {
            kind: ttft[kind + "_empty"] / ttft[kind + "_reused"] for kind in ("question", "follow_up")
        },
    }
    print(json.dumps(result))


def _ask(
    generator: Generator, matches: Sequence[Match], history: Sequence[Exchange], empty: bool = False
) -> Answer:
    # Measured answers start from an empty cache.
    return generator.answer(SECOND, matches, history=history, mode="measured" if empty else "interactive")


def _match(number: int) -> Match:
    passage = Passage(
        "B01", f"r{number}", 0, f"Review {number}. {REVIEW * 3}", 4, None, None, content_hash=""
    )
    return Match(passage, score=1 - number / 100)


if __name__ == "__main__":
    app()
