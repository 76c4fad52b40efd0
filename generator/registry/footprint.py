"""What a model that is in memory uses now, as the operating system counts it.

Knows processes; knows nothing of who asked what.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from generator.answerer import Answerer


@dataclass(frozen=True, slots=True)
class Footprint:
    """One model's process, now. Sizes in bytes.

    `rss`: resident; `pss`: the same, with what it shares with other processes divided among them, None where
    the system does not tell. `foretold`: what it will take at its peak, by which room for it was made;
    `kv_cache`: of that, keys and values. `answering`: questions that it is being loaded for, or answers now;
    `threads`: of all of them together. `since`: when its last question began or ended, of `time.monotonic`.
    `guard`: it looks at answers, and is held for nothing else.
    """

    model: str
    pid: int
    rss: int
    pss: int | None
    foretold: int
    kv_cache: int
    answering: int
    threads: int
    since: float
    guard: bool


def footprint(
    answerer: Answerer, threads: Sequence[int], since: float, guard: bool = False
) -> Footprint | None:
    """Measure the process of `answerer`, whose answers have so many threads each; None if it has none."""
    pid, predicted = answerer.pid, answerer.predicted
    if pid is None or predicted is None:
        return None
    try:
        used = psutil.Process(pid).memory_full_info()
    except psutil.Error:
        # It has just ended.
        return None
    return Footprint(
        model=answerer.spec.name,
        pid=pid,
        rss=used.rss,
        # Linux tells it.
        pss=getattr(used, "pss", None),
        foretold=predicted.process,
        kv_cache=predicted.kv_cache,
        answering=len(threads),
        threads=sum(threads),
        since=since,
        guard=guard,
    )
