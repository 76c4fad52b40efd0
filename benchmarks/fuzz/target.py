"""What is fuzzed, seen from the processes that do it."""

from pathlib import Path
from random import Random
from typing import Protocol

# Whatever a file holds: it is read or refused within this time, of the processor's, so that a busy machine
# is no defect, and with at most so much memory more.
MOST_SECONDS = 5.0
MOST_MEMORY = 256 * 2**20


class Target(Protocol):
    """Makes hostile files from valid ones, and has them read."""

    def make(self, rng: Random) -> bytes:
        """A hostile file; the same for the same state of `rng`."""
        ...

    def read(self, path: Path) -> str:
        """Have the file read; how far that came, in a word of `stages`.

        Raises nothing that a reader may raise, so whatever is raised is a defect.
        """
        ...

    @property
    def stages(self) -> tuple[str, ...]:
        """How far reading may come, in order. What came further than the first got past the first checks."""
        ...
