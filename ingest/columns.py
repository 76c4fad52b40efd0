"""Which column of a file holds which field of a review.

A person's word wins; then the known exports of `formats.yaml`; then the names that fields usually have, where
what stands in the column can be that field.
"""

import difflib
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as default
from functools import cache
from importlib.resources import files
from statistics import fmean
from typing import Any

from config.printable import printable
from config.yaml_file import parse_yaml
from ingest.dates import DateOrder, NoDay, read_day
from ingest.fields import LONGEST_ID
from ingest.ratings import is_missing, read_value

FIELDS = (
    "product", "name", "text", "title", "rating", "date", "reviewer", "id", "language", "status", "brand",
    "categories",
)  # fmt: skip
LIST_OF_IDS = "products"  # as a told field: the column `product`, with several ids in it
COLUMN_OF_LISTS = "asins"  # what it is called, where nobody told it
# Columns that a wrong name is compared with: a name is a word or some, and people look at no more.
MOST_COMPARED, LONGEST_NAME = 200, 100
READABLE = 0.5  # share of a column's values that must be readable as the field that its name promises
DISTINCT = 0.9  # share of an id column's values that must be distinct
# Words in the names of columns that hold no product, whatever stands in them.
NO_PRODUCT = frozenset(
    (
        "price", "cost", "amount", "votes", "vote", "helpful", "count", "number", "index", "url", "link",
        "image",
        "images", "photo", "email", "mail", "ip", "date", "time", "age", "country", "city", "location",
        "rating",
        "score", "stars", "reply", "response", "review", "user", "reviewer", "customer", "author", "title",
        "length",
        "page", "verified", "device", "version", "critic", "guest", "employee", "writer", "display",
    )
)  # fmt: skip

# Values of status columns, beside those that hide a review.
SEEN = frozenset(("active", "approved", "published", "ok", "visible", "public", "shown", "enabled"))
YES_OR_NO = frozenset(("true", "false", "yes", "no", "y", "n", "1", "0"))

Samples = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Format:
    """An export that is recognised as it is: one entry of `formats.yaml`, which explains the fields."""

    name: str
    has: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    unused: tuple[str, ...] = ()
    only: bool = False
    one_product: bool = False
    first: tuple[str, ...] = ()
    rating_scale: str | None = None
    date_order: DateOrder | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """What `formats.yaml` holds; names are normalised, but for those of formats."""

    fields: Mapping[str, tuple[str, ...]]
    verdicts: frozenset[str]
    parts: tuple[Mapping[str, str], ...]
    hidden: frozenset[str]
    fillers: frozenset[str]
    part_fillers: frozenset[str]
    formats: tuple[Format, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where a file's reviews stand."""

    of: Mapping[str, tuple[str, ...]]
    """Per field its columns. `text` may have several, each with a label; `product` and `status` too."""
    why: Mapping[str, str]
    """Per field how it was found, in words."""
    labels: tuple[str, ...] = ()
    """Per text column the word that its part stands under; empty: none."""
    lists: bool = False
    """Commas in the product column separate ids."""
    verdict: bool = False
    """The rating says yes or no."""
    format: Format | None = None
    unused: tuple[str, ...] = ()
    """Columns that nothing is taken from."""
    doubtful_name: bool = False
    """The column `name` is the product's or the reviewer's: the file's contents tell."""
    other_texts: tuple[str, ...] = ()
    """Columns that are called like the text, too, and are shorter."""
    unreadable: Mapping[str, tuple[str, str]] = default(default_factory=dict)
    """Fields without a column, though one is called so: that column, and a value that cannot be the field."""


@dataclass(frozen=True, slots=True)
class UnclearColumns(Exception):
    """The columns do not tell what stands where: what was found, and what to do."""

    found: str
    expected: str


@cache
def known_names() -> Names:
    """The contents of `formats.yaml`."""
    content = parse_yaml((files("ingest") / "formats.yaml").read_text(encoding="utf-8"))
    return Names(
        fields={field: tuple(map(normalised, names)) for field, names in content["fields"].items()},
        verdicts=frozenset(map(normalised, content["verdicts"])),
        parts=tuple({normalised(name): label for name, label in part.items()} for part in content["parts"]),
        hidden=frozenset(content["hidden"]),
        fillers=frozenset(content["fillers"]),
        part_fillers=frozenset((*content["fillers"], *content["part_fillers"])),
        formats=tuple(_format(**entry) for entry in content["formats"]),
    )


def normalised(name: object) -> str:
    """A column's name without case, blanks and signs; the name itself if it has nothing else."""
    text = str(name).casefold()
    return "".join(filter(str.isalnum, text)) or text


def recognise(
    columns: Sequence[str], samples: Samples, told: Mapping[str, tuple[str, ...]], one_product: bool = False
) -> Columns:
    """The columns of each field, given the file's columns and its first rows.

    `told` (field: columns) wins; no column: none holds the field. With `one_product` no column is needed that
    names the product. Raises UnclearColumns for a told column that is not there, and where product or text is
    missing or ambiguous.
    """
    search = _Search(columns, samples, told, one_product)
    search.take_told()
    search.take_format()
    search.take_by_name()
    return search.result()


class _Search:
    """The columns of one file, field by field."""

    def __init__(
        self, columns: Sequence[str], samples: Samples, told: Mapping[str, tuple[str, ...]], one_product: bool
    ) -> None:
        self.columns = columns
        self.samples = samples
        self.told = told
        self.one_product = one_product
        self.by_name: dict[str, str] = {normalised(name): name for name in reversed(columns)}
        self.of: dict[str, tuple[str, ...]] = {}
        self.why: dict[str, str] = {}
        self.lists = False
        self.format: Format | None = None
        self.doubtful_name = False
        self.other_texts: tuple[str, ...] = ()
        self.unreadable: dict[str, tuple[str, str]] = {}
        self.closed: set[str] = set()  # fields that a person or a format said all of

    def take_told(self) -> None:
        """What a person says of fields."""
        for field, names in self.told.items():
            plain = "product" if field == LIST_OF_IDS else field
            if plain not in FIELDS:
                close = difflib.get_close_matches(field, FIELDS, n=1)
                hint = f"; did you mean '{close[0]}'?" if close else ""
                raise UnclearColumns(f"no field '{field}' of a review", f"one of {', '.join(FIELDS)}{hint}")
            self.lists = self.lists or field == LIST_OF_IDS
            self.closed.add(plain)
            found = tuple(dict.fromkeys(self._told_column(name) for name in names if name))
            if found:
                self.of[plain], self.why[plain] = found, "as told"
        if "product" in self.closed:
            self._refuse_other_fields()

    def take_format(self) -> None:
        """What a known export says of fields that nobody told."""
        present = self.by_name.keys() - {""}
        fitting = [one for one in known_names().formats if _fits(one, present)]
        self.format = max(fitting, key=lambda one: len(one.has), default=None)
        if not self.format:
            return
        for field, names in self.format.columns.items():
            plain = "product" if field == LIST_OF_IDS else field
            found = tuple(
                self.by_name[normalised(name)] for name in names if normalised(name) in self.by_name
            )
            if plain in self.closed or not found:
                continue
            self.lists = self.lists or field == LIST_OF_IDS
            self.of[plain] = found[:1] if plain in self.format.first else found
            self.why[plain] = self.format.name
            self.closed.add(plain)

    def take_by_name(self) -> None:
        """The other fields by the names that they usually have."""
        if "text" not in self.closed:
            self._find_text()
        for field, suits in (
            ("product", self._can_be_product), ("id", self._is_distinct), ("rating", self._has_ratings),
            ("date", self._has_dates), ("title", self._has_words), ("status", self._has_status),
            ("reviewer", None), ("language", None), ("brand", None), ("categories", None),
        ):  # fmt: skip
            self._find(field, suits)
        if "rating" not in self.of and "rating" not in self.closed:
            verdicts = known_names().verdicts
            self._take("rating", [name for name in self._free() if normalised(name) in verdicts][:1])
            if "rating" in self.of:
                self.unreadable.pop("rating", None)
        self._find_name()

    def result(self) -> Columns:
        """All that was found. Raises UnclearColumns."""
        may_lack_product = self.one_product or (self.format is not None and self.format.one_product)
        if self.one_product:
            self.of.pop("product", None)
        if "text" not in self.of:
            raise self._missing_text()
        if "product" not in self.of and not may_lack_product:
            raise self._missing_product()
        self._refuse_twins()
        return Columns(
            self.of, self.why, tuple(self._labels()), self.lists, self._is_verdict(), self.format,
            tuple(name for name in self.columns if name not in self._used()), self.doubtful_name,
            self.other_texts, self.unreadable,
        )  # fmt: skip

    def _find(self, field: str, suits: Any = None) -> None:
        if field in self.closed or field in self.of:
            return
        names = known_names().fields[field]
        free = {normalised(name): name for name in reversed(list(self._free()))}
        candidates = [free[name] for name in names if name in free]
        if field == "product" and [normalised(name) for name in candidates[:2]] == ["parentasin", "asin"]:
            self._take(field, candidates[:2])  # variants of one product, found by both
            return
        fitting = [name for name in candidates if suits is None or suits(name)]
        self._take(field, fitting[:1])
        self.lists = self.lists or (
            field == "product" and [*map(normalised, fitting[:1])] == [COLUMN_OF_LISTS]
        )
        if field in ("rating", "date") and candidates and not fitting:
            self.unreadable[field] = candidates[0], next(iter(self._values(candidates[0])), "")

    def _find_text(self) -> None:
        """The longest of the columns that may be the text, and parts such as pros and cons."""
        names = known_names()
        free = {normalised(name): name for name in self._free()}
        parts = [free[name] for part in names.parts if part.keys() <= free.keys() for name in part]
        candidates = [
            free[name]
            for name in names.fields["text"]
            if name in free and free[name] not in parts and self._has_words(free[name])
        ]
        texts = sorted(candidates, key=self._length, reverse=True)[:1]
        shorter = [name for name in candidates if name not in texts]
        self.other_texts = tuple(shorter)
        self._take("text", [*texts, *parts])
        # `summary` and `review` are a title in one export and the text in another.
        if shorter and "title" not in self.closed and not any(map(self._is_named_title, self._free())):
            self._take("title", [max(shorter, key=self._length)])

    def _find_name(self) -> None:
        """The product's name, which is its id where there is no other; a second `name` is the reviewer's."""
        names = known_names().fields["name"]
        if "name" not in self.closed:
            called = [name for name in self.of.get("product", ()) if normalised(name) in names]
            self._find("name")
            if called and "name" not in self.of:
                self._take("name", called[:1])
        name = next(iter(self.of.get("name", ())), None)
        alone = normalised(name) == "name" and "name" not in self.closed
        lacking = "product" not in self.of and "product" not in self.closed and not self.one_product
        if name and lacking and (not alone or "reviewer" in self.of):
            self._take("product", [name])
            self.why["product"] = "the product's name, for there is no id"
        self.doubtful_name = alone and name not in self.of.get("product", ())
        if name and not alone and "reviewer" not in self.of and "reviewer" not in self.closed:
            self._take("reviewer", [other for other in self._free() if normalised(other) == "name"][:1])

    def _take(self, field: str, names: Sequence[str]) -> None:
        if names:
            self.of[field], self.why[field] = tuple(names), "by its name"

    def _free(self) -> Iterator[str]:
        """Columns that are no field's yet, and that may be one's."""
        used = self._used()
        unused = set(map(normalised, self.format.unused)) if self.format else set()
        return (name for name in self.columns if name not in used and normalised(name) not in unused)

    def _used(self) -> set[str]:
        return {name for names in self.of.values() for name in names}

    def _values(self, name: str) -> list[str]:
        return [
            value for row in self.samples if (value := row.get(name, "").strip()) and not is_missing(value)
        ]

    def _length(self, name: str) -> float:
        values = self._values(name)
        return fmean(map(len, values)) if values else 0.0

    def _is_named_title(self, name: str) -> bool:
        names = set(known_names().fields["title"]) - {"summary"}
        return normalised(name) in names and self._has_words(name)

    def _has_words(self, name: str) -> bool:
        values = self._values(name)
        words = sum(not value.replace(".", "").replace(",", "").isdigit() for value in values)
        return not values or words >= READABLE * len(values)

    def _has_ratings(self, name: str) -> bool:
        values = self._values(name)
        return not values or sum(read_value(value) is not None for value in values) >= READABLE * len(values)

    def _has_dates(self, name: str) -> bool:
        values = self._values(name)
        days = [read_day(value) for value in values]
        understood = sum(not (isinstance(day, NoDay) and day.reason == "not understood") for day in days)
        return not values or understood >= READABLE * len(values)

    def _is_of_days(self, name: str) -> bool:
        values = self._values(name)
        return any(not isinstance(read_day(value), NoDay) for value in values[:20])

    def _has_status(self, name: str) -> bool:
        known = known_names().hidden | SEEN | YES_OR_NO
        values = self._values(name)
        return sum(value.casefold() in known for value in values) > READABLE * len(values)

    def _can_be_product(self, name: str) -> bool:
        return self._length(name) <= LONGEST_ID

    def _is_distinct(self, name: str) -> bool:
        """A column called `id` may number anything; others say that they are the review's."""
        values = self._values(name)
        return normalised(name) != "id" or len(set(values)) >= DISTINCT * len(values)

    def _is_verdict(self) -> bool:
        column = self.of.get("rating", ("",))[0]
        return normalised(column) in known_names().verdicts

    def _labels(self) -> Iterator[str]:
        """The first of several columns needs no word if it is called text and the others are parts of it."""
        parts = {name: label for part in known_names().parts for name, label in part.items()}
        columns = self.of["text"]
        for name in columns:
            if len(columns) == 1 or (
                normalised(name) in known_names().fields["text"]
                and any(normalised(one) in parts for one in columns)
            ):
                yield ""
            else:
                yield parts.get(normalised(name)) or _in_words(name)

    def _told_column(self, name: str) -> str:
        if name in self.columns:
            return name
        if found := self.by_name.get(normalised(name)):
            return found
        close = difflib.get_close_matches(name, _comparable(self.columns), n=3, cutoff=0.5)
        raise UnclearColumns(f"no column '{name}'{_but(close)}", f"one of {_listed(self.columns)}")

    def _refuse_other_fields(self) -> None:
        """A product that is told must not be what is another field's: a rating would become an id."""
        for name in self.of.get("product", ()):
            for field in ("text", "title", "rating", "date", "reviewer", "id"):
                taken = name in self.of.get(field, ()) or (
                    field in ("rating", "date", "text") and normalised(name) in known_names().fields[field]
                    and normalised(name) not in known_names().fields["product"]
                )  # fmt: skip
                if taken:
                    raise UnclearColumns(
                        f"the column '{shown(name)}' told as the product, which holds the {field}",
                        "a column that names products, or --product NAME if all of it is one product",
                    )

    def _refuse_twins(self) -> None:
        for field, names in self.of.items():
            for name in names:
                if (times := self.columns.count(name)) > 1:
                    # A row is read by names: all but one of these columns would be lost.
                    none = "" if field in ("product", "text") else f", or --column {field}= for none"
                    raise UnclearColumns(f"{times} columns '{shown(name)}'", f"one{none}")

    def _missing_text(self) -> UnclearColumns:
        named = _comparable(list(self._free()))
        free = [name for name in named if self._has_words(name) and not self._is_of_days(name)]
        longest = sorted(free, key=self._length, reverse=True)[:3]
        column = longest[0] if longest else "COLUMN"
        header = "" if self.of else "; or --no-header, if the first line is a review"
        return UnclearColumns(
            f"no column for the review's text in {_listed(self.columns)}",
            f"its name told by {_option('text', column)}{_or_others(longest)}{header}",
        )

    def _missing_product(self) -> UnclearColumns:
        likely = [name for name in _comparable(list(self._free())) if self._may_name_products(name)]
        wanted = [normalised(name) for name in ("product", "item", "name", "id")]
        likely.sort(key=lambda name: not any(word in normalised(name) for word in wanted))
        one = "--product NAME if all of it is one product"
        how = f"{one}, or {_option('product', likely[0])}{_or_others(likely[:3])}" if likely else one
        return UnclearColumns(f"no column for the product's id in {_listed(self.columns)}", how)

    def _may_name_products(self, name: str) -> bool:
        """Whether the column could be meant: its values are short, and no measure of something."""
        values = self._values(name)
        spelled = normalised(name)
        words = {word for part in name.split(".") for word in _in_words(part).casefold().split()}
        if not spelled or words & NO_PRODUCT or spelled in known_names().verdicts:
            return False
        numbers = sum(read_value(value) is not None for value in values)
        if not self.samples:
            return True
        return bool(values) and self._length(name) <= 100 and numbers < READABLE * len(values)


def _fits(known: Format, present: set[str]) -> bool:
    has = set(map(normalised, known.has))
    if not has <= present:
        return False
    return not known.only or all(name in has or name.startswith(("column", "unnamed")) for name in present)


def _format(columns: Mapping[str, Any] | None = None, **others: Any) -> Format:
    texts: dict[str, Any] = {
        name: tuple(map(str, others.pop(name, ()))) for name in ("has", "unused", "first")
    }
    named = {
        field: tuple(map(str, names)) if isinstance(names, list) else (str(names),)
        for field, names in (columns or {}).items()
    }
    return Format(columns=named, **texts, **others)


def _in_words(column: str) -> str:
    """`sideEffectsReview` and `reviews.side_effects` as words."""
    last = column.rpartition(".")[2].replace("_", " ").replace("-", " ")
    spaced = "".join(
        f" {sign}" if sign.isupper() and last[:n][-1:].islower() else sign for n, sign in enumerate(last)
    )
    words = " ".join(spaced.split())
    return words[:1].upper() + words[1:].lower() if words else column


def shown(column: str) -> str:
    """A column's name in a sentence: nobody reads more of it than LONGEST_NAME characters."""
    return printable(column[:LONGEST_NAME] + ("…" if len(column) > LONGEST_NAME else ""))


def _comparable(columns: Iterable[str]) -> list[str]:
    """Those of the columns that may have been meant; comparing takes the square of a name's length."""
    return [name for name in columns if len(name) <= LONGEST_NAME][:MOST_COMPARED]


def _option(field: str, column: str) -> str:
    return "--column " + shlex.quote(f"{field}={column}")


def _or_others(likely: Sequence[str]) -> str:
    return f" (also possible: {', '.join(map(repr, likely[1:]))})" if likely[1:] else ""


def _but(close: Iterable[str]) -> str:
    names = " or ".join(f"'{name}'" for name in close)
    return f" (the closest: {names})" if names else ""


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in columns[:30])
    return shown + (f" and {len(columns) - 30} more" if len(columns) > 30 else "")
