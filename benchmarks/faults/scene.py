"""A home of its own, where things are broken: reviews, models, an embedded PostgreSQL, and commands.

Knows which processes live in it; knows nothing of what is done to them.
"""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import yaml

from config import Settings
from config.folders import private_folder
from database.server import EmbeddedServer
from tests.commands import start_module
from tests.random_weights import write_random_model
from tests.scripted_model import write_scripted_model

# What nobody waits for longer.
PATIENCE_S = 240.0
# The same where models are loaded and asked beside much else: it takes longer, the busier the machine.
LONGEST_S = 600.0
MODELS = ("llama", "mistral")
RECITED = "Most people praise the battery [1], which lasts two days, and the case [2]."
_CONTENTS = """
    SELECT product_id, review_id, number, passage.text, rating, reviews
    FROM review JOIN product ON product.id = product LEFT JOIN passage USING (product, body)
"""
_ANSWERS = """
    SELECT contestant, product_id, question, repeat, answer, prompt_sha256, stop_reason,
           model_settings ->> 'seed'
    FROM answer WHERE run_id = %s
"""
_JUDGEMENTS = """
    SELECT a.contestant, a.product_id, a.question, a.repeat, b.contestant, judge, marks::text, forth, back
    FROM judgement JOIN answer AS a ON a.answer_id = first LEFT JOIN answer AS b ON b.answer_id = second
    WHERE a.run_id = %s
"""

Rows = Counter[tuple[Any, ...]]


@dataclass(slots=True)
class Command:
    """A command that was started: as a person would, in the scene's home."""

    process: BaseProcess
    folder: Path
    started: float = field(default_factory=time.monotonic)

    def wait(self, seconds: float = PATIENCE_S) -> bool:
        """Whether it has ended within so many seconds."""
        self.process.join(seconds)
        return self.process.exitcode is not None

    def kill(self) -> bool:
        """End it as nobody can prevent; False if it has ended by itself."""
        alive = self.process.is_alive()
        self.process.kill()
        self.process.join()
        return alive

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs."""
        return self.process.exitcode

    @property
    def said(self) -> str:
        """What it printed, errors last."""
        files = (self.folder / "stdout", self.folder / "stderr")
        return "\n".join(file.read_text("utf-8", "replace") for file in files if file.exists())


@dataclass(frozen=True, slots=True)
class Scene:
    """A home and the folder of what its commands say; `variables` come on top of their environment."""

    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """For a command in this home; what it starts inherits TMPDIR, and is known by it."""
        others = {
            key: value for key, value in os.environ.items() if not key.startswith(("REVIEWDUEL_", "PG"))
        }
        return others | {
            "REVIEWDUEL_HOME": str(self.home),
            "REVIEWDUEL_SETTINGS": str(self.home / "settings.yaml"),
            "TMPDIR": str(self.home / "tmp"),
            # On a machine where others work two threads wait for each other longer than they work.
            "OMP_NUM_THREADS": "1",
            **self.variables,
        }

    @property
    def settings(self) -> Settings:
        """For what is asked in this process."""
        return Settings(home=self.home)

    def start(self, *arguments: str | Path) -> Command:
        """`python -m` with these arguments."""
        folder = private_folder(self.home / "said" / f"{time.monotonic_ns()}")
        return Command(start_module([str(one) for one in arguments], self.environment, folder), folder)

    def run(self, *arguments: str | Path) -> Command:
        """The same, once it has ended."""
        command = self.start(*arguments)
        if not command.wait():
            command.kill()
        return command

    def dsn(self) -> str:
        """Where its PostgreSQL is, if it runs."""
        return f"host={self.home / 'postgres'} port=5432 user=postgres dbname=postgres connect_timeout=5"

    def reviews(self) -> Rows:
        """Every review and passage, how often it is there."""
        return self._rows(_CONTENTS)

    def answers(self, run_id: str) -> Rows:
        """Every answer and judgement of a run, how often it is there."""
        return self._rows(_ANSWERS, run_id) + self._rows(_JUDGEMENTS, run_id)

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of one statement, in a transaction of its own; waits for a server that is starting."""
        until(self.reachable)
        connection = psycopg2.connect(self.dsn())
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
                return list(cursor.fetchall()) if cursor.description is not None else []
        finally:
            connection.close()

    def reachable(self) -> bool:
        """Whether its PostgreSQL can be reached."""
        try:
            psycopg2.connect(self.dsn()).close()
        except psycopg2.OperationalError:
            return False
        return True

    def processes(self, but_postgres: bool = True) -> list[psutil.Process]:
        """What lives in this home; without commands that `start` started, which are known."""
        return [
            process
            for process in psutil.process_iter()
            if self._is_here(process) and alive(process) and not (but_postgres and _is_postgres(process))
        ]

    def _is_here(self, process: psutil.Process) -> bool:
        try:
            # PostgreSQL may have been started from another environment.
            return process.environ().get("TMPDIR") == str(self.home / "tmp") or (
                _is_postgres(process) and Path(process.cwd()) == self.home / "postgres"
            )
        except (psutil.Error, OSError):  # it has ended, or is none that we may look at
            return False

    def orphans(self, within_s: float = 10.0) -> list[psutil.Process]:
        """What still lives after so many seconds, apart from PostgreSQL, of what should have ended."""
        until(lambda: not self.processes(), within_s)
        return self.processes()

    def _rows(self, statement: str, *values: object) -> Rows:
        return Counter(self.execute(statement, *values))


@contextmanager
def scene(reviews: Sequence[str], **models: dict[str, Any]) -> Iterator[Scene]:
    """A home with a file of reviews, `reviews.csv`; models of random weights, which answer briefly, and one
    that recites. `models`: further settings of theirs. What still lives in it at the end is ended.
    """
    # For anybody to pass through: as root PostgreSQL runs as another user.
    with tempfile.TemporaryDirectory(prefix="reviewduel-faults-") as folder:
        here = Scene(Path(folder).resolve())
        (here.home / "tmp").mkdir(mode=0o777)
        (here.home / "tmp").chmod(0o777)
        (here.home / "reviews.csv").write_text("".join(reviews), encoding="utf-8")
        for family in MODELS:
            write_random_model(here.home / "models" / f"{family}.gguf", family)
        write_scripted_model(here.home / "models" / "praise.gguf", RECITED)
        usual: dict[str, Any] = {"n_ctx": 4096, "max_tokens": 24, "temperature": 0}
        specs = {
            name: {"file": f"{name}.gguf"} | usual | models.get(name, {}) for name in ("praise", *MODELS)
        }
        (here.home / "settings.yaml").write_text(yaml.safe_dump({"models": specs}, sort_keys=False))
        try:
            yield here
        finally:
            for process in here.processes(but_postgres=False):
                process.kill()


@contextmanager
def running_server(here: Scene) -> Iterator[EmbeddedServer]:
    """The scene's PostgreSQL, which runs at least as long as the `with` block."""
    server = EmbeddedServer(here.home / "postgres")
    try:
        yield server
    finally:
        server.stop()


def alive(process: psutil.Process) -> bool:
    """Whether it runs; one that only waits for its parent to take note has ended."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _is_postgres(process: psutil.Process) -> bool:
    try:
        return process.name() == "postgres"
    except psutil.NoSuchProcess:
        return False


def until(holds: Callable[[], bool], seconds: float = PATIENCE_S, pause: float = 0.02) -> float | None:
    """How many seconds it took until this held; None if it did not within so many."""
    started = time.monotonic()
    while not holds():
        if time.monotonic() - started > seconds:
            return None
        time.sleep(pause)
    return time.monotonic() - started


def missing(expected: Rows, found: Rows) -> int:
    """How many rows of those that should be there are not."""
    return (expected - found).total()
