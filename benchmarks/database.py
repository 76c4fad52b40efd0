"""A fresh database with the reviews of a file, beside the user's own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import load_settings
from database import Database
from retriever import Embedder, Retriever


@contextmanager
def ingested(file: Path, home: Path) -> Iterator[Retriever]:
    """A retriever over a fresh database into which the file was read by the product's own command."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PG", "REVIEWDUEL_"))
    }
    environment["REVIEWDUEL_HOME"] = str(home)
    settings = load_settings().model_copy(update={"home": home, "database_url": None})
    with Database.open(settings) as database:
        subprocess.run([sys.executable, "-m", "ingest", str(file)], env=environment, check=True)
        yield Retriever(database, Embedder(settings.embedder), settings.retrieval)
