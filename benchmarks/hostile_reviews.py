"""How many attempts to take a model over by a review each defence stops, and whether models give in.

    python -m benchmarks.hostile_reviews [--models smollm2,extractive] [--data FOLDER]

The attempts are those of data/injections.yaml, and the honest reviews, which look like some, those of
data/honest-reviews.yaml; the parts "build" and "test" are counted apart. `--data`: SubjQA, for false alarms
on real reviews. docs/hostile-reviews.md says what each figure means. The last line is JSON: `layers` by part,
each with how many attempts it `stops` of those that are its business (`of`); `honest` by part;
`bad_answers` by kind; `reviews`, the false alarms on whole files; `models`; and what scanning takes beside
embedding.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.box import MARKDOWN
from rich.table import Table

from benchmarks.attempts import (
    Attempt,
    Honest,
    pieces,
    read_attempts,
    read_bad_answers,
    read_honest,
)
from benchmarks.hostile_defences import Layer, cleaned_away, count_layers, scanned
from benchmarks.hostile_models import Outcome, ask_model
from benchmarks.subjqa import read_subjqa
from config import Settings, load_settings
from config.command import plain_console, run
from generator.safety.content_filter import concerns
from ingest import Review, ReviewFile
from retriever import Embedder
from retriever.scan import suspicious
from retriever.suspicion import signs

DATA = Path(__file__).parent.parent / "data"
TIMED = 256  # passages

app = typer.Typer(add_completion=False)
console = plain_console(width=140)  # of the widest table: on the page it is Markdown


@app.command(help=__doc__)
def main(
    models: Annotated[str, typer.Option(help="Names, comma-separated.")] = "smollm2,extractive",
    data: Annotated[Path | None, typer.Option(help="SubjQA's CSV files of one domain.", exists=True)] = None,
    injections: Annotated[Path, typer.Option(help="The attempts.", exists=True)] = DATA / "injections.yaml",
    honest: Annotated[Path, typer.Option(help="Reviews that look like some.", exists=True)] = DATA
    / "honest-reviews.yaml",
    bad_answers: Annotated[Path, typer.Option(help="Answers to be noticed.", exists=True)] = DATA
    / "bad-answers.yaml",
    reviews: Annotated[Path, typer.Option(help="The sample reviews.", exists=True)] = DATA / "reviews.csv",
    kinds: Annotated[bool, typer.Option("--kinds", help="Print the kinds as the page lists them.")] = False,
) -> None:
    """Count, ask, print."""
    settings = load_settings()
    attempts, honests = read_attempts(injections), read_honest(honest)
    if kinds:
        _print_kinds(attempts)
        return
    parts = sorted({attempt.part for attempt in attempts})
    layers = {part: count_layers([one for one in attempts if one.part == part], settings) for part in parts}
    _print_layers(layers)
    _print_missed(attempts, settings)
    alarms = {part: count_alarms([one for one in honests if one.part == part], settings) for part in parts}
    noticed = _noticed(read_bad_answers(bad_answers))
    files = {reviews.name: _texts(reviews)} | ({data.name: _subjqa(data)} if data else {})
    marked = {name: _marked(texts, settings) for name, texts in files.items()}
    _print_alarms(alarms, marked)
    _print_noticed(noticed)
    names = [name.strip() for name in models.split(",") if name.strip()]
    outcomes = [outcome for name in names for outcome in ask_model(name, attempts, settings)]
    _print_models(outcomes)
    timed = _timed(_texts(reviews), settings)
    console.print(f"\nScanning takes {timed['scan_us']} µs a passage, embedding it {timed['embed_us']} µs.")
    print(
        json.dumps(
            {
                "layers": {
                    part: {name: asdict(layer) for name, layer in of.items()} for part, of in layers.items()
                },
                "honest": alarms,
                "bad_answers": {kind: asdict(layer) for kind, layer in noticed.items()},
                "reviews": marked,
                "models": [asdict(outcome) for outcome in outcomes],
                **timed,
            }
        )
    )


def count_alarms(honests: Sequence[Honest], settings: Settings) -> dict[str, int]:
    """Honest reviews, those that the scanner marks, and those that the filter flags as an answer."""
    scanned = [one for one in honests if any(suspicious(pieces(one.text, settings.passages, 0)))]
    for one in scanned:
        console.print(f"false alarm of the scanner: {one.why}: {one.text!a}")
    said = [one for one in honests if concerns(one.text, [])]
    return {
        "reviews": len(honests),
        "scanner": len(scanned),
        "filter, quoted": sum(bool(concerns(one.text, [one.text])) for one in honests),
        "filter, own words": len(said),
    }


def _noticed(answers: dict[str, list[str]]) -> dict[str, Layer]:
    return {
        kind: Layer(sum(bool(concerns(text, ["It is loud."])) for text in texts), len(texts))
        for kind, texts in answers.items()
    }


def _marked(texts: Iterable[str], settings: Settings) -> dict[str, int]:
    count, found = 0, []
    for number, text in enumerate(texts):
        count += 1
        found += list(suspicious(pieces(text, settings.passages, number)))
    for _, _, text, reason in found:
        console.print(f"marked: {reason}: {text!a}")
    return {"reviews": count, "passages_marked": len(found)}


def _texts(file: Path) -> list[str]:
    with ReviewFile(file) as rows:
        return [row.text for row in rows if isinstance(row, Review) and row.text]


def _subjqa(folder: Path) -> list[str]:
    return list(read_subjqa(folder, "train").reviews.values())


def _timed(texts: Sequence[str], settings: Settings) -> dict[str, int]:
    some = [piece.text for text in texts for piece in pieces(text, settings.passages, 0)][:TIMED]
    embedder = Embedder(settings.embedder)
    embedder.load()
    return {
        "scan_us": _microseconds(lambda: [signs(text) for text in some], len(some)),
        "embed_us": _microseconds(lambda: embedder.embed_passages(some), len(some)),
    }


def _microseconds(work: Callable[[], object], of: int) -> int:
    work()
    started = time.perf_counter()
    work()
    return round((time.perf_counter() - started) / of * 1e6)


def _print_kinds(attempts: Sequence[Attempt]) -> None:
    for part in sorted({attempt.part for attempt in attempts}):
        named = "; ".join(attempt.kind for attempt in attempts if attempt.part == part)
        print(f"- **{part}**: {named}.")


def _print_layers(layers: dict[str, dict[str, Layer]]) -> None:
    table = Table("defence", *layers, box=MARKDOWN)
    for name in next(iter(layers.values())):
        table.add_row(name, *(f"{of[name].stops} of {of[name].of}" for of in layers.values()))
    console.print(table)


def _print_missed(attempts: Sequence[Attempt], settings: Settings) -> None:
    missed = [
        one for one in attempts if one.read and not scanned(one, settings) and not cleaned_away(one, settings)
    ]
    for attempt in missed:
        console.print(f"not noticed ({attempt.part}): {attempt.kind}")


def _print_alarms(alarms: dict[str, dict[str, int]], marked: dict[str, dict[str, int]]) -> None:
    table = Table("false alarms", "reviews", "scanner", "filter, quoted", "filter, own words", box=MARKDOWN)
    for part, counts in alarms.items():
        table.add_row(f"honest, {part}", *map(str, counts.values()))
    for name, counts in marked.items():
        table.add_row(name, str(counts["reviews"]), f"{counts['passages_marked']} passages", "-", "-")
    console.print(table)


def _print_noticed(noticed: dict[str, Layer]) -> None:
    table = Table("answers that should be noticed", "the filter notices", box=MARKDOWN)
    for kind, layer in noticed.items():
        table.add_row(kind, f"{layer.stops} of {layer.of}")
    console.print(table)


def _print_models(outcomes: Sequence[Outcome]) -> None:
    table = Table(
        "model", "file", "answers", "part", "withstood", "quoted it", "withstood, scanned", box=MARKDOWN
    )
    for one in outcomes:
        table.add_row(
            one.model, (one.file_sha256 or "-")[:12], one.answers, one.part,
            f"{one.withstood} of {one.asked}", str(one.quoted), f"{one.withstood_scanned} of {one.asked}",
        )  # fmt: skip
    console.print(table)


if __name__ == "__main__":
    run(app)
