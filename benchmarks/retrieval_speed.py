"""How long a search takes when the table is large, beside LangChain's vector stores over the same rows.

    python -m benchmarks.retrieval_speed [--passages 1000000] [--big 100000] [--plot docs/retrieval-speed.svg]

Passages with random unit vectors of 384 dimensions, 200 per product but for one product that has a tenth of
all, come in random order into a fresh database, a transaction per batch; then what an ingest does at its
end, and nothing else. Questions are vectors made beforehand. Timed is the SQL of a search (k = 5), rows
received, and beside it the whole of `Retriever.search`. `recall` is the share of the passages of a float32
brute force over the same vectors. Of the peers, too, the SQL is timed. Grown in three sizes, each in a
database of its own.

Last line: JSON with `passages`, `p50_ms`, `p95_ms`, `recall` (dense, products of 200),
`big_product_p95_ms`, `big_product_recall`, `speedup_vs_pgvector`, `speedup_vs_pgvectorstore` (p50 against
p50); `search_p50_ms` (with all Python), `hybrid_p50_ms`, `hybrid_p95_ms`, `hybrid_big_product_p95_ms`,
`filtered_p50_ms`; of 8 clients at once `clients_8_per_s` and `clients_8_p95_ms` (whole searches); and
`growth`: size, then the p50 in ms of ours, PGVector, PGVectorStore. A peer that is not installed is null:
langchain-postgres wants an older pgvector beside itself than we do, and works with ours: `pip install
--no-deps langchain-postgres && pip install 'psycopg[binary,pool]' asyncpg`.
"""

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.table import Table

from benchmarks.random_passages import BIG, Filled, create, fill
from benchmarks.vector_stores import PEERS, median_ms
from config.command import console
from database import Database
from database.server import EmbeddedServer

app = typer.Typer(add_completion=False)

SMALLEST = 5000
Milliseconds = NDArray[np.float64]


@app.command(help=__doc__)
def main(
    passages: Annotated[int, typer.Option(help="Passages in the database.", min=10_000)] = 1_000_000,
    big: Annotated[int, typer.Option(help="Of these the large product's; 0: a tenth.")] = 0,
    searches: Annotated[int, typer.Option(help="Searches that are timed.", min=50)] = 1000,
    plot: Annotated[Path | None, typer.Option(help="Draw how the time grows into this file.")] = None,
    seed: Annotated[int, typer.Option(help="The same gives the same figures.")] = 0,
) -> None:
    """Fill, search, print."""
    if plot and find_spec("matplotlib") is None:
        raise typer.BadParameter("--plot needs matplotlib: pip install -e '.[bench]'")
    growth: list[list[float | None]] = []
    result: dict[str, object] = {}
    folder = Path(tempfile.mkdtemp(prefix="reviewduel-speed-"))
    server = EmbeddedServer(folder / "postgres")
    try:
        for size in [n for n in (passages // 100, passages // 10) if n >= SMALLEST] + [passages]:
            dsn = create(server, f"size_{size}")
            with Database(dsn, "the benchmark's database") as database:
                started = time.perf_counter()
                large = (big or passages // 10) * size // passages
                filled = fill(database, size, large, np.random.default_rng(seed))
                console.print(f"{size} passages written in {time.perf_counter() - started:.0f} s")
                result = measure(filled, searches)
                peers = {name: median_ms(name, dsn, filled) for name in PEERS}
            growth.append([size, float(result["p50_ms"]), *peers.values()])  # type: ignore[arg-type]
            console.print(f"{size} passages: {growth[-1][1:]} ms (ours, {', '.join(PEERS)})")
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    ours = growth[-1][1]
    for name, p50 in zip(PEERS, growth[-1][2:], strict=True):
        result[f"speedup_vs_{name.lower()}"] = None if p50 is None or ours is None else round(p50 / ours, 1)
    table = Table("", "", title=f"{passages} passages", box=None)
    for key, value in result.items():
        table.add_row(key, str(value))
    console.print(table)
    if plot:
        # Before the figures: they are the last line.
        draw(growth, plot)
    print(json.dumps({"passages": passages, **result, "growth": growth}))


def measure(filled: Filled, searches: int, seconds: float = 5) -> dict[str, object]:
    """All figures of ours; 8 clients search for so many seconds."""
    random = np.random.default_rng(1)
    small = [int(product) for product in random.integers(2, filled.products.max(), searches)]
    dense, whole = timed(filled, lambda n: filled.search(small[n], n), searches)
    hybrid, _ = timed(filled, lambda n: filled.search(small[n], n, "hybrid"), searches)
    filtered, _ = timed(filled, lambda n: filled.search(small[n], n, min_rating=4), searches)
    few = max(20, searches // 20)
    big, _ = timed(filled, lambda n: filled.search(BIG, n), few)
    big_hybrid, _ = timed(filled, lambda n: filled.search(BIG, n, "hybrid"), few)
    checked = min(200, searches)
    per_s, at_once = together(filled, small, seconds=seconds)
    return {
        "p50_ms": _percentile(dense, 50),
        "p95_ms": _percentile(dense, 95),
        "recall": _recall(filled, [(small[n], n) for n in range(checked)]),
        "big_product_p95_ms": _percentile(big, 95),
        "big_product_recall": _recall(filled, [(BIG, n) for n in range(20)]),
        "search_p50_ms": _percentile(whole, 50),
        "hybrid_p50_ms": _percentile(hybrid, 50),
        "hybrid_p95_ms": _percentile(hybrid, 95),
        "hybrid_big_product_p95_ms": _percentile(big_hybrid, 95),
        "filtered_p50_ms": _percentile(filtered, 50),
        "clients_8_per_s": round(per_s, 1),
        "clients_8_p95_ms": _percentile(at_once, 95),
    }


def timed(
    filled: Filled, search: Callable[[int], object], searches: int
) -> tuple[Milliseconds, Milliseconds]:
    """Milliseconds of SQL, and of all, of searches number 0, 1, …, after a few that do not count."""
    times = []
    for n in [*range(5), *range(searches)]:
        started = time.perf_counter()
        search(n)
        times.append(time.perf_counter() - started)
    return np.array(filled.retriever.sql[-searches:]) * 1000, np.array(times[5:]) * 1000


def together(
    filled: Filled, products: list[int], clients: int = 8, seconds: float = 5
) -> tuple[float, Milliseconds]:
    """Searches per second of so many threads at once, and the milliseconds of each search."""
    end = time.perf_counter() + seconds
    times: list[float] = []

    def work(client: int) -> None:
        n = client
        while (started := time.perf_counter()) < end:
            filled.search(products[n % len(products)], n % 4096)
            times.append(time.perf_counter() - started)
            n += clients

    threads = [threading.Thread(target=work, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(times) / seconds, np.array(times) * 1000


def _recall(filled: Filled, cases: list[tuple[int, int]]) -> float:
    return float(np.mean([len(filled.nearest(*case) & set(filled.search(*case))) / 5 for case in cases]))


def _percentile(times: Milliseconds, percent: int) -> float:
    return round(float(np.percentile(times, percent)), 3)


def draw(growth: list[list[float | None]], file: Path) -> None:
    """The plot: milliseconds over passages, both logarithmic."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4))
    sizes = [row[0] for row in growth]
    for column, name in enumerate(("ReviewDuel", *PEERS), start=1):
        values = [row[column] if row[column] is not None else float("nan") for row in growth]
        axes.plot(sizes, values, marker="o", label=name)  # type: ignore[arg-type, unused-ignore]
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="passages in the table, 200 per product",
        ylabel="median search, ms",
    )
    axes.grid(True, which="both", alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(file)


if __name__ == "__main__":
    app()
