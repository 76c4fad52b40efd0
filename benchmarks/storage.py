"""What a passage takes on disk, part by part; and what vectors of half precision would change.

    python -m benchmarks.storage [--passages 100000] [--big 20000]

The passages of `benchmarks.random_passages`, in random order, in the tables as they are. Then their vectors
alone, in two tables that differ in the type only, `vector` and `halfvec`, each with a covering index by
product that grew as the rows came. Searches of both take turns: k = 5, products of 200 passages and one large
one. `recall` is the share of the passages that a float32 brute force finds. An embedded server of its own.

Last line: JSON with `passages`, `bytes_per_passage` (of all) and `parts`; per type `row_bytes` (table and
index), `p50_ms`, `big_product_p50_ms`, `recall` and `big_product_recall`.
"""

import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from pgvector import Vector
from psycopg2.extensions import cursor as Cursor
from rich.table import Table

from benchmarks.random_passages import BIG, Filled, create, fill
from config.command import console
from database import Database
from database.server import EmbeddedServer

app = typer.Typer(add_completion=False)

TYPES = ("vector", "halfvec")
PARTS = """
    SELECT relname, pg_relation_size(oid) + coalesce(pg_total_relation_size(nullif(reltoastrelid, 0)), 0)
    FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace = 'public'::regnamespace AND (
        relname IN ('passage', 'review', 'body')
        OR oid IN (SELECT indexrelid FROM pg_index
                   WHERE indrelid IN ('passage'::regclass, 'review'::regclass, 'body'::regclass)))
    ORDER BY 2 DESC
"""
MAKE = """
    CREATE TABLE as_{type} (product bigint, body bigint, embedding {type});
    ALTER TABLE as_{type} ALTER embedding SET STORAGE PLAIN;
    CREATE INDEX as_{type}_near ON as_{type} (product) INCLUDE (body, embedding);
    INSERT INTO as_{type} SELECT product, body, embedding FROM passage
"""
SEARCH = """
    SELECT body FROM as_{type} WHERE product = %s ORDER BY embedding <#> %s::{type}, body LIMIT 5
"""


@app.command(help=__doc__)
def main(
    passages: Annotated[int, typer.Option(help="Passages in the database.", min=10_000)] = 100_000,
    big: Annotated[int, typer.Option(help="Of these the large product's.")] = 20_000,
    searches: Annotated[int, typer.Option(help="Searches that are timed.", min=20)] = 400,
) -> None:
    """Fill, weigh, search, print."""
    folder = Path(tempfile.mkdtemp(prefix="reviewduel-storage-"))
    server = EmbeddedServer(folder / "postgres")
    try:
        with Database(create(server, "storage"), "the benchmark's database") as database:
            filled = fill(database, passages, big, np.random.default_rng(0))
            with database.connection() as connection, connection.cursor() as cursor:
                cursor.execute(PARTS)
                parts = {name: round(size / passages, 1) for name, size in cursor}
            halves = compare(database, filled, searches)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    table = Table("part", "bytes per passage", title=f"{passages} passages", box=None)
    for name, size in [*parts.items(), ("all", round(sum(parts.values()), 1))]:
        table.add_row(name, str(size))
    console.print(table)
    table = Table("", *TYPES, title="Vectors alone", box=None)
    for key in halves["vector"]:
        table.add_row(key, *(str(halves[kind][key]) for kind in TYPES))
    console.print(table)
    total = round(sum(parts.values()), 1)
    print(json.dumps({"passages": passages, "bytes_per_passage": total, "parts": parts, **halves}))


def compare(database: Database, filled: Filled, searches: int) -> dict[str, dict[str, float]]:
    """The figures of each type; the searches take turns."""
    random = np.random.default_rng(1)
    small = [int(product) for product in random.integers(2, filled.products.max(), searches)]
    few = max(20, searches // 20)
    figures: dict[str, dict[str, float]] = {}
    with database.connection() as connection, connection.cursor() as cursor:
        connection.commit()
        connection.autocommit = True
        for kind in TYPES:
            cursor.execute(MAKE.format(type=kind))
            cursor.execute(f"VACUUM (ANALYZE) as_{kind}")
            cursor.execute(f"SELECT pg_total_relation_size('as_{kind}')")
            (size,) = cursor.fetchone() or (0,)
            figures[kind] = {"row_bytes": round(size / len(filled.products), 1)}
        cursor.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
        for name, products in (("", small), ("big_product_", [BIG] * few)):
            times, recall = _search(cursor, filled, products)
            for kind in TYPES:
                figures[kind][f"{name}p50_ms"] = round(float(np.median(times[kind])) * 1000, 3)
                figures[kind][f"{name}recall"] = round(float(np.mean(recall[kind])), 4)
        connection.autocommit = False
    return figures


def _search(
    cursor: Cursor, filled: Filled, products: list[int]
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Seconds and recall of each search, by type; the first five do not count."""
    times: dict[str, list[float]] = {kind: [] for kind in TYPES}
    recall: dict[str, list[float]] = {kind: [] for kind in TYPES}
    for number, product in enumerate(products):
        wanted = filled.nearest(product, number)
        for kind in TYPES:
            started = time.perf_counter()
            cursor.execute(
                SEARCH.format(type=kind), (product, Vector(filled.embedder.questions[number]).to_text())
            )
            found = {body for (body,) in cursor.fetchall()}
            times[kind].append(time.perf_counter() - started)
            recall[kind].append(len(found & wanted) / 5)
    return {kind: times[kind][5:] for kind in TYPES}, recall


if __name__ == "__main__":
    app()
