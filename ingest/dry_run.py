"""What an ingest would do with a file, found out and not done. Needs no database; prints nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from ingest.columns import NAMES, Columns
from ingest.reader import ReviewFile
from ingest.review import Rejection, Review

SAMPLES = 3
MOST_REJECTIONS = 20
ROWS_BETWEEN_LOOKS = 256


@dataclass(frozen=True, slots=True)
class DryRun:
    """What became of a file's rows: `reviews` and `rejected` are counts, the rest is what a person looks at.

    `columns`: every field of a review in a fixed order, with the columns that hold it, none if there is none;
    `available`: all columns of the file.
    `samples` and `rejections` are the first ones. `notes`: what was done to the texts, a sentence each.
    """

    name: str
    columns: Columns
    available: tuple[str, ...]
    samples: tuple[Review, ...]
    rejections: tuple[Rejection, ...]
    reviews: int
    rejected: int
    notes: tuple[str, ...]


def dry_run(file: ReviewFile, on_rows: Callable[[int], None] = lambda rows: None) -> DryRun:
    """Read the whole file. After some hundred rows each `on_rows` gets their number, and may raise to end it.

    Raises BadReviewFile if the file cannot be read to its end.
    """
    samples: list[Review] = []
    rejections: list[Rejection] = []
    reviews = rejected = 0
    for row in file:
        if isinstance(row, Review):
            reviews += 1
            samples += [row] * (len(samples) < SAMPLES)
        else:
            rejected += 1
            rejections += [row] * (len(rejections) < MOST_REJECTIONS)
        if (reviews + rejected) % ROWS_BETWEEN_LOOKS == 0:
            on_rows(ROWS_BETWEEN_LOOKS)
    columns = {field: file.columns.get(field, ()) for field in NAMES}
    return DryRun(
        file.name, columns, file.available, tuple(samples), tuple(rejections), reviews, rejected,
        tuple(notes(file)),
    )  # fmt: skip


def notes(file: ReviewFile) -> list[str]:
    """What was done to the texts of a file, a sentence each."""
    return [f"{file.name}: {what}: {times}" for what, times in sorted(file.notes.items())]
