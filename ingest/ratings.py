"""Ratings as sources give them, on whatever scale, and the stars that follow.

A single value does not tell its scale: 4 is good of 5 and bad of 10. So `RatingSurvey` looks at all values of
a file first, and `RatingScale` turns each into stars from 1 to 5 afterwards.
"""

import re
from collections import Counter
from dataclasses import dataclass, field

# What exports write where nobody gave a rating or a date.
MISSING = frozenset(
    (
        "", "-", "--", "–", "—", "?", "na", "n/a", "#n/a", "nan", "nat", "none", "null", "nil", "nul", "n.a.",
        "undefined", "unknown", "missing", "empty", "no rating", "not rated", "unrated", "no overall review",
        "no review", r"\n",
    )
)  # fmt: skip
# ruff: noqa: RUF001 - letters of other scripts are meant
UP = frozenset(
    (
        "true", "yes", "y", "up", "thumbs up", "thumbsup", "like", "liked", "recommended", "positive", "pos",
        "good",
        "👍", "ja", "oui", "sí", "si", "sim", "evet", "olumlu", "positiv", "positif", "positivo", "好评",
        "推荐",
    )
)  # fmt: skip
DOWN = frozenset(
    (
        "false", "no", "n", "down", "thumbs down", "thumbsdown", "dislike", "disliked", "not recommended",
        "negative",
        "neg", "bad", "👎", "nein", "non", "não", "hayır", "olumsuz", "negativ", "négatif", "negatif",
        "negativo",
        "差评", "不推荐",
    )
)  # fmt: skip
BETWEEN = frozenset(("neutral", "mixed", "tarafsız", "neutre", "neutro", "average", "中评"))

# With an exponent of three digits a float could become infinite.
_NUMBER = r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d{1,2})?"
NUMBER = re.compile(_NUMBER)
OUT_OF = re.compile(
    rf"(?<![\d.,])({_NUMBER})\s*(?:/|out of|of|von|sur|de|su|out\s+of\s+a\s+possible)\s*"
    r"(\d{1,3})(?!\d|[./]\d)",
    re.I,
)
PERCENT = re.compile(rf"^({_NUMBER})\s*%$")
IN_STARS = re.compile(
    rf"^(?:rated\s+)?({_NUMBER})[\s-]*(?:stars?|étoiles?|sterne?n?|estrellas?|stelle?|yıldız|星)\b", re.I
)
FULL, HALF, EMPTY = "★⭐🌟", "⯨½", "☆✩"
TOLD = re.compile(rf"^({_NUMBER})\s*(?:-|–|\.\.|to|:)\s*({_NUMBER})$")

MOST_DISTINCT = 10_000  # values; what has more is no rating
STRAY = 0.01  # share of the values that a scale may leave over: slips of the pen, no ratings
# Of the values so many are above 5 at least, if the scale is of ten points, or of more.
FEW, MOST = 0.05, 0.5
FEW_DISTINCT = 0.2  # the same, if all that are above 5 are one value
CLASSES_FROM = 20  # values of 1 and 2 alone, from which on they are no chance
LONGEST_GIVEN = 100  # characters of a rating


@dataclass(frozen=True, slots=True)
class RatingScale:
    """From the lowest to the highest value, by which a rating becomes stars."""

    low: float
    high: float
    zero_is_none: bool = False
    """0 lies below the scale, and says that nothing was given."""

    def __str__(self) -> str:
        return f"{self.low:g}-{self.high:g}"

    def stars(self, value: float) -> float | None:
        """Linearly from 1 to 5; None outside the scale."""
        if not self.low <= value <= self.high:
            return None
        return 1 + 4 * (value - self.low) / (self.high - self.low)


STARS = RatingScale(1, 5, zero_is_none=True)
THUMBS = RatingScale(0, 1)
UP_AND_DOWN = RatingScale(-1, 1)


def told_scale(text: str) -> RatingScale:
    """The scale that a person tells: `0-10`, `1-5`, `-1-1` or `thumbs`. Raises ValueError."""
    if text.strip().casefold() == "thumbs":
        return THUMBS
    found = TOLD.match(text.strip()) if len(text) <= LONGEST_GIVEN else None
    if found:
        low, high = _number(found[1]), _number(found[2])
        if low < high:
            return RatingScale(low, high, zero_is_none=low > 0)
    raise ValueError(f"'{text}' is no scale")


@dataclass(frozen=True, slots=True)
class Value:
    """What a rating says by itself."""

    number: float
    scale: RatingScale | None
    """The scale that the value names, as 4/5 does; None: the file's."""


def read_value(text: str) -> Value | None:
    """The number and perhaps the scale in a rating; None if there is none in it. `text` is not missing."""
    if len(text) > LONGEST_GIVEN:
        return None
    word = text.casefold()
    for words, number in ((UP, 1.0), (BETWEEN, 0.5), (DOWN, 0.0)):
        if word in words:
            return Value(number, THUMBS)
    if NUMBER.fullmatch(text):
        return Value(_number(text), None)
    if found := OUT_OF.search(text):
        high = float(found[2])
        low = 1.0 if 1 < high <= 10 else 0.0
        return Value(_number(found[1]), RatingScale(low, high, zero_is_none=low > 0)) if high > 1 else None
    if found := PERCENT.match(text):
        return Value(_number(found[1]), RatingScale(0, 100))
    if found := IN_STARS.match(text):
        return Value(_number(found[1]), STARS)
    return _drawn_stars(text)


def _drawn_stars(text: str) -> Value | None:
    text = text.replace("\ufe0f", "").replace(" ", "")
    full, half, empty = (sum(map(text.count, signs)) for signs in (FULL, HALF, EMPTY))
    if full + half + empty != len(text) or not full + half:
        return None
    return Value(full + half / 2, STARS) if full + half + empty <= 5 else None


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def is_missing(text: str) -> bool:
    """Whether a field says that nothing was given."""
    return text.casefold() in MISSING


@dataclass(slots=True)
class RatingSurvey:
    """All ratings of a file, counted, and the scale that they are on."""

    verdict: bool = False
    """The column says yes or no, as `recommended` and `liked` do; no stars."""
    values: Counter[str] = field(default_factory=Counter)
    """The distinct values, as they stand; once there are MOST_DISTINCT no new one is added."""

    def add(self, text: str) -> None:
        """Count one value."""
        if len(text) <= LONGEST_GIVEN and (text in self.values or len(self.values) < MOST_DISTINCT):
            self.values[text] += 1

    def scale(self) -> RatingScale | str:
        """The scale of the plain numbers; else, in words, why it cannot be told."""
        numbers: Counter[float] = Counter()
        for text, times in self.values.items():
            text = text.strip()
            value = None if is_missing(text) else read_value(text)
            if value and value.scale is None:
                numbers[value.number] += times
        return scale_of(numbers, self.verdict)


def scale_of(numbers: Counter[float], verdict: bool = False) -> RatingScale | str:
    """The smallest usual scale that holds all these numbers but a few; else, in words, why there is none.

    `verdict`: they say yes or no. Then 1 is the better of two, and in stars the worst of five.
    """
    if not numbers:
        return THUMBS if verdict else STARS
    total = sum(numbers.values())
    # The extremes that are no slips: a hundredth of all values lies there or beyond.
    low, high = (
        _extreme(numbers, sorted(numbers), total),
        _extreme(numbers, sorted(numbers, reverse=True), total),
    )
    if low < 0:
        return UP_AND_DOWN if low >= -1 and high <= 1 else f"there are values from {low:g} to {high:g}"
    if verdict:
        return THUMBS if high <= 1 else f"the column's name says yes or no, and there is {high:g}"
    if high <= 1 and set(numbers) != {1} and set(numbers) != {0}:
        return THUMBS
    return _positive_scale(numbers, low, high)


def _positive_scale(numbers: Counter[float], low: float, high: float) -> RatingScale | str:
    zeros = low == 0
    total = numbers.total()
    above = {number: times for number, times in numbers.items() if number > 5}
    beyond = sum(above.values()) / total
    whole = all(number == int(number) for number in numbers)
    if high <= 5:
        if zeros and high == 4 and whole and len(numbers) > 3:
            return "there are values from 0 to 4: four of five stars, or the best of five classes"
        if (zeros and high == 2 and whole) or (set(numbers) == {1, 2} and total >= CLASSES_FROM):
            return f"there are only values from {low:g} to 2: stars, or classes"
        return STARS
    few = FEW_DISTINCT if len(above) == 1 else FEW
    if beyond < few or (high > 10 and beyond < MOST):
        return f"{1 - beyond:.0%} of the values are at most 5, and the highest is {high:g}"
    if high <= 10:
        if whole and high <= 7:
            return f"the highest value is {high:g}: of {high:g} points or of ten"
        return RatingScale(0 if zeros else 1, 10)
    if high <= 50 and all(number % 10 == 0 for number in numbers):
        return f"the highest value is {high:g}: of 50 points or of 100"
    if 20 < high <= 100:
        fifths = not zeros and all(number % 20 == 0 for number in numbers)
        return RatingScale(20 if fifths else 0, 100)
    return f"the highest value is {high:g}"


def _extreme(numbers: Counter[float], ordered: list[float], total: int) -> float:
    beyond = 0
    for number in ordered:
        beyond += numbers[number]
        if beyond > STRAY * total:
            return number
    return ordered[-1]
