"""`python -m benchmarks.faults`: break what can break, for real, and count what was lost and who was needed.

Each fault has folders, processes and an embedded PostgreSQL of its own. Exit code 0 if all holds; the last
line is JSON.
"""

import json
import random
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from benchmarks.faults.at_once import work_at_once
from benchmarks.faults.away import lose_under_ingest, lose_under_page, lose_under_run
from benchmarks.faults.batch import kill_batch
from benchmarks.faults.clock import set_clock
from benchmarks.faults.disk import fill_disks
from benchmarks.faults.endpoints import break_endpoints
from benchmarks.faults.ingest import kill_first_ingest, kill_ingest
from benchmarks.faults.outcome import Fault, Outcome
from benchmarks.faults.page import kill_page
from benchmarks.faults.postgres import kill_under_ingest, kill_under_page, kill_under_run
from benchmarks.faults.worker import kill_worker
from config.command import console

FAULTS: Mapping[str, Fault] = {
    "ingest": kill_ingest,
    "first-ingest": kill_first_ingest,
    "worker": kill_worker,
    "batch": kill_batch,
    "postgres-ingest": kill_under_ingest,
    "postgres-batch": kill_under_run,
    "postgres-page": kill_under_page,
    "page": kill_page,
    "disk": fill_disks,
    "away-ingest": lose_under_ingest,
    "away-batch": lose_under_run,
    "away-page": lose_under_page,
    "endpoint": break_endpoints,
    "clock": set_clock,
    "at-once": work_at_once,
}
COUNTS = ("times", "lost", "doubled", "wordless", "unrecovered")

app = typer.Typer(add_completion=False)


@app.command()
def main(
    times: Annotated[int, typer.Option(help="How often each thing is broken.", min=1)] = 20,
    only: Annotated[str, typer.Option(help="Which faults, with commas.")] = ",".join(FAULTS),
    seed: Annotated[int, typer.Option(help="Of the moments.")] = 2026,
) -> None:
    """Break things at moments drawn by chance; nothing may be lost or doubled, and nobody be needed."""
    # So that a run that is ended ends its processes too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    names = only.split(",")
    if unknown := set(names) - FAULTS.keys():
        raise typer.BadParameter(f"no fault {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
    outcomes: list[Outcome] = []
    for name in names:
        begun = time.monotonic()
        # Each its own moments, whichever of the others are done.
        for outcome in FAULTS[name](times, random.Random(f"{seed} {name}")):
            console.print(f"{name}, after {time.monotonic() - begun:.0f} s: {outcome}", soft_wrap=True)
            outcomes.append(outcome)
    print("\n".join(_table(outcomes)))
    print(json.dumps([asdict(outcome) for outcome in outcomes]))
    raise typer.Exit(not all(outcome.holds for outcome in outcomes))


def _table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """As docs/reliability.md has it."""
    yield f"| what | what was done | {' | '.join(COUNTS)} | slowest recovery |"
    yield f"|---|---|{'---:|' * (len(COUNTS) + 1)}"
    for outcome in outcomes:
        counts = " | ".join(str(getattr(outcome, count)) for count in COUNTS)
        yield f"| {outcome.fault} | {outcome.done} | {counts} | {outcome.slowest_recovery_s:.1f} s |"
    for outcome in outcomes:
        yield from (f"{outcome.fault}: {note}" for note in outcome.notes)


if __name__ == "__main__":
    app()
