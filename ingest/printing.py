"""A dry run in a terminal. Knows how it is shown; knows nothing of files."""

from itertools import islice

from rich.table import Table
from rich.text import Text

from config.command import console
from config.printable import printable
from ingest.dry_run import DryRun
from ingest.review import Review

LONGEST_SHOWN = 300  # characters of a sample's text


def show(found: DryRun) -> None:
    """Print which column holds what, the first reviews, and what would be rejected."""
    console.print(_mapping(found))
    for review in found.samples:
        console.print(_sample(review))
    for rejection in found.rejections:
        console.print(str(rejection), soft_wrap=True)
    if found.rejected > len(found.rejections):
        console.print(f"and {found.rejected - len(found.rejections)} more that would be rejected")
    for line in found.notes:
        console.print(line, soft_wrap=True)
    print(
        f"{found.name}: {found.reviews} reviews, {found.rejected} rows would be rejected; nothing was stored"
    )


def _mapping(found: DryRun) -> Table:
    table = Table("field", "column", title=found.name, title_justify="left")
    for field, columns in found.columns.items():
        table.add_row(field, printable(", ".join(columns)) if columns else Text("none", "dim"))
    return table


def _sample(review: Review) -> Text:
    title = f"{review.title}\n" if review.title else ""
    text = review.text[:LONGEST_SHOWN] + ("…" if len(review.text) > LONGEST_SHOWN else "")
    return Text.assemble((", ".join(_about(review)) + "\n", "dim"), (title, "bold"), f"{text}\n")


def _about(review: Review) -> list[str]:
    about = [f"line {review.line}", f"product {'/'.join(islice(review.listing.ids, 5))}"]
    about += [f"id {review.review_id}"] if review.review_id else []
    about += [f"{review.rating:g} of 5 stars"] if review.rating else []
    about += [str(review.written_on)] if review.written_on else []
    about += [f"by {review.reviewer}"] if review.reviewer else []
    return about
