"""All review files that were brought to this server, and the line in which they are ingested, one at a time.

Threads of the server do the work, so no rerun, reload or closed tab ends it. Knows nothing of Streamlit.
"""

import gc
import logging
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from app.reviews.arrival import Arrival, State
from config import PassageSettings
from config.errors import UserError
from config.folders import private_folder, writing_to
from database import Database
from retriever import Embedder

# A file's name only says how it ends, and only if it ends like this: nothing else of it reaches the disk.
SUFFIXES = (
    ".csv", ".tsv", ".txt", ".jsonl", ".json", ".parquet", ".xlsx", ".xls", ".ods", ".gz", ".zst", ".bz2",
    ".xz", ".zip",
)  # fmt: skip
MOST_HELD = 10  # files
FORGOTTEN_AFTER_S = 86_400  # what an ended server left behind
REMEDY = "Make room there, or name another place with REVIEWDUEL_HOME; `python -m ingest FILE` needs none."


class Arrivals:
    """Takes files, looks through them and ingests them, each in turn. Safe to share between threads.

    `folder` holds the files until they are ingested or dismissed. `on_ingested` is called, from a thread,
    when there may be other reviews than before. Raises CannotWrite if the folder cannot be had.
    """

    def __init__(
        self,
        folder: Path,
        database: Database,
        embedder: Embedder,
        passages: PassageSettings,
        on_ingested: Callable[[], None] = lambda: None,
    ) -> None:
        self._folder = folder
        self._database = database
        self._embedder = embedder
        self._passages = passages
        self._on_ingested = on_ingested
        self.loading = False  # the embedder: who looks too often meanwhile makes it late
        self._warm = False
        self._here: list[Arrival] = []
        self._line: list[Arrival] = []  # its first one is being ingested
        self._changed = threading.Condition()
        self._looking = threading.Lock()
        with writing_to(folder, REMEDY):
            _tidy(private_folder(folder))
        threading.Thread(target=self._ingest_in_turn, daemon=True).start()

    def all(self) -> list[Arrival]:
        """The files that are here, in the order they came."""
        with self._changed:
            return list(self._here)

    def ahead(self, arrival: Arrival) -> int:
        """How many files are ingested before this one's turn comes."""
        with self._changed, suppress(ValueError):
            return self._line.index(arrival)
        return 0

    def take(self, data: IO[bytes], name: str) -> Arrival:
        """Copy the bytes into the folder, and look through them.

        Raises UserError if too many files are here, and CannotWrite.
        """
        if len(self.all()) >= MOST_HELD:
            raise UserError(f"{MOST_HELD} files are here already. Close or discard some of them.")
        suffix = Path(name).suffix.lower()
        path = self._folder / f"{secrets.token_hex(8)}{suffix if suffix in SUFFIXES else ''}"
        try:
            own = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with writing_to(self._folder, REMEDY), open(os.open(path, own, 0o600), "wb") as file:
                shutil.copyfileobj(data, file)
        except UserError:
            path.unlink(missing_ok=True)
            raise
        arrival = Arrival(path, name)
        self._note(arrival)
        self._begin_to_look(arrival)
        return arrival

    def take_own(self, path: Path) -> Arrival:
        """Ingest a file that comes with the program, without a look before; it stays where it is."""
        for arrival in self.all():
            if arrival.path == path and arrival.busy:
                return arrival
        arrival = Arrival(path, path.name)
        arrival.state = State.ready
        self._note(arrival)
        self.bring_in(arrival, replace=False)
        return arrival

    def look_through(self, arrival: Arrival) -> None:
        """Begin the dry run anew, if nothing else goes on with it."""
        with self._changed:
            if arrival not in self._here or arrival.busy:
                return
            arrival.begin(State.reading)
        self._begin_to_look(arrival)

    def bring_in(self, arrival: Arrival, replace: bool) -> None:
        """Put it into the line, if nothing else goes on with it."""
        with self._changed:
            if arrival in self._here and not arrival.busy:
                arrival.replace = replace
                arrival.begin(State.waiting)
                self._line.append(arrival)
                self._changed.notify()

    def stop(self, arrival: Arrival) -> None:
        """Take it out of the line, or end soon what goes on with it; it stays here."""
        with self._changed:
            arrival.stop()
            if arrival.state is State.waiting:
                self._line.remove(arrival)
                arrival.state = State.ready if arrival.found else State.stopped

    def dismiss(self, arrival: Arrival) -> None:
        """End what goes on with it, and remove the file."""
        self.stop(arrival)
        with self._changed:
            if arrival in self._here:
                self._here.remove(arrival)
        self._remove(arrival)

    def _note(self, arrival: Arrival) -> None:
        with self._changed:
            self._here.append(arrival)

    def _begin_to_look(self, arrival: Arrival) -> None:
        """In a thread of its own, after those that were begun before."""

        def look() -> None:
            with self._looking:
                arrival.look_through()

        threading.Thread(target=look, daemon=True).start()

    def _ingest_in_turn(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._line)
                arrival = self._line[0]
                arrival.state = State.ingesting
            try:
                self._ingest(arrival)
            except Exception:
                # Whatever it was, the others' turn comes.
                logging.getLogger(__name__).exception("the line of review files was disturbed")
            with self._changed:
                self._line.remove(arrival)

    def _ingest(self, arrival: Arrival) -> None:
        if not self._warm:
            self._warm_up()
        arrival.bring_in(self._database, self._embedder, self._passages)
        if arrival.state is State.done:
            self._remove(arrival)
        self._on_ingested()

    def _warm_up(self) -> None:
        """As in `app.resources.warm_up`: else who looks at a page would wait for the garbage collector."""
        self.loading = True
        with suppress(Exception):  # what is wrong with the embedder, the ingest says
            self._embedder.load()
            gc.freeze()
            self._warm = True
        self.loading = False

    def _remove(self, arrival: Arrival) -> None:
        if arrival.path.parent == self._folder:
            arrival.path.unlink(missing_ok=True)


def _tidy(folder: Path) -> None:
    """Remove what an ended server left behind."""
    for left in folder.iterdir():
        # Another server may be quicker; what cannot be removed is in nobody's way.
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > FORGOTTEN_AFTER_S:
                left.unlink()
