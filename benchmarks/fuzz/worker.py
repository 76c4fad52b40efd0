"""One process that makes and reads hostile files, one after the other, under limits.

Knows time and memory; knows nothing of formats. What it does at the moment stands where its parent sees it.
"""

import os
import resource
import signal
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from benchmarks.fuzz.headers import GgufHeaders
from benchmarks.fuzz.review_files import ReviewFiles
from benchmarks.fuzz.target import MOST_MEMORY, MOST_SECONDS, Target

TARGETS: dict[str, type[Target]] = {"reviews": ReviewFiles, "headers": GgufHeaders}
# Beyond what the process holds when it begins: a reader that wants more gets a MemoryError, a defect.
_ADDRESS_SPACE = 3 * 2**30


@dataclass(slots=True)
class Failure:
    """What should not have happened with one input."""

    target: str
    index: int
    what: str


@dataclass(slots=True)
class Tally:
    """What became of inputs. `slowest`: seconds of the processor, which one; `grown`: bytes, which one."""

    stages: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, 0)
    grown: tuple[int, int] = (0, 0)
    peak: int = 0

    def add(self, other: "Tally") -> None:
        """Put another's inputs to these."""
        self.stages += other.stages
        self.failures += other.failures
        self.slowest = max(self.slowest, other.slowest)
        self.grown = max(self.grown, other.grown)
        self.peak = max(self.peak, other.peak)


class TooSlow(BaseException):
    """Not an Exception: no reader shall take it for a damaged file."""


def input_of(target: Target, seed: int, index: int) -> bytes:
    """The `index`-th input of a run."""
    return target.make(Random(f"{seed}/{index}"))


def try_file(target: Target, path: Path, tally: Tally, index: int, name: str) -> None:
    """Have one file read, within the limits."""
    before = _resident()
    started = time.process_time()
    try:
        with _deadline():
            tally.stages[target.read(path)] += 1
    except (Exception, TooSlow):
        tally.stages["failed"] += 1
        tally.failures.append(Failure(name, index, traceback.format_exc(limit=-6)))
    took, grown = time.process_time() - started, _resident() - before
    tally.slowest = max(tally.slowest, (took, index))
    tally.grown = max(tally.grown, (grown, index))
    tally.peak = max(tally.peak, before + grown)
    if took > MOST_SECONDS:
        tally.failures.append(Failure(name, index, f"took {took:.1f} s"))
    if grown > MOST_MEMORY:
        tally.failures.append(Failure(name, index, f"took {grown / 2**20:.0f} MiB"))


def serve(name: str, seed: int, folder: Path, asked: Connection, place: Any) -> None:
    """Try ranges of inputs as they are asked for; `place`, which the parent sees, holds the index of each."""
    os.nice(10)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_memory()
    target = TARGETS[name]()
    path = folder / f"{name}-{os.getpid()}"
    while chunk := asked.recv():
        tally = Tally()
        for index in chunk:
            place.value = index
            path.write_bytes(input_of(target, seed, index))
            try_file(target, path, tally, index, name)
        asked.send(tally)
    path.unlink(missing_ok=True)


def limit_memory() -> None:
    """Let this process take no more address space than it has and a few gigabytes."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + _ADDRESS_SPACE, resource.RLIM_INFINITY))


def _resident() -> int:
    # The most there ever was: what was taken and given back within one input shows too.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextmanager
def _deadline() -> Iterator[None]:
    def stop(signal_number: int, frame: FrameType | None) -> None:
        raise TooSlow

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
