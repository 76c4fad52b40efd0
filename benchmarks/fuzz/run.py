"""A run over many cores: hands ranges of inputs to processes, and notices those that die or hang.

Knows processes; knows nothing of formats.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psutil

from benchmarks.fuzz.target import MOST_SECONDS
from benchmarks.fuzz.worker import Failure, Tally, serve

CHUNK = 250
# Where code that Python cannot interrupt hangs, its process is ended from outside: after so much of the
# processor's time since it was heard, to start included, or where it only waits, after so long.
_MOST_SECONDS = 6 * MOST_SECONDS
_LONGEST_SILENCE = 900.0


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    chunk: range
    place: Any  # a ctypes.c_longlong that both see: the index of the input that is being tried
    # When it was last looked at: the time, what it was at, and the processor's seconds that it had used.
    looked: float = field(default_factory=time.monotonic)
    since: float = field(default_factory=time.monotonic)
    at: int = -1
    used: float = 0.0

    @property
    def index(self) -> int:
        """What it is at."""
        return int(self.place.value)

    def hangs(self) -> bool:
        """Whether it has been at one input for too long."""
        now = time.monotonic()
        if now - self.looked < 1:
            return False
        self.looked = now
        if self.at != self.index:
            self.at, self.since, self.used = self.index, now, _used(self.process)
        return _used(self.process) - self.used > _MOST_SECONDS or now - self.since > _LONGEST_SILENCE


def run(name: str, inputs: range, seed: int, processes: int, progress: Callable[[int, Tally], None]) -> Tally:
    """Try the inputs; `progress` hears how many are done, and what became of them."""
    total, done = Tally(), 0
    shared = Path("/dev/shm")  # files that no disk sees
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        chunks = (
            range(start, min(start + CHUNK, inputs.stop)) for start in range(inputs.start, inputs.stop, CHUNK)
        )
        workers: list[_Worker] = []
        try:
            for chunk in (next(chunks, None) for _ in range(processes)):
                if chunk:
                    workers.append(_start(name, seed, Path(folder), chunk))
            while workers:
                for worker in _ready(workers):
                    tally, rest = _hear(worker, name)
                    total.add(tally)
                    done += sum(tally.stages.values())
                    progress(done, total)
                    workers.remove(worker)
                    _next(
                        worker,
                        rest or next(chunks, None),
                        workers,
                        lambda c: _start(name, seed, Path(folder), c),
                    )
        finally:
            for worker in workers:
                worker.process.kill()
    return total


def _start(name: str, seed: int, folder: Path, chunk: range) -> _Worker:
    ours, theirs = multiprocessing.Pipe()
    # Not forked: a process of its own, whose memory is what reading takes.
    context = multiprocessing.get_context("spawn")
    place = context.RawValue("q", chunk.start)
    process = context.Process(target=serve, args=(name, seed, folder, theirs, place))
    process.start()
    theirs.close()
    ours.send(chunk)
    return _Worker(process, ours, chunk, place)


def _next(
    worker: _Worker, chunk: range | None, workers: list[_Worker], start: Callable[[range], _Worker]
) -> None:
    alive = worker.process.is_alive()
    if chunk and alive:
        worker.chunk = chunk
        worker.pipe.send(chunk)
        workers.append(worker)
    elif chunk:
        workers.append(start(chunk))
    elif alive:
        worker.pipe.send(None)
        worker.process.join()


def _ready(workers: list[_Worker]) -> Iterator[_Worker]:
    """Those that said something or ended; and, ended by us, those that were silent for too long."""
    heard = wait([worker.pipe for worker in workers], timeout=1)
    for worker in list(workers):
        if worker.pipe in heard:
            yield worker
        elif worker.hangs():
            worker.process.kill()
            worker.process.join()
            yield worker


def _hear(worker: _Worker, name: str) -> tuple[Tally, range | None]:
    """The tally of a chunk that has ended, and what is left of it if its process died."""
    try:
        tally: Tally = worker.pipe.recv()
        return tally, None
    except (EOFError, ConnectionError):
        worker.process.join()
        # What it had counted of the chunk is lost with it.
        lost = Tally(
            failures=[Failure(name, worker.index, f"its process ended with {worker.process.exitcode}")]
        )
        lost.stages["failed"] = 1
        return lost, range(worker.index + 1, worker.chunk.stop) or None


def _used(process: BaseProcess) -> float:
    try:
        times = psutil.Process(process.pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
