"""`python -m benchmarks.fuzz`: what the readers of review files and of GGUF headers do with hostile files.

Each input is made from a valid file by its seed and its number alone, so any of them can be had again:
`--only` writes one, `--files` reads some that were kept. Nothing may come of it but reviews, or a sentence;
the last line is JSON.
"""

import json
import signal
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from benchmarks.fuzz.llama import run_llama
from benchmarks.fuzz.run import run
from benchmarks.fuzz.worker import TARGETS, Tally, input_of, limit_memory, try_file
from config.command import console
from config.machine import usable_cores

PROGRESS_S = 30.0

app = typer.Typer(add_completion=False)


@app.command()
def main(
    inputs: Annotated[int, typer.Option(help="How many files for each reader.", min=1)] = 10_000,
    first: Annotated[int, typer.Option(help="The number of the first, to go on where a run was ended.")] = 0,
    seed: Annotated[int, typer.Option(help="Of the first file; the same gives the same files.")] = 0,
    targets: Annotated[str, typer.Option(help="Which readers, with commas.")] = ",".join(TARGETS),
    processes: Annotated[int, typer.Option(help="How many at once; 0: as many as there are cores.")] = 0,
    llama: Annotated[
        int, typer.Option(help="So many GGUF headers that we accept are shown to llama.cpp as well.")
    ] = 0,
    out: Annotated[Path, typer.Option(help="Where inputs that failed are kept.")] = Path("runs/fuzz"),
    only: Annotated[int | None, typer.Option(help="Write this one input to --out, and read it here.")] = None,
    files: Annotated[list[Path] | None, typer.Option(help="Read these files instead. Repeatable.")] = None,
) -> None:
    """Make hostile files and have them read, within 5 seconds and 256 MiB each."""
    # So that a run that is ended ends its processes too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names = targets.split(",")
    if unknown := set(names) - TARGETS.keys():
        raise typer.BadParameter(f"no target {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    if files or only is not None:
        tallies = {name: _some(name, seed, files or [], only, out) for name in names}
    else:
        started = time.monotonic()
        tallies = {
            name: run(name, range(first, first + inputs), seed, processes or usable_cores(), _progress(name))
            for name in names
        }
        if llama:
            tallies["llama.cpp"] = run_llama(llama, seed)
        console.print(f"{time.monotonic() - started:.0f} s")
    for name, tally in tallies.items():
        _keep(name, tally, seed, out)
        console.print(_table(name, tally))
    print(json.dumps({"seed": seed} | {name: _figures(name, tally) for name, tally in tallies.items()}))
    raise typer.Exit(any(tally.failures for tally in tallies.values()))


def _some(name: str, seed: int, files: list[Path], only: int | None, out: Path) -> Tally:
    limit_memory()
    target, tally = TARGETS[name](), Tally()
    if only is not None:
        out.mkdir(parents=True, exist_ok=True)
        files = [out / f"{name}-{seed}-{only}"]
        files[0].write_bytes(input_of(target, seed, only))
    for index, file in enumerate(files):
        try_file(target, file, tally, index, name)
    return tally


def _progress(name: str):  # type: ignore[no-untyped-def]
    said = time.monotonic()

    def progress(done: int, tally: Tally) -> None:
        nonlocal said
        if time.monotonic() - said > PROGRESS_S:
            said = time.monotonic()
            print(f"{done:,} {json.dumps({name: _figures(name, tally)})}", flush=True)

    return progress


def _keep(name: str, tally: Tally, seed: int, out: Path) -> None:
    """Write what failed, with what was raised, to be read again and made a test of."""
    for failure in tally.failures[:100]:
        console.print(f"{name} {failure.index}: {failure.what}", markup=False, highlight=False)
        if name in TARGETS:
            out.mkdir(parents=True, exist_ok=True)
            path = out / f"{name}-{seed}-{failure.index}"
            path.write_bytes(input_of(TARGETS[name](), seed, failure.index))
            path.with_suffix(".txt").write_text(failure.what)


def _figures(name: str, tally: Tally) -> dict[str, object]:
    inputs = sum(tally.stages.values())
    return {
        "inputs": inputs,
        "stages": dict(tally.stages),
        "past_first_checks": round(1 - tally.stages[_first(name)] / max(inputs, 1), 4),
        "slowest_s": round(tally.slowest[0], 3),
        "slowest": tally.slowest[1],
        "most_grown_mib": tally.grown[0] // 2**20,
        "peak_mib": tally.peak // 2**20,
        "failures": len(tally.failures),
    }


def _first(name: str) -> str:
    return TARGETS[name].stages[0] if name in TARGETS else "refused"  # type: ignore[index]


def _table(name: str, tally: Tally) -> Table:
    table = Table("figure", "value", title=name, title_justify="left")
    for key, value in _figures(name, tally).items():
        if isinstance(value, dict):
            for stage, count in value.items():
                table.add_row(f"  {stage}", f"{count:,} ({count / sum(value.values()):.1%})")
        else:
            table.add_row(key.replace("_", " "), f"{value:,}")
    return table


if __name__ == "__main__":
    app()
