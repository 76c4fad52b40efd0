"""One review file on its way in: looked through first, then ingested. Knows nothing of lines or of Streamlit.

What is public may be read at any time from any thread.
"""

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from app.defects import told
from config import PassageSettings
from database import Database, Patience
from ingest import IngestCounts, Rejection, Review, ReviewFile, UnrecognisedColumns, ingest
from ingest.dry_run import MOST_REJECTIONS, DryRun, dry_run
from retriever import Embedder


class State(StrEnum):
    """Where a file is on its way."""

    reading = "reading"  # it is looked through
    unclear = "unclear"  # somebody must say which column holds what
    ready = "ready"  # somebody must say that it shall be brought in
    waiting = "waiting"  # in line
    ingesting = "ingesting"
    done = "done"
    stopped = "stopped"
    failed = "failed"


BUSY = (State.reading, State.waiting, State.ingesting)


class Stopped(Exception):
    """Somebody does not want it any more."""


class Arrival:
    """A file at `path`; `name` is what people call it, and leads nowhere; `key` is no other's.

    `found` is what the dry run found; `available` are the file's columns, once they are known; `told` is
    which of them somebody said holds a field. `error`: what went wrong, in words. `counts`, `rejections`: of
    the ingest so far; `rows`: how many were read; `fraction`: of the file, 0 to 1; `note`: what it waits for.
    With `replace` the file is the whole truth for its products.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.key = secrets.token_hex(4)
        self.path = path
        self.name = name
        self.size = path.stat().st_size
        self.state = State.reading
        self.found: DryRun | None = None
        self.available: tuple[str, ...] = ()
        self.error = ""
        self.counts = IngestCounts()
        self.rejections: list[Rejection] = []
        self.rows = 0
        self.fraction = 0.0
        self.note = ""
        self.replace = False
        self.told: Mapping[str, str | None] = {}
        self._encoding: str | None = None
        self._stop = threading.Event()

    @property
    def busy(self) -> bool:
        """Whether something goes on with it, or will by itself."""
        return self.state in BUSY

    def tell(self, columns: Mapping[str, str | None], encoding: str | None) -> None:
        """Say which column holds what, None: none, and how the text is encoded, None: to be guessed."""
        self.told, self._encoding = dict(columns), encoding

    def begin(self, state: State) -> None:
        """Something new begins, or waits for its turn."""
        self._stop.clear()
        self.state, self.error, self.rows, self.fraction, self.note = state, "", 0, 0.0, ""
        self.counts, self.rejections = IngestCounts(), []
        if state is State.reading:
            self.found = None

    def stop(self) -> None:
        """Let the work that goes on end soon; without `replace`, what is stored stays."""
        self._stop.set()

    def look_through(self) -> None:
        """The dry run; blocks. Ends in `ready`, `unclear`, `failed` or `stopped`."""

        def look() -> None:
            with self._open() as file:
                self.found = dry_run(file, lambda rows: self._look_up(file, rows))
            self.available = self.found.available
            self.state = State.ready

        self._follow(look)

    def bring_in(self, database: Database, embedder: Embedder, passages: PassageSettings) -> None:
        """The ingest; blocks. Ends in `done`, `failed` or `stopped`."""

        def bring() -> None:
            with self._open() as file:
                self.counts = ingest(
                    self._wanted(file), database, embedder, passages, self._report,
                    replace=self.replace, patience=Patience(self._wait),
                )  # fmt: skip
            self.state = State.stopped if self._stop.is_set() else State.done

        self._follow(bring)

    def _follow(self, work: Callable[[], None]) -> None:
        """Do the work; what it raises becomes a state and a sentence."""
        try:
            work()
        except Stopped:
            self.counts = IngestCounts()
            self.state = State.stopped
        except UnrecognisedColumns as error:
            self.available, self.error = error.columns, str(error)
            self.state = State.unclear
        except Exception as error:
            self.error = told(error, "a review file could not be brought in")
            self.state = State.failed

    def _open(self) -> ReviewFile:
        return ReviewFile(self.path, self.told, self._encoding, name=self.name)

    def _wanted(self, file: ReviewFile) -> Iterator[Review | Rejection]:
        for row in file:
            if self._stop.is_set():
                # A part must not become the whole truth; else what came so far may stay.
                if self.replace:
                    raise Stopped
                return
            self._count(file, 1)
            yield row

    def _look_up(self, file: ReviewFile, rows: int) -> None:
        if self._stop.is_set():
            raise Stopped
        self._count(file, rows)

    def _count(self, file: ReviewFile, rows: int) -> None:
        self.rows += rows
        self.fraction = min(1.0, file.position / max(self.size, 1))

    def _wait(self, why: str) -> None:
        self.note = why

    def _report(self, counts: IngestCounts, rejections: Sequence[Rejection]) -> None:
        self.counts, self.note = counts, ""
        self.rejections += rejections[: MOST_REJECTIONS - len(self.rejections)]
