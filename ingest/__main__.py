"""`python -m ingest FILE...`: review files into the database, with a progress bar and a line of counts."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from config import PassageSettings, Settings, load_settings
from config.command import error_console, run, tell
from config.printable import printable
from database import Database, Patience
from ingest.counts import IngestCounts
from ingest.dry_run import dry_run as run_dry
from ingest.dry_run import notes
from ingest.pipeline import ingest
from ingest.printing import show
from ingest.reader import ReviewFile
from ingest.review import Rejection, Review
from retriever import Embedder

MOST_SHOWN = 20

Read = Callable[[ReviewFile], Iterator[Review | Rejection]]

app = typer.Typer(add_completion=False)


class Engine(StrEnum):
    """Where rows are cleaned, split and embedded."""

    local = "local"
    ray = "ray"


Files = Annotated[
    list[Path],
    typer.Argument(
        help="Review files: CSV, TSV, JSON lines or Parquet, also as gzip or zstd; - is standard input."
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="FIELD=COLUMN",
        help="Which column holds a field: text=body; title= says that none does. Repeatable.",
    ),
]


@app.command()
def main(
    files: Files,
    column: Columns = None,
    encoding: Annotated[
        str | None, typer.Option(help="The text's encoding, such as cp1252; guessed without it.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="These files are the whole truth for the products they contain."),
    ] = False,
    engine: Annotated[
        Engine, typer.Option(help="Work in this process, or spread over a Ray cluster.")
    ] = Engine.local,
    address: Annotated[
        str | None, typer.Option(help="Of the Ray cluster, host:port; without it, one is started here.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; store nothing.")
    ] = False,
) -> None:
    """Read reviews, embed them and store them; reading a file again changes nothing.

    The last line counts the rows. Bad rows are named and left out; a bad file is an error.
    """
    if address and engine is Engine.local:
        raise typer.BadParameter("it is of the engine 'ray': --engine ray", param_hint="--address")
    columns = dict(_pair(entry) for entry in column or [])
    with ExitStack() as stack:
        # All are opened before the first is read: a wrong name is noticed at once.
        opened = [stack.enter_context(ReviewFile(path, columns, encoding)) for path in files]
        if dry_run:
            for file in opened:
                show(run_dry(file))
            return
        settings = load_settings()
        database = stack.enter_context(Database.open(settings))
        embedder, read = _embedder(engine, address, settings, database, stack)
        with _progress_bar() as progress:
            report = _Report(progress, read)
            counts = _ingest_all(opened, database, embedder, settings.passages, replace, report)
        for file in opened:
            for note in notes(file):
                tell(note)
    print(counts)


def _pair(entry: str) -> tuple[str, str | None]:
    """Field and column; no column where none holds the field."""
    field, equals, column = entry.partition("=")
    if not equals or not field:
        raise typer.BadParameter(f"'{entry}' is not of the form FIELD=COLUMN", param_hint="--column")
    return field, column or None


def _embedder(
    engine: Engine, address: str | None, settings: Settings, database: Database, stack: ExitStack
) -> tuple[Embedder, Read]:
    """What embeds, and how it wants files to be read."""
    if engine is Engine.local:
        return Embedder(settings.embedder), iter
    from ingest.ray_engine import RayEmbedder

    spread = stack.enter_context(closing(RayEmbedder(settings.embedder, address)))
    return spread, lambda file: spread.read(file, database, settings.passages, Patience(tell))


def _ingest_all(
    files: list[ReviewFile],
    database: Database,
    embedder: Embedder,
    passages: PassageSettings,
    replace: bool,
    report: "_Report",
) -> IngestCounts:
    # Together the files are the truth; else each has its own count of repeated rows.
    portions = [files] if replace else [[file] for file in files]
    total = IngestCounts()
    for portion in portions:
        rows = report.rows(portion)
        total += ingest(rows, database, embedder, passages, report, replace=replace, patience=Patience(tell))
    if total.rejected > MOST_SHOWN:
        tell(f"and {total.rejected - MOST_SHOWN} more rejected rows")
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

    def __init__(self, progress: Progress, read: Read) -> None:
        self._progress = progress
        self._read_file = read
        self._left_to_show = MOST_SHOWN
        self._file: ReviewFile
        self._task: TaskID
        self._read = 0

    def rows(self, files: Sequence[ReviewFile]) -> Iterator[Review | Rejection]:
        """The rows of these files, one after the other, each with a bar of its own."""
        for file in files:
            self._file, self._read = file, 0
            self._task = self._progress.add_task(printable(file.path.name), total=file.size, rate="")
            for row in self._read_file(file):
                self._read += 1
                yield row

    def __call__(self, counts: IngestCounts, rejections: Sequence[Rejection]) -> None:
        for rejection in rejections[: self._left_to_show]:
            tell(str(rejection))
        self._left_to_show -= min(self._left_to_show, len(rejections))
        elapsed = self._progress.tasks[self._task].elapsed
        rate = f"{self._read / elapsed:,.0f} rows/s" if elapsed else ""
        self._progress.update(self._task, completed=self._file.position, rate=rate)


if __name__ == "__main__":
    run(app)
