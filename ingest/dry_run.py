"""What an ingest would do with a file, found out and not done; and how that looks in a terminal."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from rich.table import Table
from rich.text import Text

from config.command import console
from config.counted import counted
from config.printable import printable
from ingest.columns import FIELDS
from ingest.notes import Notes
from ingest.review import LeftOut, Rejection, Review
from ingest.review_file import ReviewFile, note_rejection
from retriever.passage import prose
from retriever.vocabulary import reads, unread_note

SAMPLES = 3
MOST_REJECTIONS = 20
ROWS_BETWEEN_LOOKS = 256
MOST_PRODUCTS = 1_000_000  # ids that are counted
LONGEST_SHOWN = 300  # characters of a sample's text
MOST_LANGUAGES = 8


@dataclass(frozen=True, slots=True)
class DryRun:
    """What became of a file's rows."""

    name: str
    kind: str
    """The form of the file, in words: CSV with semicolons, gzip."""
    format: str | None
    """The export that was recognised."""
    columns: Mapping[str, tuple[str, ...]]
    """Every field of a review, in a fixed order, with its columns."""
    why: Mapping[str, str]
    """How the columns of a field were found."""
    unit: str
    """What a row's number counts: `line` or `row`."""
    available: tuple[str, ...]
    """All columns of the file."""
    unused: tuple[str, ...]
    """Columns that nothing was taken from."""
    samples: tuple[Review, ...]
    """The first reviews with a text."""
    rejections: tuple[Rejection, ...]
    """The first ones."""
    reviews: int
    """Rows that would be stored."""
    stars_alone: int
    """Of them, those without a text."""
    left_out: int
    rejected: int
    products: int
    stars: tuple[int, ...]
    """How many would have 1, 2, 3, 4 and 5 stars, rounded."""
    scales: Mapping[str, int]
    """The scales of the ratings, and how many ratings are on each."""
    first_on: date | None
    last_on: date | None
    languages: Mapping[str, int]
    """The most frequent first; an empty code: not told."""
    notes: tuple[str, ...]
    """What there is to say of the file and its rows, a sentence each; rejected rows by field."""


def dry_run(
    file: ReviewFile, on_rows: Callable[[int], None] = lambda rows: None, embedder: str | None = None
) -> DryRun:
    """Read the whole file. After some hundred rows each `on_rows` gets their number, and may raise to end it.

    `embedder`: the name of the one that would embed it; None: nothing is said of it.

    Raises BadReviewFile if the file cannot be read to its end.
    """
    tally = _Tally(embedder)
    for number, row in enumerate(file, start=1):
        tally.add(row)
        if number % ROWS_BETWEEN_LOOKS == 0:
            on_rows(ROWS_BETWEEN_LOOKS)
    return tally.result(file)


class _Tally:
    """Counts what a file's rows become."""

    def __init__(self, embedder: str | None) -> None:
        self._embedder = embedder
        self._problems = Notes()
        self._samples: list[Review] = []
        self._rejections: list[Rejection] = []
        self._counts: Counter[str] = Counter()
        self._products = _Products()
        self._stars = [0] * 5
        self._scales: Counter[str] = Counter()
        self._languages: Counter[str] = Counter()
        self._days: tuple[date, date] | None = None

    def add(self, row: Review | LeftOut | Rejection) -> None:
        """Count one row."""
        if isinstance(row, Review):
            self._add_review(row)
        elif isinstance(row, LeftOut):
            self._counts["left_out"] += 1
        else:
            self._counts["rejected"] += 1
            self._rejections += [row] * (len(self._rejections) < MOST_REJECTIONS)
            note_rejection(self._problems, row)

    def _add_review(self, review: Review) -> None:
        self._counts["reviews"] += 1
        if review.text is None:
            self._counts["stars_alone"] += 1
        elif len(self._samples) < SAMPLES:
            self._samples.append(review)
        self._products.add(review.listing.ids)
        if review.rating is not None:
            self._stars[min(max(round(review.rating), 1), 5) - 1] += 1
            self._scales[review.rating_scale or ""] += 1
        if review.text is not None:
            self._languages[review.language or ""] += 1
            if self._embedder and not reads(self._embedder, prose(review.title, review.text)):
                self._counts["unread"] += 1
        if day := review.written_on:
            first, last = self._days or (day, day)
            self._days = min(first, day), max(last, day)

    def result(self, file: ReviewFile) -> DryRun:
        """What became of the rows of this file."""
        table, columns = file.table, file.columns
        unread = [unread_note(self._counts["unread"], self._embedder or "")] * bool(self._counts["unread"])
        return DryRun(
            name=file.name,
            kind=", ".join(filter(None, (table.kind, table.packed, table.encoding))),
            format=columns.format.name if columns.format else None,
            columns={field: columns.of.get(field, ()) for field in FIELDS},
            why=columns.why,
            unit=table.unit,
            available=file.available,
            unused=columns.unused,
            samples=tuple(self._samples),
            rejections=tuple(self._rejections),
            reviews=self._counts["reviews"],
            stars_alone=self._counts["stars_alone"],
            left_out=self._counts["left_out"],
            rejected=self._counts["rejected"],
            products=self._products.count,
            stars=tuple(self._stars),
            scales=dict(self._scales.most_common()),
            first_on=self._days[0] if self._days else None,
            last_on=self._days[1] if self._days else None,
            languages=dict(self._languages.most_common()),
            notes=(*file.remarks(), *self._problems.lines(), *unread),
        )


class _Products:
    """Counts products: ids that come in one row, directly or in a chain, are one's."""

    def __init__(self) -> None:
        self.count = 0
        self._above: dict[str, str] = {}  # a forest: from an id to one of a smaller tree

    def add(self, ids: Sequence[str]) -> None:
        """Take up the ids of a row; after MOST_PRODUCTS new ids are no longer counted."""
        for one in ids:
            if one not in self._above:
                if len(self._above) == MOST_PRODUCTS:
                    return
                self._above[one] = one
                self.count += 1
            first, root = self._root(ids[0]), self._root(one)
            if root != first:
                self._above[root] = first
                self.count -= 1

    def _root(self, one: str) -> str:
        while self._above[one] != one:
            self._above[one] = one = self._above[self._above[one]]
        return one


def show(found: DryRun) -> None:
    """Print which column holds what and why, figures, the first reviews, and what there is to say."""
    # The path on a line of its own: a table would break it.
    console.print(Text(found.name, "bold"), soft_wrap=True)
    form = f"{found.kind}; recognised as: {found.format}" if found.format else found.kind
    console.print(form, soft_wrap=True)
    console.print(_columns(found))
    if found.unused:
        console.print(f"nothing is taken from: {printable(', '.join(found.unused))}", soft_wrap=True)
    for line in summary(found):
        console.print(line, soft_wrap=True)
    console.print()
    for review in found.samples:
        console.print(_sample(review, found.unit))
    for line in found.notes:
        console.print(f"- {line}", soft_wrap=True)
    left = f", {found.left_out:,} left out" if found.left_out else ""
    reviews, rejected = counted(found.reviews, "review"), counted(found.rejected, "row")
    print(f"{reviews}{left}, {rejected} would be rejected; nothing was stored")


def summary(found: DryRun) -> Iterator[str]:
    """Products, ratings, days and languages, a line each."""
    stars = f", {found.stars_alone:,} of them stars without a text" if found.stars_alone else ""
    yield f"{counted(found.reviews, 'review')} of {counted(found.products, 'product')}{stars}"
    if sum(found.stars):
        scales = ", ".join(f"{scale} ({count:,})" for scale, count in found.scales.items())
        spread = ", ".join(f"{stars}★ {found.stars[stars - 1]:,}" for stars in range(5, 0, -1))
        yield f"ratings on the scale {scales}, as stars: {spread}"
    if found.first_on:
        yield f"written from {found.first_on} to {found.last_on}"
    if languages := {code or "not told": count for code, count in found.languages.items()}:
        shown = islice(languages.items(), MOST_LANGUAGES)
        yield "languages: " + ", ".join(f"{code} {count:,}" for code, count in shown)


def _columns(found: DryRun) -> Table:
    table = Table("field", "column", "found")
    for field, columns in found.columns.items():
        if columns:
            table.add_row(field, printable(", ".join(columns)), found.why.get(field, ""))
        else:
            table.add_row(field, Text("none", "dim"), "")
    return table


def _sample(review: Review, unit: str) -> Text:
    title = f"{review.title}\n" if review.title else ""
    whole = review.text or ""
    text = whole[:LONGEST_SHOWN] + ("…" if len(whole) > LONGEST_SHOWN else "")
    return Text.assemble((", ".join(_about(review, unit)) + "\n", "dim"), (title, "bold"), f"{text}\n")


def _about(review: Review, unit: str) -> list[str]:
    about = [f"{unit} {review.line}", f"product {'/'.join(islice(review.listing.ids, 5))}"]
    about += [f"id {review.review_id}"] if review.review_id else []
    if review.rating is not None:
        given = review.rating_given or ""
        same = given in (f"{review.rating:g}", f"{review.rating:.1f}")
        about.append(f"{review.rating:.3g} of 5 stars" + ("" if same else f" (given: {given})"))
    about += [str(review.written_on)] if review.written_on else []
    about += [f"by {review.reviewer}"] if review.reviewer else []
    about += [review.language] if review.language else []
    return about
