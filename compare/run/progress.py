"""How far a run is: a bar on a terminal, plain lines elsewhere. Knows a run's events, nothing of answers."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from compare.run.judging import Judged, Tried
from compare.run.runner import Answered, Failure, RunEvent, Started

# Between two lines, where lines are all there is: a log of a night shall be readable.
LINE_S = 30.0


class RunProgress:
    """Shows the events of a run of `total` answers, or what else `unit` names, `done` of them given before.

    For a `with` block.
    """

    def __init__(self, console: Console, total: int, done: int, unit: str = "answers") -> None:
        self._console = console
        self._total = total
        self._unit = unit
        self.done = done
        self._told = time.monotonic()
        # When the first answer came, and how many there were then: loading tells nothing of the rest.
        self._first: tuple[float, int] | None = None
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(f"{unit},"),
            TimeElapsedColumn(),
            TextColumn("passed, remaining"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task: TaskID = self._bar.add_task("", total=total, completed=done)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, event: RunEvent | Tried | Judged) -> None:
        """Show what happened."""
        if isinstance(event, Started):
            self._line(f"{event.contestant}: loading, then {event.left} {self._unit}")
            self._bar.update(self._task, description=f"{event.contestant} (loading)")
        elif isinstance(event, Tried):
            self._bar.update(self._task, description=event.contestant)
        elif isinstance(event, Answered | Judged):
            self.done += 1
            self._first = self._first or (time.monotonic(), self.done)
            self._bar.update(self._task, completed=self.done, description=event.contestant)
            if time.monotonic() - self._told >= LINE_S:
                self._line(
                    f"{event.contestant}: {self.done} of {self._total} {self._unit}{self._remaining()}"
                )
        elif isinstance(event, Failure):
            self._line(f"{event.model}: failed")

    def _line(self, text: str) -> None:
        if not self._console.is_terminal:
            self._told = time.monotonic()
            self._console.print(text, soft_wrap=True)

    def _remaining(self) -> str:
        if self._first is None or self.done == self._first[1]:
            return ""
        begun, before = self._first
        seconds = (time.monotonic() - begun) / (self.done - before) * (self._total - self.done)
        return f", about {in_words(seconds)} remaining"


def in_words(seconds: float) -> str:
    """A time to wait, roughly: "40 s", "12 min", "3.5 h"."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
