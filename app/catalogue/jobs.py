"""Work that outlives a rerun, a reload and its tab: a thread for each, looked at by whoever draws a page.

Knows threads; knows nothing of models or Streamlit.
"""

import atexit
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from app.defects import told

Kind = Literal["load", "pull", "probe"]
# Of work that is stopped when the server ends: how long it may take to tidy up.
_TIDY_S = 5.0


class Stopped(Exception):
    """Raised inside the work once its end is wished."""


@dataclass(frozen=True, slots=True)
class Key:
    """What is done, to which model."""

    kind: Kind
    model: str


class Job:
    """Starts at once. What is public may be read at any time from any thread.

    `step`: what it is at, in words. `done` of `total`: how far it is, in a unit of its own; 0 of 0 if that
    cannot be told. `error`: the sentence it ended with.
    """

    def __init__(self, work: Callable[["Job"], None]) -> None:
        self.step = ""
        self.done = self.total = 0
        self.error: str | None = None
        self._begun = self._news = time.monotonic()
        self._ended: float | None = None
        self._first: tuple[float, int] | None = None
        self._wish = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        """Whether its end is wished."""
        return self._wish.is_set()

    @property
    def seconds(self) -> float:
        """How long it has worked."""
        return (self._ended or time.monotonic()) - self._begun

    @property
    def rate(self) -> float | None:
        """Units done a second, since it first told; None as long as that says nothing."""
        if not self._first or self.done <= self._first[1]:
            return None
        seconds = time.monotonic() - self._first[0]
        return (self.done - self._first[1]) / seconds if seconds else None

    @property
    def silent_s(self) -> float:
        """Seconds since it told something new."""
        return time.monotonic() - self._news

    def report(self, step: str, done: int = 0, total: int = 0) -> None:
        """Called by the work, often: what it is at. Raises Stopped if its end is wished."""
        if (step, done) != (self.step, self.done):
            self._news = time.monotonic()
        self.step, self.done, self.total = step, done, total
        if total and not self._first:
            self._first = (time.monotonic(), done)
        if self._wish.is_set():
            raise Stopped

    def stop(self) -> None:
        """Wish its end; it comes with the next report."""
        self._wish.set()

    def wait(self, seconds: float | None = None) -> None:
        """Return when it has ended, or after so many seconds."""
        self._thread.join(seconds)

    def _run(self, work: Callable[["Job"], None]) -> None:
        try:
            work(self)
        except Stopped:
            pass
        except Exception as error:
            self.error = told(error, f"a job failed at: {self.step}")
        finally:
            self._ended = time.monotonic()


class Jobs:
    """One job for each key; an ended one stays until it is started anew or forgotten. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[Key, Job] = {}
        # A half-written file of gigabytes must not be left behind.
        atexit.register(self.stop_all)

    def start(self, key: Key, work: Callable[[Job], None]) -> Job:
        """Start the work, unless it is under way: two tabs that ask for the same get the same."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or not job.running:
                job = self._jobs[key] = Job(work)
            return job

    def get(self, key: Key) -> Job | None:
        """The latest job of this key."""
        with self._lock:
            return self._jobs.get(key)

    def running(self, key: Key) -> bool:
        """Whether this is being done."""
        job = self.get(key)
        return job is not None and job.running

    def all(self) -> dict[Key, Job]:
        """All that are known, in the order in which they were first started."""
        with self._lock:
            return dict(self._jobs)

    def forget(self, key: Key) -> None:
        """Drop a job that has ended."""
        with self._lock:
            job = self._jobs.get(key)
            if job and not job.running:
                del self._jobs[key]

    def stop_all(self) -> None:
        """Stop what runs, and give it a moment to tidy up."""
        running = [job for job in self.all().values() if job.running]
        for job in running:
            job.stop()
        deadline = time.monotonic() + _TIDY_S
        for job in running:
            job.wait(max(0.0, deadline - time.monotonic()))
