"""The cores, and how models that answer at the same time divide them. Knows nothing of models."""

import threading
from collections.abc import Callable

from config.machine import usable_cores


class CoreShare:
    """One answer's part of the cores. It may change while the answer is being written; thread-safe."""

    def __init__(self, sharing: int = 1) -> None:
        """`sharing`: how many models divide the cores."""
        self._lock = threading.Lock()
        self._sharing = self._most = sharing
        self._limit: int | None = None
        self._apply: Callable[[int], None] | None = None

    @classmethod
    def of(cls, sharing: "int | CoreShare") -> "CoreShare":
        """A share as it is, or one of so many models that divide the cores."""
        return cls(sharing) if isinstance(sharing, int) else sharing

    @property
    def threads(self) -> int:
        """Threads for this answer, so that all together have no more threads than there are cores."""
        threads = max(1, usable_cores() // self._sharing)
        return threads if self._limit is None else min(threads, self._limit)

    @property
    def shared(self) -> bool:
        """Whether another model had a part at any time."""
        return self._most > 1

    def limit(self, threads: int | None) -> None:
        """How many threads the model may have at most; None: as many as there are."""
        self._limit = threads

    def change(self, sharing: int) -> None:
        """From now on `sharing` models divide the cores."""
        with self._lock:
            self._sharing, self._most = sharing, max(sharing, self._most)
            if self._apply:
                self._apply(self.threads)

    def follow(self, apply: Callable[[int], None] | None) -> None:
        """Tell `apply` the number of threads whenever it changes; None: nobody any more."""
        with self._lock:
            self._apply = apply
