"""Ids as sources write them: a word, a name with commas, a list of several."""

import ast
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingest.cleaning import CHARACTERS
from ingest.ratings import is_missing

LONGEST_ID = 500  # characters: whole names of products are ids too; an index entry holds some 2,700 bytes
MOST_IDS = 100  # of one product; those that are known have a dozen
LONGEST_LIST = 100 * MOST_IDS  # characters


@dataclass(frozen=True, slots=True)
class Unusable(Exception):
    """A field that makes its row unusable: which one, what was found, and what was expected."""

    field: str
    found: str
    expected: str


def plain(value: str) -> str:
    """A short value without invisible characters, which a database may refuse, nor blanks around it."""
    value = value.strip()
    return value if value.isprintable() else " ".join(value.translate(CHARACTERS).split())


def parse_id(value: str, field: str) -> str:
    """An id without invisible characters; empty if it is missing. Raises Unusable if it is too long."""
    value = plain(value)
    if len(value) > LONGEST_ID:
        raise Unusable(field, f"an id of {len(value):,} characters", f"at most {LONGEST_ID}")
    return "" if is_missing(value) else value


def parse_product_ids(values: Sequence[str], where: str, lists: bool) -> tuple[str, ...]:
    """The ids of one product, at least one, in order.

    A value is one id, commas included; with `lists` commas separate several. `["P1", "P2"]` is always a list.
    """
    parts = [part for value in values for part in _several(value, lists)]
    if len(parts) > MOST_IDS:
        raise Unusable("product", f"more than {MOST_IDS} ids of one product", "fewer")
    ids = tuple(dict.fromkeys(name for part in parts if (name := parse_id(part, "product"))))
    if not ids:
        raise Unusable("product", f"no product id in '{where}'", "one in each row")
    return ids


def _several(value: str, lists: bool) -> Iterable[str]:
    value = value.strip()
    if value[:1] in "[(" and value[-1:] in "])" and len(value) <= LONGEST_LIST:
        listed = list(_literal(value))
        if listed:
            return listed
    return value.split(",") if lists else (value,)


def _literal(value: str) -> Iterator[str]:
    """The texts and numbers in a JSON or Python list; nothing if it is none."""
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        if value.count("[") + value.count("(") > 1:
            return
        try:
            found = ast.literal_eval(value)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return
    if isinstance(found, list | tuple):
        yield from (str(one) for one in found if isinstance(one, str | int | float))
