"""Days as people and programs write them all over the world.

Whether 3/4/2024 is in March or in April follows from all dates of a file: `DateSurvey` looks at them first,
`DayReader` reads each afterwards. Names of months are dateparser's: each distinct one is looked up once.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Literal

DateOrder = Literal["dmy", "mdy"]
ORDERS: tuple[DateOrder, ...] = ("dmy", "mdy")

# The languages whose months are known: those of Europe, and what else exports are often in.
LANGUAGES = [
    "en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "nb", "fi", "pl", "cs", "sk", "hu", "ro", "tr",
    "ru",
    "uk", "el", "bg", "hr", "sl", "lt", "lv", "et", "ca", "id",
]  # fmt: skip
FIRST_SECOND = 10**8  # of 1973: a smaller number is no time
FIRST_MILLISECOND, FIRST_MICROSECOND = 10**11, 10**14
AFTER_LAST = 10**16  # microseconds, of 2286: a greater number is something else
MOST_KEPT = 50_000  # distinct texts whose day is remembered
LONGEST = 200  # characters of a text that says a day; forms are searched in the square of it

_WORD = r"[^\W\d_]{3,}"
EPOCH = re.compile(r"\d{9,16}(?:\.\d+)?|\d(?:\.\d+)?[eE]\+?\d{1,2}")
COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(?:[T_]?\d{4}(?:\d\d)?)?")
# Before and after a day other letters and times may stand, but no further digit of the day.
YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?(?:[-/.]|年|년)\s?(\d{1,2})\s?(?:[-/.]|月|월)\s?(\d{1,2})(?!\d)")
YEAR_LAST = re.compile(r"(?<![\d/.-])(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4}|\d\d)(?![\d/-]|\.\d)")
MONTH_DAY_YEAR = re.compile(r"(?<!\d)(\d{1,2}) (\d{1,2}), (\d{4})(?!\d)")  # Amazon's: 02 28, 2014
DAY_WORD_YEAR = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|º|ª|\.)?[\s-]*(?:of |de |d['’])?\s*"  # noqa: RUF001 - as French has it
    rf"({_WORD})\.?,?[\s-]*(?:de |del )?'?(\d{{4}}|\d\d)(?![\d:])",
    re.I,
)
WORD_DAY_YEAR = re.compile(
    rf"({_WORD})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?(?:,\s*|\s+)(?:\d{{1,2}}:\d\d(?::\d\d)?\s+)?"
    r"(?:[A-Z]{2,5}\s+|[-+]\d{4}\s+)?(\d{4})(?!\d)",
    re.I,
)
RELATIVE = re.compile(
    r"\b(?:ago|yesterday|today|vor|hace|il y a|fa|önce|geleden|назад|sedan|siden)\b|前$|전$", re.I
)
NO_YEAR = re.compile(rf"\d{{1,2}}\.?\s+{_WORD}|{_WORD}\s+(?:\d{{1,2}}|\d{{4}})|\d{{4}}\D\d{{1,2}}")
CENTURY = 70  # of two digits: 70 to 99 are of the last century


@dataclass(frozen=True, slots=True)
class NoDay:
    """Why a text says no day."""

    reason: Literal["relative", "incomplete", "open", "not understood"]
    """Relative to today; without a year or a day; day or month first; anything else."""


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Two numbers of which one is the day and one the month, in this order, and the year."""

    first: int
    second: int
    year: int

    def day(self, order: DateOrder) -> date | None:
        """The day in this order, if there is such a day."""
        day, month = (self.first, self.second) if order == "dmy" else (self.second, self.first)
        return _day(self.year, month, day)


@dataclass(slots=True)
class DateSurvey:
    """Which orders of day and month the dates of a file show."""

    shown: set[DateOrder] = field(default_factory=set)

    def add(self, text: str) -> None:
        """Look at one date."""
        found = _found(text)
        if isinstance(found, _Numbers):
            possible = [order for order in ORDERS if found.day(order)]
            if len(possible) == 1 and found.first != found.second:
                self.shown.add(possible[0])

    @property
    def order(self) -> DateOrder | None:
        """The only order that is shown; None if none or both are."""
        return next(iter(self.shown)) if len(self.shown) == 1 else None


@dataclass(frozen=True, slots=True)
class DayReader:
    """Reads the dates of one file."""

    order: DateOrder | None = None
    """Which comes first where numbers do not tell; None: it is open."""

    def read(self, text: str) -> date | NoDay:
        """The day that a text says. `text` is not missing."""
        found = _found(text)
        if not isinstance(found, _Numbers):
            return found
        if self.order:
            # What is no day in the file's order is one in the other: nothing else could be meant.
            other: DateOrder = "mdy" if self.order == "dmy" else "dmy"
            return found.day(self.order) or found.day(other) or NoDay("not understood")
        days = {day for order in ORDERS if (day := found.day(order))}
        if len(days) == 1:
            return days.pop()
        return NoDay("open" if days else "not understood")


def read_day(text: str) -> date | NoDay:
    """The day that a text says by itself."""
    return DayReader().read(text)


def _found(text: str) -> date | _Numbers | NoDay:
    text = text.strip()
    return _read(text) if len(text) <= LONGEST else NoDay("not understood")


@lru_cache(MOST_KEPT)
def _read(text: str) -> date | _Numbers | NoDay:
    return _from_number(text) or _from_digits(text) or _from_words(text) or NoDay(_reason(text))


def _from_number(text: str) -> date | None:
    """A number of seconds, milliseconds or microseconds since 1970, or the digits of a day."""
    # Before the seconds: 201701131530 would be of 1976 as milliseconds.
    compact = COMPACT.fullmatch(text)
    if compact and (day := _day(int(compact[1]), int(compact[2]), int(compact[3]))):
        return day
    if not EPOCH.fullmatch(text):
        return None
    number = float(text)
    if not FIRST_SECOND <= number < AFTER_LAST:
        return None
    for first, per_second in ((FIRST_MICROSECOND, 1_000_000), (FIRST_MILLISECOND, 1000)):
        if number >= first:
            number /= per_second
            break
    return datetime.fromtimestamp(number, UTC).date()


def _from_digits(text: str) -> date | _Numbers | None:
    if found := YEAR_FIRST.search(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := YEAR_LAST.search(text):
        return _Numbers(int(found[1]), int(found[3]), _year(found[4]))
    if found := MONTH_DAY_YEAR.search(text):
        return _day(int(found[3]), int(found[1]), int(found[2]))
    return None


def _from_words(text: str) -> date | None:
    """The first day in a text that names its month."""
    for form, day, word, year in ((DAY_WORD_YEAR, 1, 2, 3), (WORD_DAY_YEAR, 2, 1, 3)):
        for found in form.finditer(text):
            month = _month(found[word].casefold())
            if month and (whole := _day(_year(found[year]), month, int(found[day]))):
                return whole
    return None


@lru_cache(1000)
def _month(word: str) -> int | None:
    """The number of a month by its name or the beginning of it."""
    import dateparser  # loads slowly; most files write numbers

    found = dateparser.parse(
        f"15 {word} 2001",
        languages=LANGUAGES,
        settings={"STRICT_PARSING": True, "PARSERS": ["absolute-time"]},
    )
    return found.month if found and (found.day, found.year) == (15, 2001) else None


def _reason(text: str) -> Literal["relative", "incomplete", "not understood"]:
    if RELATIVE.search(text):
        return "relative"
    return "incomplete" if NO_YEAR.fullmatch(text) else "not understood"


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (1900 if year >= CENTURY else 2000)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        # What is of next year at the latest: a later one is of another calendar, or a slip.
        return date(year, month, day) if 1900 <= year <= date.today().year + 1 else None
    except ValueError:
        return None
