"""What only a whole file tells: the scale of its ratings, the order in its dates, whose name `name` is.

A file is surveyed once before its first row is read, in memory that does not grow with it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from config.printable import printable
from ingest.cleaning import LONGEST_LINE
from ingest.columns import Columns
from ingest.dates import DateOrder, DateSurvey
from ingest.fields import LONGEST_ID
from ingest.mapping import FileMapping
from ingest.notes import LONGEST_EXAMPLE
from ingest.ratings import RatingScale, RatingSurvey, is_missing, told_scale

MOST_PRODUCTS = 20_000  # whose names are compared
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Survey:
    """What a file tells of itself as a whole."""

    rating_scale: RatingScale | None
    """The scale of its plain numbers; None: it stays open."""
    open_scale: str
    """Why the scale is open, in words; empty: it is not."""
    date_order: DateOrder | None
    """Whether the day or the month comes first; None: the dates do not tell."""
    name_is_reviewer: bool
    """The column `name` varies within products: it holds the names of reviewers."""
    name_is_open: bool
    """The column `name` may be either's: no product has several rows."""
    renamed: tuple[str, ...]
    """Ids that come with different names, an example each, in words."""
    renamed_products: int
    """How many products have several names."""


def survey(rows: Iterable[Mapping[str, str]], columns: Columns, told: FileMapping) -> Survey:
    """Read all rows, and find out. What is told or known of the format is not asked of the file."""
    ratings = RatingSurvey(columns.verdict)
    dates = DateSurvey()
    names = _NameSurvey()
    rating_column = _only(columns, "rating")
    date_column = _only(columns, "date")
    product_columns, name_column = columns.of.get("product", ()), _only(columns, "name")
    if name_column in product_columns:
        name_column = None
    for row in rows:
        if rating_column and (value := row.get(rating_column)):
            ratings.add(value)
        if date_column and (value := row.get(date_column)) and not is_missing(value):
            dates.add(value)
        if name_column and (name := row.get(name_column, "").strip()):
            product = "\0".join(row.get(column, "")[:LONGEST_ID] for column in product_columns)
            names.add(product, name[:LONGEST_LINE])
    scale, why = _scale(ratings, columns, told)
    doubtful = columns.doubtful_name
    return Survey(
        scale, why, told.date_order or (columns.format and columns.format.date_order) or dates.order,
        doubtful and names.vary, doubtful and names.single and "reviewer" not in columns.of,
        names.examples, names.renamed,
    )  # fmt: skip


def _scale(ratings: RatingSurvey, columns: Columns, told: FileMapping) -> tuple[RatingScale | None, str]:
    known = told.rating_scale or (columns.format and columns.format.rating_scale)
    # A format is a habit: a file in its columns whose numbers do not fit is on another scale.
    found = told_scale(known) if known else ratings.scale()
    if not told.rating_scale and isinstance(found, RatingScale) and known:
        by_itself = ratings.scale()
        if isinstance(by_itself, RatingScale) and by_itself.high > found.high:
            found = by_itself
    return (found, "") if isinstance(found, RatingScale) else (None, found)


def _only(columns: Columns, field: str) -> str | None:
    return next(iter(columns.of.get(field, ())), None)


class _NameSurvey:
    """The names that come with each product's id."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}
        self._rows: Counter[str] = Counter()
        self._others: dict[str, str] = {}

    def add(self, product: str, name: str) -> None:
        """Note one row."""
        first = self._first.get(product)
        if first is None:
            if len(self._first) < MOST_PRODUCTS:
                self._first[product] = name
        else:
            self._rows[product] += 1
            if name != first and name.casefold() != first.casefold():
                self._others.setdefault(product, name)

    @property
    def vary(self) -> bool:
        """Whether most products with several rows have several names."""
        return len(self._others) > len(self._rows) / 2

    @property
    def single(self) -> bool:
        """Whether there are products, and none has several rows."""
        return bool(self._first) and not self._rows

    @property
    def renamed(self) -> int:
        """How many products have several names."""
        return len(self._others)

    @property
    def examples(self) -> tuple[str, ...]:
        """The first of them, in words."""
        return tuple(
            f"'{_short(product.replace(chr(0), ' ').strip())}' is '{_short(self._first[product])}' and "
            f"'{_short(other)}'"
            for product, other in list(self._others.items())[:EXAMPLES]
        )


def _short(text: str) -> str:
    return printable(text[:LONGEST_EXAMPLE] + ("…" if len(text) > LONGEST_EXAMPLE else ""))
