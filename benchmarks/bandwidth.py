"""How fast this machine reads memory: each written token reads all weights once, so this is the limit."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from models.memory.room import GIB


def memory_bandwidth(gibibytes: int = 2, rounds: int = 5) -> float:
    """Bytes per second that all cores together read from memory; the best of some rounds.

    Far more than the caches hold; numpy's `max` over 64-bit integers runs at the memory's speed and
    without Python's lock.
    """
    cores = len(os.sched_getaffinity(0))
    parts = np.array_split(np.ones(gibibytes * GIB // 8, np.int64), cores)
    best = 0.0
    with ThreadPoolExecutor(cores) as pool:
        for _ in range(rounds):
            started = time.perf_counter()
            list(pool.map(np.max, parts))
            best = max(best, gibibytes * GIB / (time.perf_counter() - started))
    return best
