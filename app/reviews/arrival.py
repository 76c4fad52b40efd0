"""One review file on its way in: looked through first, then ingested. Knows nothing of lines or of Streamlit.

What is public may be read at any time from any thread.
"""

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path

from app.defects import told
from config import PassageSettings
from database import Database, Patience
from ingest.dry_run import DryRun, dry_run
from ingest.mapping import FileMapping
from ingest.notes import Notes
from ingest.review import Rejection, Row
from ingest.review_file import ReviewFile, UnrecognisedColumns, note_rejection
from ingest.store import IngestCounts, ingest
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


LONGEST_SHOWN = 100  # characters of a value in the first rows
BUSY = (State.reading, State.waiting, State.ingesting)


class Stopped(Exception):
    """Somebody does not want it any more."""


class Arrival:
    """A file at `path`; `name` is what people call it, and leads nowhere; `key` is no other's.

    `found` is what the dry run found; `available` are the file's columns, once they are known; `beginning`
    are its first rows, if somebody must say what stands where; `mapping` is what somebody said of the file.
    `error`: what went wrong, in words. `counts`, `problems`: of the ingest so far; `rows`: how many were
    read; `fraction`: of the file, 0 to 1; `note`: what it waits for. With `replace` stored reviews of the
    file's products that it does not have are removed.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.key = secrets.token_hex(4)
        self.path = path
        self.name = name
        self.size = path.stat().st_size
        self.state = State.reading
        self.found: DryRun | None = None
        self.available: tuple[str, ...] = ()
        self.beginning: list[dict[str, str]] = []
        self.error = ""
        self.counts = IngestCounts()
        self.problems = Notes()
        self.rows = 0
        self.fraction = 0.0
        self.note = ""
        self.replace = False
        self.mapping = FileMapping()
        self._stop = threading.Event()

    @property
    def busy(self) -> bool:
        """Whether something goes on with it, or will by itself."""
        return self.state in BUSY

    def begin(self, state: State) -> None:
        """Something new begins, or waits for its turn."""
        self._stop.clear()
        self.state, self.error, self.rows, self.fraction, self.note = state, "", 0, 0.0, ""
        self.counts, self.problems = IngestCounts(), Notes()
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
            self.state = State.done  # even if somebody wanted it to stop a moment ago

        self._follow(bring)

    def _follow(self, work: Callable[[], None]) -> None:
        """Do the work; what it raises becomes a state and a sentence."""
        try:
            work()
        except Stopped:
            if self.replace:
                self.counts = IngestCounts()
            self.state = State.stopped
        except UnrecognisedColumns as error:
            self.available, self.error = error.columns, str(error)
            self.beginning = [
                {column: value[:LONGEST_SHOWN] for column, value in row.items()} for row in error.rows
            ]
            self.state = State.unclear
        except Exception as error:
            self.error = told(error, "a review file could not be brought in")
            self.state = State.failed

    def _open(self) -> ReviewFile:
        return ReviewFile(self.path, self.mapping, name=self.name)

    def _wanted(self, file: ReviewFile) -> Iterator[Row]:
        for row in file:
            self._require_wanted()
            self._count(file, 1)
            yield row

    def _look_up(self, file: ReviewFile, rows: int) -> None:
        self._require_wanted()
        self._count(file, rows)

    def _require_wanted(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def _count(self, file: ReviewFile, rows: int) -> None:
        self.rows += rows
        self.fraction = min(1.0, file.position / max(self.size, 1))

    def _wait(self, why: str) -> None:
        self.note = why

    def _report(self, counts: IngestCounts, rejections: Sequence[Rejection]) -> None:
        self.counts, self.note = counts, ""
        for row in rejections:
            note_rejection(self.problems, row)
        # Here too: rows are read ahead, so that the last may have been read long ago. With `replace` this
        # undoes all of it: a part must not become the whole truth. Else what came so far stays.
        self._require_wanted()
