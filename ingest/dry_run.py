"""What an ingest would do with a file, shown and not done. Knows how to show it; needs no database."""

from itertools import islice

from rich.markup import escape
from rich.table import Table

from config.command import console
from ingest.columns import NAMES
from ingest.reader import ReviewFile
from ingest.review import Rejection, Review

SAMPLES = 3
LONGEST_SHOWN = 300  # characters of a sample's text
MOST_REJECTIONS = 20


def show(file: ReviewFile) -> None:
    """Print which column holds what, the first reviews, and what would be rejected; reads the whole file."""
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
    console.print(_mapping(file))
    for review in samples:
        console.print(_sample(review), highlight=False)
    for rejection in rejections:
        console.print(str(rejection), markup=False, highlight=False, soft_wrap=True)
    if rejected > len(rejections):
        console.print(f"and {rejected - len(rejections)} more that would be rejected")
    for line in notes(file):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    print(f"{file.name}: {reviews} reviews, {rejected} rows would be rejected; nothing was stored")


def notes(file: ReviewFile) -> list[str]:
    """What was done to the texts of a file, a sentence each."""
    return [f"{file.name}: {what}: {times}" for what, times in sorted(file.notes.items())]


def _mapping(file: ReviewFile) -> Table:
    table = Table("field", "column", title=escape(file.name), title_justify="left")
    for field in NAMES:
        columns = file.columns.get(field, ())
        table.add_row(field, escape(", ".join(columns)) if columns else "[dim]none[/dim]")
    return table


def _sample(review: Review) -> str:
    about = [f"line {review.line}", f"product {'/'.join(islice(review.listing.ids, 5))}"]
    about += [f"id {review.review_id}"] if review.review_id else []
    about += [f"{review.rating:g} of 5 stars"] if review.rating else []
    about += [str(review.written_on)] if review.written_on else []
    about += [f"by {review.reviewer}"] if review.reviewer else []
    title = f"[bold]{escape(review.title)}[/bold]\n" if review.title else ""
    text = review.text[:LONGEST_SHOWN] + ("…" if len(review.text) > LONGEST_SHOWN else "")
    return f"[dim]{escape(', '.join(about))}[/dim]\n{title}{escape(text)}\n"
