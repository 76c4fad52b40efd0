"""`python -m ingest FILE...`: review files into the database, with a progress bar and a line of counts."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from config import Settings, load_settings
from config.command import error_console, run, tell
from config.counted import counted
from config.errors import UserError
from config.printable import printable
from database import Database, Patience
from ingest.dates import ORDERS, DateOrder
from ingest.dry_run import dry_run as run_dry
from ingest.dry_run import show
from ingest.mapping import FileMapping, combined, load_mapping
from ingest.mapping import save_mapping as save
from ingest.notes import Notes
from ingest.review import Rejection, Row
from ingest.review_file import ReviewFile, note_rejection
from ingest.store import IngestCounts, ingest
from retriever import Embedder
from retriever.vocabulary import unread_note

Read = Callable[[ReviewFile], Iterator[Row]]

app = typer.Typer(add_completion=False)


class Engine(StrEnum):
    """Where rows are cleaned, split and embedded."""

    local = "local"
    ray = "ray"


Files = Annotated[
    list[Path],
    typer.Argument(
        help="Review files: CSV, TSV, JSON, XLSX or Parquet, also as gzip, zstd, bz2, xz or zip; - is "
        "standard input."
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="FIELD=COLUMN",
        help="The column of a field: text=body; title= says that there is none. Repeatable: of two text "
        "columns both are read, each under its name. products=COLUMN: a list of ids, separated by commas.",
    ),
]

Product = Annotated[str | None, typer.Option(help="All reviews are of this product; its id and its name.")]
ShopName = Annotated[
    str | None, typer.Option(help="A name for the shop: equal ids of two sources are two products.")
]
Scale = Annotated[
    str | None, typer.Option(metavar="LOW-HIGH", help="0-10, 1-5, 0-100 or thumbs; found without it.")
]
Order = Annotated[
    str | None, typer.Option(metavar="dmy|mdy", help="Whether 3/4/2024 is in April or in March.")
]
Language = Annotated[
    str | None, typer.Option(help="The language of all reviews, such as en; detected without it.")
]
Encoding = Annotated[
    str | None, typer.Option(help="The text's encoding, such as cp1252; guessed without it.")
]
NoHeader = Annotated[
    bool,
    typer.Option("--no-header", help="The first line is a review; columns are called 1, 2, 3 and so on."),
]
Inside = Annotated[
    str | None, typer.Option(help="Where in a JSON file the reviews are: .feed.entry; a workbook's sheet.")
]
Told = Annotated[Path | None, typer.Option(help="A file of --save-mapping: all that was told before.")]
Saved = Annotated[Path | None, typer.Option(help="Write what is told here into a file for --mapping.")]
Replace = Annotated[
    bool,
    typer.Option(
        "--replace", help="Remove all stored reviews of the files' products that the files do not have."
    ),
]
Where = Annotated[Engine, typer.Option(help="Work in this process, or spread over a Ray cluster.")]
Address = Annotated[
    str | None, typer.Option(help="Of the Ray cluster, host:port; without it, one is started here.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; store nothing.")]


@app.command()
def main(
    files: Files,
    column: Columns = None,
    product: Product = None,
    source: ShopName = None,
    rating_scale: Scale = None,
    date_order: Order = None,
    language: Language = None,
    encoding: Encoding = None,
    no_header: NoHeader = False,
    path: Inside = None,
    mapping: Told = None,
    save_mapping: Saved = None,
    replace: Replace = False,
    engine: Where = Engine.local,
    address: Address = None,
    dry_run: DryRun = False,
) -> None:
    """Read reviews, embed them and store them; reading a file again changes nothing.

    The last line counts the rows. Bad rows are named and left out; a bad file is an error.
    """
    if address and engine is Engine.local:
        raise typer.BadParameter("it is of the engine 'ray': --engine ray", param_hint="--address")
    here = FileMapping(
        _columns(column or []), product, source, language, rating_scale, _order(date_order), encoding,
        not no_header, path,
    )  # fmt: skip
    whole = combined(load_mapping(mapping), here) if mapping else here
    with ExitStack() as stack:
        # All are opened before the first is read: a wrong name is noticed at once.
        opened = [stack.enter_context(ReviewFile(path, whole)) for path in files]
        if save_mapping:
            save(whole, save_mapping)
        if dry_run:
            usable = [_show(file) for file in opened]
        else:
            usable = [_ingest_all(opened, replace, engine, address, stack)]
    if not all(usable):
        raise UserError(f"No review could be read from {', '.join(file.name for file in opened)}.")


def _columns(entries: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Field and its columns; none where no column holds the field."""
    columns: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        field, equals, column = entry.partition("=")
        if not equals or not field:
            raise typer.BadParameter(f"'{entry}' is not of the form FIELD=COLUMN", param_hint="--column")
        columns[field] = (*columns.get(field, ()), column) if column else ()
    return columns


def _order(text: str | None) -> DateOrder | None:
    for order in ORDERS:
        if text == order:
            return order
    if text is None:
        return None
    raise typer.BadParameter(f"'{text}' is none of {', '.join(ORDERS)}", param_hint="--date-order")


def _show(file: ReviewFile) -> bool:
    """Print the dry run of a file; whether something could be read of it."""
    found = run_dry(file, embedder=load_settings().embedder.name)
    show(found)
    return bool(found.reviews) or not (found.rejected or found.left_out)


def _ingest_all(
    files: list[ReviewFile], replace: bool, engine: Engine, address: str | None, stack: ExitStack
) -> bool:
    """Store the reviews of the files, and print what became of them; whether something could be read."""
    settings = load_settings()
    database = stack.enter_context(Database.open(settings))
    embedder, read = _embedder(engine, address, settings, database, stack)
    # Together the files are the truth; else each has its own count of repeated rows.
    portions = [files] if replace else [[file] for file in files]
    total = IngestCounts()
    with _progress_bar() as progress:
        report = _Report(progress, read)
        for portion in portions:
            total += ingest(
                report.rows(portion), database, embedder, settings.passages, report,
                replace=replace, patience=Patience(tell),
            )  # fmt: skip
    for file in files:
        for remark in file.remarks():
            tell(f"{file.name}: {remark}")
    for problem in report.problems.lines():
        tell(problem)
    if total.unread:
        tell(unread_note(total.unread, embedder.name))
    if total.kept:
        tell(
            f"{counted(total.kept, 'stored review')} that the files do not have kept: rejected rows may be "
            "theirs. Correct these rows and do the same again to remove the others."
        )
    print(total)
    return bool(total.new + total.updated + total.unchanged) or not total.read


def _embedder(
    engine: Engine, address: str | None, settings: Settings, database: Database, stack: ExitStack
) -> tuple[Embedder, Read]:
    """What embeds, and how it wants files to be read."""
    if engine is Engine.local:
        return Embedder(settings.embedder), iter
    from ingest.ray_engine import RayEmbedder

    spread = stack.enter_context(closing(RayEmbedder(settings.embedder, address)))
    return spread, lambda file: spread.read(file, database, settings.passages, Patience(tell))


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
    """After each batch of a file: moves the bar, by bytes, and groups the rejected rows."""

    def __init__(self, progress: Progress, read: Read) -> None:
        self.problems = Notes()
        self._progress = progress
        self._read_file = read
        self._file: ReviewFile
        self._task: TaskID
        self._read = 0

    def rows(self, files: Sequence[ReviewFile]) -> Iterator[Row]:
        """The rows of these files, one after the other, each with a bar of its own."""
        for file in files:
            self._file, self._read = file, 0
            self._task = self._progress.add_task(printable(file.path.name), total=file.size, rate="")
            for row in self._read_file(file):
                self._read += 1
                yield row

    def __call__(self, counts: IngestCounts, rejections: Sequence[Rejection]) -> None:
        for row in rejections:
            note_rejection(self.problems, row, of_several_files=True)
        elapsed = self._progress.tasks[self._task].elapsed
        rate = f"{self._read / elapsed:,.0f} rows/s" if elapsed else ""
        self._progress.update(self._task, completed=self._file.position, rate=rate)


if __name__ == "__main__":
    run(app)
