"""What may stand in a review's fields: ids, stars and dates, as people and programs write them.

Knows the forms and what to say of those that are none. Knows nothing of columns or files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from ingest.cleaning import CHARACTERS

LONGEST_ID = 200  # characters; an index entry holds some 2,700 bytes
MOST_IDS = 100  # of one product; those that are known have a dozen
AMERICAN = ("%m %d, %Y", "%B %d, %Y", "%b %d, %Y")
FIRST_SECOND = 10**8  # of 1973: a smaller number is no time
FIRST_MILLISECOND = 10**11
AFTER_LAST = 10**13  # milliseconds, of 2286: a greater number is something else


@dataclass(frozen=True, slots=True)
class Unusable(Exception):
    """A field that makes its row unusable."""

    found: str
    expected: str


def parse_id(value: str) -> str:
    """An id without what cannot be seen; raises Unusable if it is too long."""
    value = value.strip()
    if not value.isprintable():
        value = " ".join(value.translate(CHARACTERS).split())
    if len(value) > LONGEST_ID:
        raise Unusable(f"an id of {len(value)} characters", f"at most {LONGEST_ID}")
    return value


def parse_product_ids(values: Sequence[str], where: str) -> tuple[str, ...]:
    """The ids, at least one, in order; each value may hold several."""
    if sum(value.count(",") for value in values) > MOST_IDS:
        raise Unusable(f"more than {MOST_IDS} ids of one product", "fewer")
    parts = (part for value in values for part in value.split(","))
    ids = tuple(dict.fromkeys(name for part in parts if (name := parse_id(part))))
    if not ids:
        raise Unusable(f"no product id in '{where}'", "one or more, separated by commas")
    return ids


def parse_rating(value: str) -> float | None:
    """Stars, 1 to 5, or None for nothing."""
    value = value.strip()
    if not value:
        return None
    try:
        stars = float(value)
    except ValueError:
        stars = 0.0
    if not 1 <= stars <= 5:
        raise Unusable(f"the rating {value[:40]!r}", "a number from 1 to 5, or nothing")
    return stars


def parse_date(value: str) -> date | None:
    """A day: ISO 8601, seconds or milliseconds since 1970, or `05 1, 2016`; None for nothing."""
    value = value.strip()
    if not value:
        return None
    # First, for as ISO 8601 1412101512359 is the 15th of October 1412, 23:59: any sign may stand between.
    if (moment := _moment(value)) is not None:
        return moment
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        pass
    for form in AMERICAN:
        try:
            return datetime.strptime(value, form).date()
        except ValueError:
            continue
    raise Unusable(f"the date {value[:40]!r}", "one like 2017-01-13, or nothing")


def _moment(value: str) -> date | None:
    """The day of a number of seconds or milliseconds since 1970; None if it is neither."""
    try:
        number = float(value)
    except ValueError:
        return None
    if not FIRST_SECOND <= number < AFTER_LAST:
        return None
    return datetime.fromtimestamp(number / 1000 if number >= FIRST_MILLISECOND else number, UTC).date()
