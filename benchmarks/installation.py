"""An installation of a benchmark's own: a home with reviews, tiny models of random weights, and PostgreSQL.

Knows the commands that a person would type; knows nothing of what is measured on it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from config.settings import CLONE
from database import Database
from database.server import EmbeddedServer
from tests.random_weights import SHAPES, write_random_model

SAMPLE = CLONE / "data" / "reviews.csv"
# What runs around a model is measured, so these are as small as can be: three that write, one that chooses.
WRITERS = tuple(SHAPES)
CHOOSER = "chooser"


@dataclass(frozen=True, slots=True)
class Installation:
    """Its embedded PostgreSQL runs as long as this does. `environment`: for commands that shall use it."""

    home: Path
    environment: dict[str, str]
    database: Database

    @property
    def postgres(self) -> Path:
        """The data folder of its PostgreSQL."""
        return self.home / "postgres"

    def start(self, *arguments: str | Path) -> "subprocess.Popen[str]":
        """`python -m` with these arguments, in the background."""
        return subprocess.Popen(
            [sys.executable, "-m", *map(str, arguments)],
            env=self.environment,
            cwd=CLONE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str | Path) -> None:
        """`python -m` with these arguments. Raises RuntimeError with its last words if it fails."""
        process = self.start(*arguments)
        _, said = process.communicate()
        if process.returncode:
            raise RuntimeError(
                f"{' '.join(map(str, arguments))} ended with {process.returncode}: {said[-2000:]}"
            )


@contextmanager
def installation(data: Path) -> Iterator[Installation]:
    """One that holds the reviews of `data`, and the models WRITERS and CHOOSER."""
    with tempfile.TemporaryDirectory(prefix="reviewduel-bench-") as folder:
        home = Path(folder)
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("REVIEWDUEL_", "PG"))
        }
        environment = kept | {
            "REVIEWDUEL_HOME": str(home),
            "REVIEWDUEL_SETTINGS": str(_write_models(home)),
        }
        server = EmbeddedServer(home / "postgres")
        with Database(server.dsn, "the benchmark's database", server) as database:
            own = Installation(home, environment, database)
            own.run("ingest", data)
            yield own


def _write_models(home: Path) -> Path:
    """The models' files; returns the settings that name them."""
    for family in WRITERS:
        write_random_model(home / "models" / f"{family}.gguf", family)
    write_random_model(home / "models" / f"{CHOOSER}.gguf", "llama", seed=1)
    models: dict[str, dict[str, object]] = {
        family: {"file": f"{family}.gguf", "max_tokens": 64} for family in WRITERS
    }
    models[CHOOSER] = {"file": f"{CHOOSER}.gguf", "answers": "verbatim", "temperature": 0}
    settings = home / "settings.yaml"
    settings.write_text(yaml.safe_dump({"models": models}, sort_keys=False))
    return settings
