"""Whether this machine is idle: what else may disturb a measurement, as it was when a run began.

Knows the system's figures; knows nothing of models or runs.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil

from config.machine import usable_cores
from models.memory.room import gib, this_machine

# Runnable processes, averaged over a minute, beside which timings are still those of an idle machine.
IDLE_LOAD = 0.5
# Processes of this program that hold a model.
_WORKERS = ("generator.llama.worker", "models.probe.probe_worker")


@dataclass(frozen=True, slots=True)
class Conditions:
    """The machine at a moment (`at`, in ISO 8601, UTC); `load_average` over the last minute.

    `workers`: ids of processes that hold a model, and are not of this run.
    """

    at: str
    load_average: float
    cores: int
    available_bytes: int
    workers: tuple[int, ...]

    def warnings(self) -> Iterator[str]:
        """What makes timings doubtful, a sentence each."""
        if self.load_average > IDLE_LOAD:
            yield (
                f"The machine is not idle: {self.load_average:.1f} processes were running on average in the "
                f"last minute. Cores: {self.cores}."
            )
        if self.workers:
            ids = ", ".join(map(str, self.workers))
            yield f"Other processes of ReviewDuel hold a model now (process {ids})."

    def __str__(self) -> str:
        return (
            f"load average {self.load_average:.2f} on {self.cores} cores, "
            f"{gib(self.available_bytes)} of memory free"
        )


def observe() -> Conditions:
    """The machine now. To be called before anything of ours works: its own load would count."""
    return Conditions(
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        load_average=os.getloadavg()[0],
        cores=usable_cores(),
        available_bytes=this_machine().size,
        workers=tuple(_other_workers()),
    )


def _other_workers() -> Iterator[int]:
    own = {child.pid for child in psutil.Process().children(recursive=True)}
    for process in psutil.process_iter(["cmdline"]):
        if process.pid not in own and any(name in (process.info["cmdline"] or ()) for name in _WORKERS):
            yield process.pid
