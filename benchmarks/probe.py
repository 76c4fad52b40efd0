"""Is a foretold speed right? Reduced layers against the whole model, in the same rounds.

    python -m benchmarks.probe [--model mistral-7b --model llama-2-7b] [--rounds 5] [--file-gib 2]

Writes a whole file of random weights with the exact shape of each model (4 GiB for the default ones, deleted
afterwards), unless a GGUF file is named in place of a name of the catalogue. Wants an otherwise idle machine.
Last line, JSON, for each model: `prefill_error`, `decode_error`, `memory_error` (foretold / measured - 1).
"""

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from config import load_settings
from config.command import console, run
from models.catalogue.catalogue import catalogue
from models.catalogue.shapes import header_of
from models.gguf.header import Header, read_header
from models.memory.room import GIB
from models.probe.probe import Plan, Probed, probe
from models.probe.stand_in import write_stand_in

app = typer.Typer(add_completion=False)


@app.command(help=__doc__)
def main(
    model: Annotated[
        list[str] | None,
        typer.Option(help="A name of the catalogue with a shape, or a GGUF file; repeatable."),
    ] = None,
    rounds: Annotated[int, typer.Option(help="How often it is measured.", min=2)] = 5,
    prompt: Annotated[int, typer.Option(help="Tokens of the prompt.", min=1)] = 256,
    answer: Annotated[int, typer.Option(help="Tokens that are written in each round.", min=1)] = 64,
    file_gib: Annotated[float, typer.Option(help="Size of the larger stand-in, in GiB.", min=0.01)] = 2.0,
) -> None:
    """Measure, print foretold beside measured, and the errors."""
    plan = Plan(1024, prompt, answer, rounds, round(file_gib * GIB))
    home = load_settings().home
    home.mkdir(parents=True, exist_ok=True)
    errors = {}
    for name in model or ("mistral-7b", "llama-2-7b"):
        with tempfile.TemporaryDirectory(prefix=".probe-", dir=home) as folder:
            header, file = _whole(name, Path(folder))
            probed = probe(header, plan, home, file, console.print)
        errors[name] = _errors(name, probed, plan)
    print(json.dumps(errors))


def _whole(name: str, folder: Path) -> tuple[Header, Path]:
    if name not in catalogue():
        return read_header(Path(name)), Path(name)
    shape = catalogue()[name].shape
    if shape is None:
        raise typer.BadParameter(f"{name} has no shape in the catalogue")
    header, file = header_of(shape, name, catalogue()[name].context), folder / "whole.gguf"
    console.print(f"writing {name}, {header.weight_bytes / GIB:.2f} GiB")
    write_stand_in(header, file)
    return header, file


def _errors(name: str, probed: Probed, plan: Plan) -> dict[str, float]:
    measured = probed.full
    assert measured
    foretold = {
        "prefill": probed.prefill_tok_s.value,
        "decode": probed.decode_tok_s.value,
        "memory": probed.memory / GIB,
    }
    units = {"prefill": "tokens/s", "decode": "tokens/s", "memory": "GiB"}
    figures = {
        "prefill": measured.prefill_tok_s(plan),
        "decode": measured.decode_tok_s,
        "memory": measured.resident / GIB,
    }
    console.print(f"{name}, from {probed.few.layers} and {probed.many.layers} of {probed.layers} layers:")
    for key, value in foretold.items():
        console.print(f"  {key}: foretold {value:.2f}, measured {figures[key]:.2f} {units[key]}")
    return {f"{key}_error": round(value / figures[key] - 1, 4) for key, value in foretold.items()}


if __name__ == "__main__":
    run(app)
