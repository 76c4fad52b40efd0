"""What a row costs besides its embedding, step by step: `python -m benchmarks.ingest_steps [--rows 20000]`.

Rows made of the sample's reviews, each with a number so that none repeats. Embedding is a stub of 384
numbers. `read`, `clean` (and parse), `split` (and hash) and `store` (decide, COPY, in an embedded server of
its own) are the local engine's steps; `send` is what the engine `ray` has in addition, packing rows and
unpacking what comes back. Last line: JSON with the microseconds of each per row,
`passages_per_row`, and `in_one_place`: read, send, store and the second splitting of what is stored, which a
cluster does not spread.
"""

import csv
import json
import pickle
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import numpy as np
import typer
from rich.table import Table

from benchmarks.random_passages import DIMENSION, create
from config import EmbedderSettings, PassageSettings
from config.command import console
from database import Database
from database.server import EmbeddedServer
from ingest import Review, ReviewFile, ingest
from ingest.ray_engine import parsed
from ingest.splitter import Splitter
from ingest.store import batches
from retriever import Embedder
from retriever.embedder import Vectors

app = typer.Typer(add_completion=False)

T = TypeVar("T")
SAMPLE = Path(__file__).parent.parent / "data" / "reviews.csv"


class Stub(Embedder):
    """Vectors that say nothing."""

    dimension = DIMENSION

    def __init__(self) -> None:
        super().__init__(EmbedderSettings(name="stub"))

    def embed_passages(self, texts: list[str]) -> Vectors:
        """Ones."""
        return np.ones((len(texts), DIMENSION), np.float32)


@app.command(help=__doc__)
def main(rows: Annotated[int, typer.Option(help="Rows that are read in.", min=1000)] = 20_000) -> None:
    """Measure, print."""
    folder = Path(tempfile.mkdtemp(prefix="reviewduel-steps-"))
    server = EmbeddedServer(folder / "postgres")
    try:
        file = _write(folder / "reviews.csv", rows)
        with Database(create(server, "steps"), "the benchmark's database") as database:
            figures = measure(file, rows, database)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    table = Table("step", "per row", title=f"{rows} rows, microseconds", box=None)
    for name, value in figures.items():
        table.add_row(name, str(value))
    console.print(table)
    print(json.dumps({"rows": rows, **figures}))


def measure(path: Path, rows: int, database: Database) -> dict[str, float]:
    """All figures."""
    settings = PassageSettings()
    splitter = Splitter(settings)
    taken: dict[str, float] = {}

    def timed(name: str, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        result = work()
        taken[name] = (time.perf_counter() - started) / rows * 1e6
        return result

    with ReviewFile(path) as file:
        raw = timed("read", lambda: list(file.rows()))
        found = timed("clean", lambda: [file.parser.parse(row, file.notes) for row in raw])
        reviews = [row for row in found if isinstance(row, Review)]
        pieces = timed("split", lambda: [list(splitter.pieces(row.title, row.text or "")) for row in reviews])
        parts = list(batches(raw))
        returned = [pickle.dumps(parsed(file.parser, settings, part)) for part in parts]
        timed("send", lambda: ([pickle.dumps(part) for part in parts], list(map(pickle.loads, returned))))
    whole = timed("store", lambda: ingest(found, database, Stub(), settings))
    assert whole.new == len(reviews)
    taken["store"] -= taken["split"]  # which `ingest` does once more
    figures = {name: round(value, 1) for name, value in taken.items()}
    figures["in_one_place"] = round(taken["read"] + taken["send"] + taken["store"] + taken["split"], 1)
    return figures | {"passages_per_row": round(sum(map(len, pieces)) / rows, 2)}


def _write(path: Path, rows: int) -> Path:
    with ReviewFile(SAMPLE) as file:
        reviews = [row for row in file if isinstance(row, Review)]
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["asins", "reviews.title", "reviews.text", "reviews.rating", "reviews.id"])
        for number in range(rows):
            review = reviews[number % len(reviews)]
            writer.writerow([f"P{number // 35}", review.title, f"{review.text} {number}", "4", number])
    return path


if __name__ == "__main__":
    app()
