"""`python -m models fit`: all that a header tells before a model is loaded, or even downloaded."""

import re
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from config import load_settings
from config.command import console
from models.adapter import fitting_adapter
from models.catalogue.assumed_shape import assumed_header
from models.gguf.architecture import Parameters, beyond_training, count_in_words, in_words, parameters
from models.gguf.header import Header
from models.gguf.quantisation import BITS_PER_WEIGHT, BITS_SOURCE, explain_name, type_shares
from models.memory import fine_tuning
from models.memory.memory import MemoryPrediction, predict_memory
from models.memory.room import Room, gib, this_machine
from models.sources.locate import find_header

_CONTEXT = 2048
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(GiB|GB|G)?", re.IGNORECASE)


def fit(
    model: Annotated[
        str | None,
        typer.Argument(help="A name, a file, an https:// URL, or owner/repository/file.gguf on the hub."),
    ] = None,
    params: Annotated[
        float | None, typer.Option(help="In place of a model: a number of parameters, 7e9.")
    ] = None,
    ctx: Annotated[int | None, typer.Option(help="Tokens of context; default: as configured.", min=1)] = None,
    gpu: Annotated[
        str | None, typer.Option(help="The memory of a card in place of this machine's: 24GiB.")
    ] = None,
) -> None:
    """Tell from its header what a model is, and whether it fits, before it is loaded or downloaded."""
    if (model is None) == (params is None):
        raise typer.BadParameter("name either a model or --params")
    room = _card(gpu) if gpu else this_machine()
    with tempfile.TemporaryDirectory() as folder:
        if params is not None:
            header = _assumed(params)
            _print_report("", header, ctx or _CONTEXT, room)
        elif model is not None:
            settings = load_settings()
            found = find_header(model, settings, Path(folder))
            if found.remark:
                console.print(found.remark)
            adapter = fitting_adapter(found.spec, settings, found.header) if found.spec else None
            n_ctx = ctx or (found.spec.n_ctx if found.spec else _CONTEXT)
            _print_report(found.file, found.header, n_ctx, room, adapter)


def _assumed(params: float) -> Header:
    try:
        header = assumed_header(params)
    except ValueError as error:
        raise typer.BadParameter(f"--params takes {error}") from error
    console.print(
        "Of a number of parameters alone, a dense Llama-like shape in Q4_K_M is assumed, without grouped "
        "queries: a newer model's cache is smaller."
    )
    return header


def _card(size: str) -> Room:
    """A card's memory from "24GiB", "24GB" (10^9) or "24" (GiB)."""
    found = _SIZE.fullmatch(size.strip())
    if not found:
        raise typer.BadParameter("--gpu takes a size like 24GiB or 24GB")
    unit = 10**9 if (found[2] or "").upper() == "GB" else 2**30
    return Room(round(float(found[1]) * unit), card=True)


def _print_report(name: str, header: Header, n_ctx: int, room: Room, adapter: Path | None = None) -> None:
    counted = parameters(header)
    predicted = predict_memory(header, n_ctx, adapter=adapter)
    for sentence in in_words(header):
        console.print(sentence)
    _print_size(counted)
    if name:
        _print_name(name)
    _print_types(header)
    _print_memory(header, predicted, n_ctx, room)
    _print_quantisations(counted, predicted, room)
    _print_fine_tuning(header)


def _print_size(counted: Parameters) -> None:
    active = "all of them" if counted.active == counted.total else count_in_words(counted.active)
    console.print(
        f"Parameters: {count_in_words(counted.total)}, active in each token: {active}; so "
        f"{_flops(2 * counted.active)} for each token (2 x active parameters).",
    )


def _print_name(name: str) -> None:
    table = Table("part of the name", "what it means", title=f"\n{name}", title_justify="left")
    for part in explain_name(name):
        table.add_row(part.text, part.meaning or "a name")
    console.print(table)


def _print_types(header: Header) -> None:
    table = Table(title="\nThe true types of the tensors", title_justify="left")
    for column in ("type", "tensors", "weights", "bits per weight", "size", "share"):
        table.add_column(column, justify="left" if column == "type" else "right")
    for share in type_shares(header):
        part = share.nbytes / header.weight_bytes
        table.add_row(
            share.kind,
            str(share.tensors),
            count_in_words(share.parameters),
            f"{share.bits:.2f}",
            gib(share.nbytes),
            f"{part:.1%}",
        )
    bits = 8 * header.weight_bytes / header.parameters
    tensors = str(len(header.tensors))
    table.add_row(
        "all", tensors, count_in_words(header.parameters), f"{bits:.2f}", gib(header.weight_bytes), ""
    )
    console.print(table)


def _print_memory(header: Header, predicted: MemoryPrediction, n_ctx: int, room: Room) -> None:
    table = Table(title=f"\nMemory at {n_ctx:,} tokens of context", title_justify="left")
    table.add_column("what")
    table.add_column("size", justify="right")
    buffers = predicted.weights + predicted.adapter + predicted.kv_cache + predicted.compute
    around = room.taken(predicted) - buffers
    table.add_row("weights", gib(predicted.weights))
    if predicted.adapter:
        table.add_row("adapter", gib(predicted.adapter))
    table.add_row("keys and values (the cache)", gib(predicted.kv_cache))
    table.add_row("compute buffers", gib(predicted.compute))
    table.add_row("the driver, about" if room.card else "the process around", gib(around))
    table.add_row("all", gib(room.taken(predicted)), end_section=True)
    console.print(table)
    where = f"a card of {gib(room.size)}" if room.card else f"this machine, with {gib(room.size)} free"
    console.print(Text.assemble(f"On {where}: ", (room.verdict(predicted), "bold"), "."))
    if warning := beyond_training(header, n_ctx):
        console.print(warning)


def _print_quantisations(counted: Parameters, predicted: MemoryPrediction, room: Room) -> None:
    table = Table(title="\nThe same model in the usual quantisations", title_justify="left")
    for column in ("type", "bits per weight", "weights", "memory", "verdict"):
        table.add_column(column, justify="left" if column in ("type", "verdict") else "right")
    for kind, bits in BITS_PER_WEIGHT.items():
        other = predicted.with_weights(round(counted.total * bits / 8))
        table.add_row(kind, f"{bits:.2f}", gib(other.weights), gib(room.taken(other)), room.verdict(other))
    console.print(table)
    console.print(f"Bits per weight: {BITS_SOURCE}.")


def _print_fine_tuning(header: Header) -> None:
    needs = ", ".join(f"{way} {gib(size)}" for way, size in fine_tuning.fine_tuning_bytes(header).items())
    console.print(f"\nTo train it further takes about: {needs}.")
    console.print(fine_tuning.SOURCES, style="dim")


def _flops(operations: int) -> str:
    return f"{operations / 1e9:.1f} GFLOP" if operations >= 1e9 else f"{operations / 1e6:.1f} MFLOP"
