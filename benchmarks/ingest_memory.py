"""The memory of an ingest, with an embedder that needs none: `python -m benchmarks.ingest_memory FILE`.

A process of its own, whose only output is the most it ever held, in bytes. The database is the one that the
environment names.
"""

import sys
from pathlib import Path

import numpy as np

from config import PassageSettings, load_settings
from config.settings import EmbedderSettings
from database import Database
from ingest import ReviewFile, ingest
from retriever import Embedder
from retriever.embedder import Vectors


class Stub(Embedder):
    """Vectors of 8 numbers that say nothing."""

    dimension = 8

    def __init__(self) -> None:
        super().__init__(EmbedderSettings(name="stub"))

    def embed_passages(self, texts: list[str]) -> Vectors:
        """Ones."""
        return np.ones((len(texts), self.dimension), np.float32)


def main() -> None:
    """Ingest the file; print this process's peak."""
    with Database.open(load_settings()) as database, ReviewFile(Path(sys.argv[1])) as file:
        ingest(file, database, Stub(), PassageSettings())
    # Not getrusage's: that begins with the peak of the process that started this one.
    (peak,) = (
        line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")
    )
    print(int(peak.split()[1]) * 1024)


if __name__ == "__main__":
    main()
