"""Reading and storing beside an earlier commit, in one run: `python -m benchmarks.ingest_speed`.

A CSV in Datafiniti's columns is stored by the working tree and by the commit in turn, each in a process and a
database of its own, with an embedder that takes no time. Then the same file is read again. The last line is
one JSON object: medians, and their ratios.
"""

import csv
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import psycopg2
import typer
from rich.table import Table

from config.command import console
from database.server import EmbeddedServer

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "data" / "reviews.csv"
COLUMNS = (
    "id,asins,brand,categories,name,reviews.date,reviews.rating,reviews.title,reviews.text,"
    "reviews.username,reviews.id"
)
PER_PRODUCT = 250
# Runs in both trees: what both call the same.
CHILD = """
import sys, time
from pathlib import Path
from benchmarks.ingest_memory import Stub
from config import PassageSettings, load_settings
from database import Database
from ingest import ReviewFile, ingest
with Database.open(load_settings()) as database:
    for _ in range(2):
        started = time.perf_counter()
        with ReviewFile(Path(sys.argv[1])) as file:
            read = ingest(file, database, Stub(), PassageSettings()).read
        print(read / (time.perf_counter() - started))
"""

app = typer.Typer(add_completion=False)


@app.command(help=__doc__)
def main(
    commit: Annotated[str, typer.Option(help="What to compare with.")] = "943ff8a",
    rows: Annotated[int, typer.Option(help="Rows of the file.")] = 50_000,
    rounds: Annotated[int, typer.Option(help="Rounds of both in turn.")] = 5,
) -> None:
    """Measure, and print a table and a line of JSON."""
    with tempfile.TemporaryDirectory(prefix="reviewduel-bench-") as name:
        folder = Path(name)
        earlier = folder / "earlier"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(earlier)], check=True)
        subprocess.run(["git", "-C", str(earlier), "checkout", "--quiet", commit], check=True)
        file = _write(folder / "reviews.csv", rows)
        found: dict[Path, list[tuple[float, float]]] = {ROOT: [], earlier: []}
        for number in range(rounds):
            for tree in (ROOT, earlier) if number % 2 else (earlier, ROOT):
                found[tree].append(_rates(tree, file, folder / f"home-{tree.name}-{number}"))
    figures: dict[str, float] = {}
    for place, what in enumerate(("first", "again")):
        ours, theirs = (statistics.median(one[place] for one in found[tree]) for tree in (ROOT, earlier))
        figures |= {f"{what}_rows_s": round(ours), f"{what}_rows_s_{commit}": round(theirs)}
        figures[f"{what}_ratio"] = round(ours / theirs, 2)
    table = Table("figure", "value")
    for key, value in figures.items():
        table.add_row(key, f"{value:,}")
    console.print(table)
    print(json.dumps(figures))


def _rates(tree: Path, file: Path, home: Path) -> tuple[float, float]:
    """Rows per second of a tree: the first reading, and the second."""
    server = EmbeddedServer(home / "postgres")
    try:
        connection = psycopg2.connect(server.dsn)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE speed")
        connection.close()
        environment = os.environ | {
            "PYTHONPATH": str(tree),
            "REVIEWDUEL_HOME": str(home),
            "REVIEWDUEL_DATABASE_URL": server.dsn.replace("dbname=postgres", "dbname=speed"),
        }
        done = subprocess.run(
            [sys.executable, "-P", "-c", CHILD, str(file)],
            cwd=tree, env=environment, stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
    finally:
        server.stop()
    first, again = map(float, done.stdout.split())
    return first, again


def _write(file: Path, rows: int) -> Path:
    """Made-up reviews: sentences of the sample in another order, 250 to a product."""
    with SAMPLE.open(encoding="utf-8", newline="") as sample:
        sentences = [part for row in csv.DictReader(sample) for part in row["reviews.text"].split(". ")]
    chance = random.Random(1)
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS.split(","))
        for number in range(rows):
            product = number // PER_PRODUCT
            day = f"{chance.randint(2015, 2024)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
            text = ". ".join(chance.sample(sentences, chance.choice((1, 2, 2, 3, 4, 5, 6, 8))))
            writer.writerow(
                (
                    f"AV{product}", f"B{product:06}", "Acme", "Home,Kitchen", f"Thing number {product}",
                    f"{day}T00:00:00.000Z", chance.randint(1, 5), chance.choice(sentences)[:40], f"{text}.",
                    f"user{chance.randint(1, 9999)}", f"r{number}",
                )
            )  # fmt: skip
    return file


if __name__ == "__main__":
    app()
