"""What the long-lived processes of an installation hold, and how fast that grows.

Knows processes and PostgreSQL's list of connections; knows nothing of what is done meanwhile.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression

import psutil

from database import Database

MIB = 2**20
HOUR_S = 3600.0
WARM_UP = 1 / 3  # of the time: what is loaded once is no growth
GONE_WITHIN_S = 10.0
CONNECTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """A moment. Memory in MiB: resident of the page's server and of its children, which are the models'
    workers; of PostgreSQL the proportional part, for its processes share most of theirs.

    `handles`: open file descriptors of all these processes together. `connections`: to the database.
    """

    at_s: float
    server: float
    workers: float
    postgres: float
    handles: int
    processes: int
    connections: int

    @property
    def memory(self) -> float:
        """All of it, in MiB."""
        return self.server + self.workers + self.postgres


def sample(server: int, postgres: Path, database: Database) -> Sample:
    """Look now. `server`: the process of the page. `postgres`: the data folder of the embedded server."""
    page = psutil.Process(server)
    workers = page.children(recursive=True)
    postmaster = psutil.Process(int((postgres / "postmaster.pid").read_text().split()[0]))
    backends = [postmaster, *postmaster.children(recursive=True)]
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(CONNECTIONS)
        (connections,) = cursor.fetchone() or (0,)
    everything = [page, *workers, *backends]
    return Sample(
        at_s=time.monotonic(),
        server=_sum([page], lambda one: one.memory_info().rss) / MIB,
        workers=_sum(workers, lambda one: one.memory_info().rss) / MIB,
        postgres=_sum(backends, lambda one: one.memory_full_info().pss) / MIB,
        handles=int(_sum(everything, lambda one: one.num_fds())),
        processes=len(everything),
        connections=connections,
    )


def slope_per_h(samples: Sequence[Sample], figure: Callable[[Sample], float]) -> float:
    """The least squares' line through what follows the warm-up, per hour; 0 where there are too few."""
    settled = samples[int(len(samples) * WARM_UP) :]
    if len(settled) < 3:
        return 0.0
    line = linear_regression([one.at_s for one in settled], [figure(one) for one in settled])
    return float(line.slope) * HOUR_S


def growth(samples: Sequence[Sample], figure: Callable[[Sample], float]) -> float:
    """How much more there is at the end than after the warm-up."""
    settled = samples[int(len(samples) * WARM_UP) :]
    return figure(settled[-1]) - figure(settled[0])


def left_of(processes: Sequence[psutil.Process], within_s: float = GONE_WITHIN_S) -> int:
    """How many of these still run after so long; one that waits for its parent to take note has ended."""
    deadline = time.monotonic() + within_s
    while (running := sum(map(_runs, processes))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return running


def holds_a_model(process: psutil.Process) -> bool:
    """Whether it is a model's worker. Others come and go, such as those that foretell a model's memory."""
    with suppress(psutil.Error):
        return "generator.llama.worker" in process.cmdline()
    return False


def _runs(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _sum(processes: Sequence[psutil.Process], figure: Callable[[psutil.Process], float]) -> float:
    total = 0.0
    for process in processes:
        # One may end between being listed and being asked.
        with suppress(psutil.NoSuchProcess):
            total += figure(process)
    return total
