"""What must be looked up before a row can tell it: found out by a thread, while the page is already there.

Knows files and servers of models; knows nothing of Streamlit.
"""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from app.defects import told
from config import ModelSpec
from models.catalogue.inventory import Examined, Listed, examine
from models.sources.served import reach

# A server may come or go: after so many seconds it is asked again.
_SERVER_S = 60


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of a model by now. `pending`: it is being found out. `problem`: why it cannot be used."""

    pending: bool = False
    examined: Examined | None = None
    problem: str | None = None


class Facts:
    """Answers at once with what is known. Thread-safe.

    A file is examined once for each state of it and each context, a server asked once a minute; of each only
    the latest is kept.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # One at a time: each examination is a process, and models may be answering.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="facts")
        # Of each file and server: which state of it, or which minute, was asked about last, and the answer.
        self._known: dict[Hashable, tuple[Hashable, Future[Fact]]] = {}
        # Of each server: in which minute it answered last, and what.
        self._answered: dict[str, tuple[int, Fact]] = {}

    @property
    def pending(self) -> int:
        """How many are being found out."""
        with self._lock:
            return sum(not future.done() for _, future in self._known.values())

    def of(self, listed: Listed) -> Fact:
        """What is known of the model; nothing of one that is neither here nor behind a server."""
        spec, path = listed.spec, listed.path
        if spec and spec.remote:
            return self._server(spec)
        if spec and path and listed.here:
            adapter = listed.adapter
            state = (listed.size, listed.modified, _modified(adapter))
            work = partial(_examined, path, spec.n_ctx, adapter)
            return self._ask((path, spec.n_ctx, adapter), state, work)
        return Fact()

    def _server(self, spec: ModelSpec) -> Fact:
        minute = int(time.monotonic() // _SERVER_S)
        fact = self._ask(spec.name, minute, partial(_reached, spec))
        with self._lock:
            if not fact.pending:
                self._answered[spec.name] = (minute, fact)
            last, before = self._answered.get(spec.name, (minute, fact))
        # Until the new answer is there, that of the minute before holds.
        return before if last >= minute - 1 else fact

    def _ask(self, what: Hashable, state: Hashable, work: Callable[[], Fact]) -> Fact:
        with self._lock:
            asked, future = self._known.get(what, (None, None))
            if future is None or asked != state:
                future = self._worker.submit(_in_words, work)
                self._known[what] = (state, future)
        return future.result() if future.done() else Fact(pending=True)


def _examined(path: Path, n_ctx: int, adapter: Path | None) -> Fact:
    return Fact(examined=examine(path, n_ctx, adapter))


def _modified(file: Path | None) -> int | None:
    """When it was changed, in nanoseconds; None: there is none."""
    try:
        return file.stat().st_mtime_ns if file else None
    except OSError:
        return None


def _reached(spec: ModelSpec) -> Fact:
    return Fact(problem=reach([spec])[spec.name])


def _in_words(work: Callable[[], Fact]) -> Fact:
    try:
        return work()
    except Exception as error:
        return Fact(problem=told(error, "a model could not be examined"))
