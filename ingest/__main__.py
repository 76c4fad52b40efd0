"""`python -m ingest FILE...`: review files into the database, with a progress bar and a line of counts."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from config import Settings, load_settings
from config.command import error_console, run
from database import Database
from ingest.pipeline import IngestCounts, ingest
from ingest.reader import ReviewFile
from ingest.review import Rejection
from retriever import Embedder

MOST_SHOWN = 20

app = typer.Typer(add_completion=False)


@app.command()
def main(files: Annotated[list[Path], typer.Argument(help="CSV files with reviews.")]) -> None:
    """Read reviews, embed them and store them; reading a file again changes nothing.

    The last line counts the rows. Bad rows are named and left out; a bad file is an error.
    """
    settings = load_settings()
    with ExitStack() as stack:
        # All are opened before the first is read: a wrong name is noticed at once.
        opened = [stack.enter_context(ReviewFile(path)) for path in files]
        database = stack.enter_context(Database.open(settings))
        counts = _ingest_all(opened, database, settings)
    print(counts)


def _ingest_all(files: list[ReviewFile], database: Database, settings: Settings) -> IngestCounts:
    embedder = Embedder(settings.embedder)
    total = IngestCounts()
    with _progress_bar() as progress:
        for file in files:
            report = _Report(progress, file, already_shown=min(total.rejected, MOST_SHOWN))
            total += ingest(file, database, embedder, settings.passages, report)
    if total.rejected > MOST_SHOWN:
        _say(f"and {total.rejected - MOST_SHOWN} more rejected rows")
    return total


def _progress_bar() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=error_console,
        disable=not error_console.is_terminal,
    )


class _Report:
    """After each batch of a file: moves the bar, by bytes, and names the rejected rows."""

    def __init__(self, progress: Progress, file: ReviewFile, already_shown: int) -> None:
        self._progress = progress
        self._file = file
        self._left_to_show = MOST_SHOWN - already_shown
        self._task: TaskID = progress.add_task(file.path.name, total=file.size, rate="")

    def __call__(self, counts: IngestCounts, rejections: Sequence[Rejection]) -> None:
        for rejection in rejections[: self._left_to_show]:
            _say(str(rejection))
        self._left_to_show -= min(self._left_to_show, len(rejections))
        elapsed = self._progress.tasks[self._task].elapsed
        rate = f"{counts.read / elapsed:,.0f} rows/s" if elapsed else ""
        self._progress.update(self._task, completed=self._file.position, rate=rate)


def _say(sentence: str) -> None:
    error_console.print(sentence, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    run(app)
