"""Which column of a file holds what, recognised by name or told by the user.

Knows the names that published review data use: Datafiniti's, Amazon Fine Foods', Amazon Reviews 2018 and
2023, Yelp's, and the obvious ones. Knows nothing of what stands in the columns.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# Per field the names it goes by, lower-case, the most telling first.
NAMES: dict[str, tuple[str, ...]] = {
    "product": (
        "asins", "parent_asin", "asin", "productid", "product_id", "business_id", "item_id", "product",
    ),
    "text": (
        "reviews.text", "reviewtext", "text", "review_text", "review_body", "review", "body", "content",
        "comment",
    ),
    "title": ("reviews.title", "summary", "title", "review_title", "review_headline", "headline"),
    "id": ("reviews.id", "review_id", "reviewid"),
    "rating": ("reviews.rating", "overall", "rating", "score", "stars", "star_rating", "review_rating"),
    "date": ("reviews.date", "unixreviewtime", "reviewtime", "timestamp", "time", "date", "review_date"),
    "reviewer": (
        "reviews.username", "reviewername", "profilename", "username", "user_id", "userid", "reviewerid",
    ),
    "name": ("name", "product_name", "product_title"),
    "brand": ("brand",),
    "categories": ("categories", "category"),
}  # fmt: skip
REQUIRED = {"product": "the product's id", "text": "the review's text"}
# Columns that a wrong name is compared with: a name is a word or some, and people look at no more.
MOST_COMPARED, LONGEST_NAME = 200, 100

Columns = Mapping[str, tuple[str, ...]]  # field: its columns; only `product` may have several


@dataclass(frozen=True, slots=True)
class UnclearColumns(Exception):
    """The columns do not tell what stands where: what was found, and what was looked for."""

    found: str
    expected: str


def recognise(columns: Sequence[str], told: Mapping[str, str | None]) -> Columns:
    """The columns of each field, of those `columns` that the file has; `told` (field: column) wins.

    None instead of a column: no column holds the field, whatever their names.

    Raises UnclearColumns for one that was told or is required and is not there, or is there twice.
    """
    found = recognised_by_name(columns)
    for field, column in told.items():
        if field not in NAMES:
            close = difflib.get_close_matches(field, NAMES, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise UnclearColumns(f"no field '{field}' of a review", f"one of {', '.join(NAMES)}{hint}")
        if column is None:
            found.pop(field, None)
            continue
        if column not in columns:
            close = difflib.get_close_matches(column, _names(columns), n=3, cutoff=0.5)
            raise UnclearColumns(f"no column '{column}'{_but(close)}", f"one of {_listed(columns)}")
        found[field] = (column,)
    for field, meaning in REQUIRED.items():
        if field not in found:
            raise _missing(field, meaning, columns)
    for field, names in found.items():
        for name in names:
            if (times := columns.count(name)) > 1:
                # A row is read by names: all but one of these columns would be lost.
                none = "" if field in REQUIRED else f", or --column {field}= for none"
                raise UnclearColumns(f"{times} columns '{name}'", f"one{none}")
    return found


def recognised_by_name(columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The columns of those fields that the columns' names tell, required or not."""
    spelled = {name.lower(): name for name in reversed(columns)}
    return {field: named for field, names in NAMES.items() if (named := _named(field, names, spelled))}


def _named(field: str, names: tuple[str, ...], spelled: Mapping[str, str]) -> tuple[str, ...]:
    present = [name for name in names if name in spelled]
    if field == "id" and not present and {"id", "productid"} <= spelled.keys():
        present = ["id"]  # Fine Foods' number of the row; elsewhere `id` is the product's
    if field == "product" and present[:2] == ["parent_asin", "asin"]:
        return spelled["parent_asin"], spelled["asin"]  # variants of one product, found by both
    return (spelled[present[0]],) if present else ()


def _missing(field: str, meaning: str, columns: Sequence[str]) -> UnclearColumns:
    lower = {name.lower(): name for name in _names(columns)}
    scored = [
        (difflib.SequenceMatcher(None, known, name).ratio(), lower[name])
        for name in lower
        for known in NAMES[field]
    ]
    close = list(dict.fromkeys(name for score, name in sorted(scored, reverse=True) if score > 0.5))[:3]
    example = close[0] if close else "COLUMN"
    return UnclearColumns(
        f"no column for {meaning} in {_listed(columns)}{_but(close)}",
        f"one of {', '.join(NAMES[field])}, or --column {field}={example}",
    )


def _names(columns: Sequence[str]) -> list[str]:
    """Those of the columns that may have been meant; comparing takes the square of a name's length."""
    return [name for name in columns if len(name) <= LONGEST_NAME][:MOST_COMPARED]


def _but(close: Iterable[str]) -> str:
    names = " or ".join(f"'{name}'" for name in close)
    return f" (the closest: {names})" if names else ""


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in columns[:30])
    return shown + (f" and {len(columns) - 30} more" if len(columns) > 30 else "")
