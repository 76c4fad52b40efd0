"""Reading reviews in, beside the published experiment's way: `python -m benchmarks.ingest`.

Speed: both take turns, some products each, so that a machine that changes its pace changes both; models are
loaded before. What ours takes around embedding; a second reading of the same files; and how memory grows
with the length of a file. The reviews are put together from the sample's sentences, by a seed. Needs the
extra `bench`. The last line is one JSON object.
"""

import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psycopg2
import typer
from rich.table import Table

from benchmarks.published_ingest import PublishedIngest
from config import PassageSettings, load_settings
from config.command import console
from database import Database
from database.server import EmbeddedServer
from ingest import ReviewFile, ingest
from ingest.review import Review
from retriever import Embedder
from retriever.embedder import Vectors
from retriever.passage import prose

app = typer.Typer(add_completion=False)

SAMPLE = Path(__file__).parent.parent / "data" / "reviews.csv"
REVIEWS_PER_PRODUCT = 35  # as in the sample
SHORT_FILE = 5_000


class TimedEmbedder(Embedder):
    """Adds up the seconds that embedding takes, and the passages."""

    seconds = 0.0
    passages = 0

    def embed_passages(self, texts: list[str]) -> Vectors:
        """As ever."""
        started = time.perf_counter()
        vectors = super().embed_passages(texts)
        self.seconds += time.perf_counter() - started
        self.passages += len(texts)
        return vectors


@app.command(help=__doc__)
def main(
    products: Annotated[int, typer.Option(help="Products per round.")] = 8,
    rounds: Annotated[int, typer.Option(help="Rounds of both ways in turn.")] = 7,
    rows: Annotated[int, typer.Option(help="Rows of the long file.")] = 500_000,
) -> None:
    """Measure, and print a table and a line of JSON."""
    with _server() as (folder, server):
        figures = _speed(folder, server, products, rounds)
        figures["rss_growth_mb"] = round(_memory(folder, server, rows), 1)
    table = Table("figure", "value", "wanted")
    wanted = {
        "speedup_vs_published": "≥ 2.5",
        "overhead_share": "≤ 0.05",
        "reingest_speedup": "≥ 50",
        "rss_growth_mb": "≤ 300",
    }
    for name, value in figures.items():
        table.add_row(name, str(value), wanted.get(name, ""))
    console.print(table)
    print(json.dumps(figures))


def _speed(folder: Path, server: EmbeddedServer, products: int, rounds: int) -> dict[str, float]:
    settings = load_settings()
    embedder = TimedEmbedder(settings.embedder)
    embedder.embed_passages(["The warm-up."])
    embedder.seconds, embedder.passages = 0.0, 0
    published = PublishedIngest(_create(server, "published"), settings.passages.size)
    texts = _texts(random.Random(0))
    ratios, first, again, pieces = [], 0.0, 0.0, 0
    with Database(_create(server, "ours"), "the benchmark's database") as database:
        files = [_write(folder / f"{n}.csv", texts, products, f"P{n}-") for n in range(rounds)]
        for number, file in enumerate(files):
            by_product = _by_product(file)
            seconds = {}
            for ours in (True, False) if number % 2 else (False, True):
                started = time.perf_counter()
                if ours:
                    _ingest(file, database, embedder, settings.passages)
                else:
                    pieces += published.ingest(by_product)
                seconds[ours] = time.perf_counter() - started
            first += seconds[True]
            ratios.append(seconds[False] / seconds[True])
            console.print(f"round {number + 1}: published {seconds[False]:.1f} s, ours {seconds[True]:.1f} s")
        embedding = embedder.seconds
        for file in files:
            started = time.perf_counter()
            _ingest(file, database, embedder, settings.passages)
            again += time.perf_counter() - started
    return {
        "speedup_vs_published": round(statistics.median(ratios), 2),
        "overhead_share": round(first / embedding - 1, 4),
        "reingest_speedup": round(first / again, 1),
        "passages_per_s": round(embedder.passages / first, 1),
        "passages": embedder.passages,
        "published_passages": pieces,
    }


def _ingest(file: Path, database: Database, embedder: Embedder, passages: PassageSettings) -> None:
    with ReviewFile(file) as rows:
        ingest(rows, database, embedder, passages)


def _memory(folder: Path, server: EmbeddedServer, rows: int) -> float:
    """How many MB (10⁶ bytes) more a file of `rows` rows takes at its peak than one of 5,000."""
    peaks = []
    for length in (SHORT_FILE, rows):
        file = folder / f"{length}.csv"
        texts = _texts(random.Random(1))
        _write(file, texts, max(1, length // 250), f"M{length}-", per_product=min(length, 250))
        environment = os.environ | {"REVIEWDUEL_DATABASE_URL": _create(server, f"memory{length}")}
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.ingest_memory", str(file)],
            env=environment, stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        peaks.append(int(done.stdout))
        seconds = time.perf_counter() - started
        console.print(f"{length:,} rows without embedding: {peaks[-1] / 1e6:.0f} MB at most, {seconds:.0f} s")
        file.unlink()
    return (peaks[1] - peaks[0]) / 1e6


def _texts(chance: random.Random) -> Iterator[str]:
    """Reviews without end, of one to eight sentences of the sample, as long as published ones are."""
    with ReviewFile(SAMPLE) as file:
        sentences = [part for row in file if isinstance(row, Review) for part in (row.text or "").split(". ")]
    while True:
        yield ". ".join(chance.sample(sentences, chance.choice((1, 2, 2, 3, 4, 5, 6, 8)))) + "."


def _write(
    file: Path, texts: Iterator[str], products: int, prefix: str, per_product: int = REVIEWS_PER_PRODUCT
) -> Path:
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["asins", "reviews.text", "reviews.rating", "reviews.id"])
        for product in range(products):
            for number in range(per_product):
                row = f"{prefix}{product}", next(texts), number % 5 + 1, f"{product}-{number}"
                writer.writerow(row)
    return file


def _by_product(file: Path) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    with ReviewFile(file) as rows:
        for row in rows:
            if isinstance(row, Review) and row.text:
                found.setdefault(row.listing.ids[0], []).append(prose(row.title, row.text))
    return found


@contextmanager
def _server() -> Iterator[tuple[Path, EmbeddedServer]]:
    with tempfile.TemporaryDirectory(prefix="reviewduel-bench-") as name:
        server = EmbeddedServer(Path(name) / "postgres")
        try:
            yield Path(name), server
        finally:
            server.stop()


def _create(server: EmbeddedServer, name: str) -> str:
    """A new database with pgvector; returns what leads to it."""
    connection = psycopg2.connect(server.dsn)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    dsn = server.dsn.replace("dbname=postgres", f"dbname={name}")
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION vector")
    connection.close()
    return dsn


if __name__ == "__main__":
    app()
