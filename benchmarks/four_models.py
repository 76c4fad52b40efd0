"""The published experiment's four models on this machine, foretold by probe: writes docs/four-models.md.

    python -m benchmarks.four_models [--rounds 7] [--file-gib 4]
    python -m benchmarks.four_models --from-figures        # the text anew, from the figures of the last run

Needs no download; about 6 GiB of disk and 8 of memory for some minutes. Wants an otherwise idle machine.
"""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer

from benchmarks.four_models_text import document
from config import load_settings
from config.command import console, run
from models.catalogue.catalogue import catalogue
from models.catalogue.shapes import header_of
from models.gguf.header import Header
from models.memory.room import GIB
from models.probe.probe import Plan, Probed, probe

NAMES = ("mistral-7b", "llama-2-7b", "mixtral-8x7b", "llama-2-70b")
DOCUMENT = Path(__file__).parent.parent / "docs" / "four-models.md"

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Figures:
    """One model, as it stands in the document. Bytes; `read` is what one token makes the machine read."""

    weights: int
    read: int
    memory: int
    prefill: tuple[float, float, float]
    decode: tuple[float, float, float]
    layers: tuple[int, int, int]


@app.command(help=__doc__)
def main(
    rounds: Annotated[int, typer.Option(help="How often it is measured.", min=2)] = 7,
    prompt: Annotated[int, typer.Option(help="Tokens of the prompt.", min=1)] = 256,
    answer: Annotated[int, typer.Option(help="Tokens that are written in each round.", min=1)] = 64,
    file_gib: Annotated[float, typer.Option(help="Size of the larger stand-in, in GiB.", min=0.01)] = 4.0,
    from_figures: Annotated[bool, typer.Option(help="Measure nothing; write the text anew.")] = False,
    out: Annotated[Path, typer.Option(help="The document; its figures are kept beside it.")] = DOCUMENT,
) -> None:
    """Measure unless told otherwise, then write the document."""
    kept = out.with_suffix(".json")
    if not from_figures:
        plan = Plan(1024, prompt, answer, rounds, round(file_gib * GIB))
        kept.write_text(json.dumps(_measure(plan), indent=1) + "\n", encoding="utf-8")
    out.write_text(document(json.loads(kept.read_text(encoding="utf-8"))), encoding="utf-8")
    console.print(f"Written: {out} and {kept.name}", soft_wrap=True)


def _measure(plan: Plan) -> dict[str, Any]:
    home = load_settings().home
    models, threads = {}, 0
    for name in NAMES:
        entry = catalogue()[name]
        assert entry.shape
        header = header_of(entry.shape, name, entry.context)
        console.print(name)
        probed = probe(header, plan, home, None, console.print)
        threads = probed.threads
        models[name] = asdict(_figures(header, probed))
        console.print(f"  {models[name]}", highlight=False)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": threads,
        "memory": psutil.virtual_memory().total,
        "llama_cpp_python": version("llama-cpp-python"),
        "prompt": plan.prompt,
        "answer": plan.answer,
        "rounds": plan.rounds,
        "models": models,
    }


def _figures(header: Header, probed: Probed) -> Figures:
    prefill, decode = probed.prefill_tok_s, probed.decode_tok_s
    return Figures(
        weights=header.weight_bytes,
        read=bytes_per_token(header),
        memory=probed.memory,
        prefill=(prefill.value, prefill.low, prefill.high),
        decode=(decode.value, decode.low, decode.high),
        layers=(probed.few.layers, probed.many.layers, probed.layers),
    )


def bytes_per_token(header: Header) -> int:
    """Bytes of weights that one token reads: of the experts those it is sent to, no embedding but its row."""
    experts = header.number("expert_count", 0)
    used = header.number("expert_used_count", 0)
    total = 0
    for tensor in header.tensors:
        if tensor.name == "token_embd.weight":
            continue
        total += tensor.nbytes * used // experts if "_exps." in tensor.name else tensor.nbytes
    return total


if __name__ == "__main__":
    run(app)
