"""Where in a JSON document the reviews are: the objects, or texts, with the longest texts.

Knows values as Python's `json` reads them. Knows nothing of files.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from ingest.records import DEEPEST, NoTable

LOOKED_AT = 200  # values of each array and object
ITEMS, KEYS = "[]", "*"  # steps into an array, and into an object whose keys are data
NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
REVIEW_WORDS = re.compile(
    "review|comment|feedback|rating|star|score|text|评论|评分|評価|レビュー|리뷰|평점|отзыв", re.IGNORECASE
)
FOR_REVIEW_WORDS = 3  # times the text
# Names of arrays of reviews, and of what stands beside reviews or within one.
OF_REVIEWS = re.compile("review|feedback|rating|comment|评论|評価|レビュー|리뷰|отзыв", re.IGNORECASE)
BESIDE = re.compile(
    "repl(?:y|ies)|respon[sd]|answer|question|related|similar|recommend|reaction", re.IGNORECASE
)
FOR_NAME = 10  # times the text, and its inverse, less than which nothing else is found
OWN_TEXT = re.compile("(?:review_?)?(?:text|body|content|comment|message)|review", re.IGNORECASE)
# Keys that are names, whatever they lead to.
NAMES = re.compile(
    r"(?:\w+_)?(?:reviews?|replies|responses?|comments?|answers?|questions?|feedbacks?|ratings?|items|results|data"
    r"|entries|products)",
    re.IGNORECASE,
)
BETTER = 1.2  # times as much text as in the objects around them, if objects are to be the reviews
OFTEN_ALONE = {"entry", "review", "item"}  # names of arrays that are the one object itself, if there is one

Steps = tuple[str, ...]


@dataclass(slots=True)
class Place:
    """Where objects, or texts, are that may be the reviews. Its first step leads into the file."""

    steps: Steps
    text: int = 0
    """Characters of the longest text of each, in sum."""
    named: bool = False
    """Whether a name in it, or on the way to it, is one as reviews have."""
    reviews: bool = False
    """Whether its objects have a text of their own, as reviews have: what is within is something else."""

    @property
    def name(self) -> str:
        """As the user tells it: arrays go without saying."""
        return "." + ".".join(step for step in self.steps if step != ITEMS)

    @property
    def score(self) -> int:
        """How much there is to read."""
        name = next((step for step in reversed(self.steps) if step not in (ITEMS, KEYS)), "")
        text = self.text * (FOR_REVIEW_WORDS if self.named else 1) * FOR_NAME
        if BESIDE.search(name):
            return text // FOR_NAME**2
        return text * FOR_NAME if OF_REVIEWS.search(name) else text


def place_of_reviews(values: Sequence[object], told: str | None, complete: bool) -> Place | None:
    """The place of the reviews in the values that a file begins with, or is, if they are `complete`.

    `told` is the user's word. Raises NoTable if there is nothing.
    """
    found = _Places()
    if objects := [value for value in values[:LOOKED_AT] if isinstance(value, dict)]:
        if len(values) == 1:
            # Its inner objects may be what is searched, and are looked at by themselves.
            objects = [{name: value for name, value in objects[0].items() if not isinstance(value, dict)}]
        found.add((ITEMS,), objects)
    for value in values[:LOOKED_AT]:
        found.look(value)
    return found.best() if told is None else _told(told, values, found, complete)


def _told(told: str, values: Sequence[object], found: "_Places", complete: bool) -> Place:
    path = "." + told.strip().removeprefix("$").strip(".")
    parts = [part for part in path.split(".") if part]
    for place in found.places.values():
        told_names = iter(parts)
        # A key may be told, of those that are data.
        steps = tuple(step if step == ITEMS else next(told_names, "") for step in place.steps)
        alike = all(step in (name, KEYS) for step, name in zip(place.steps, steps, strict=True))
        if alike and next(told_names, None) is None and _leads_to_something(values, parts):
            return Place(steps)
    if not complete:
        return Place((ITEMS, *(step for part in parts for step in (part, ITEMS))))
    names = ", ".join(dict.fromkeys(place.name[:80] for place in found.places.values()))
    expected = f"one of these places: {names}" if names else "JSON with objects in it"
    raise NoTable(0, f"no reviews at '{path}'", expected)


def _leads_to_something(values: Iterable[object], parts: Sequence[str]) -> bool:
    """Whether there is a value at these keys, which may be in arrays."""
    for value in islice(values, LOOKED_AT):
        if isinstance(value, list):
            if _leads_to_something(value, parts):
                return True
        elif not parts:
            return True
        elif isinstance(value, dict):
            inner = (
                list(value.values()) if parts[0] == KEYS else [value[parts[0]]] if parts[0] in value else []
            )
            if _leads_to_something(inner, parts[1:]):
                return True
    return False


class _Places:
    """All places in some values."""

    def __init__(self) -> None:
        self.places: dict[Steps, Place] = {}

    def look(self, value: object, steps: Steps = (ITEMS,)) -> None:
        """Look for places in a value that stands at these steps."""
        if len(steps) > DEEPEST:
            return
        if isinstance(value, dict):
            self._look_at_object(value, steps)
        elif isinstance(value, list):
            self._look_at_array(value, (*steps, ITEMS))

    def _look_at_object(self, value: Mapping[str, object], steps: Steps) -> None:
        data = keys_are_data(value)
        inner = list(islice(value.items(), LOOKED_AT))
        if data:
            rows = [row for _, row in inner if isinstance(row, dict)]
            if rows and not any(isinstance(each, dict | list) for each in rows[0].values()):
                self.add((*steps, KEYS), rows)
        for name, each in inner:
            if not data and name in OFTEN_ALONE and isinstance(each, dict):
                self.add((*steps, name, ITEMS), [each])
            self.look(each, (*steps, KEYS if data else name))

    def _look_at_array(self, value: list[object], steps: Steps) -> None:
        some = value[:LOOKED_AT]
        if objects := [item for item in some if isinstance(item, dict)]:
            self.add(steps, objects)
        elif some and all(isinstance(item, str) for item in some) and any(map(is_prose, some)):
            self.add(steps, [{"": item} for item in some])
        for item in some:
            self.look(item, steps)

    def add(self, steps: Steps, rows: Iterable[Mapping[str, object]]) -> None:
        """Count what some rows of a place hold."""
        place = self.places.setdefault(steps, Place(steps))
        for row in rows:
            place.text += longest_text(row)
            place.reviews |= any(OWN_TEXT.fullmatch(name) and is_prose(row[name]) for name in islice(row, 50))
            place.named |= any(REVIEW_WORDS.search(name[:100]) for name in (place.name, *islice(row, 50)))

    def best(self) -> Place | None:
        """The place of the reviews; of two nearly as good ones, the one that is less deep."""
        best: Place | None = None
        whole = {place.steps for place in self.places.values() if place.reviews}
        for place in sorted(self.places.values(), key=lambda place: len(place.steps)):
            within = any(place.steps[:n] in whole for n in range(1, len(place.steps)))
            if best is None or (not within and place.score > BETTER * best.score):
                best = place
        return best


def is_prose(value: object) -> bool:
    """Whether this is a text that people write to each other: no id, and no address."""
    return isinstance(value, str) and not value.startswith("http") and (" " in value or not value.isascii())


def longest_text(value: object, depth: int = 0) -> int:
    """Characters of the longest text in an object; what stands in its arrays does not count."""
    if isinstance(value, dict) and depth < DEEPEST:
        return max((longest_text(inner, depth + 1) for inner in value.values()), default=0)
    return len(value) if isinstance(value, str) and is_prose(value) else 0


def keys_are_data(value: Mapping[str, object]) -> bool:
    """Whether the keys of an object are ids or days, and not names: what they lead to is alike."""
    values = list(islice(value.values(), 20))
    if any(NAMES.fullmatch(name[:100]) for name in islice(value, 20)):
        return False
    if not values or (len(values) == 1 and NAME.fullmatch(next(iter(value)))):
        return False
    if not all(isinstance(inner, list) for inner in values) and not all(
        isinstance(inner, dict) for inner in values
    ):
        return False
    shapes = [shape for inner in values if (shape := _shape(inner))]
    return bool(shapes) and all(2 * len(shape & shapes[0]) > len(shape | shapes[0]) for shape in shapes)


def _shape(value: object) -> set[str]:
    """The names in an object, or in the first object of an array; nothing for what is empty."""
    if isinstance(value, list):
        first = next((item for item in value if isinstance(item, dict)), None)
        if first is None:
            return {"texts" if any(map(is_prose, value)) else "values"} if value else set()
        value = first
    return set(value) if isinstance(value, dict) else set()


def is_by_columns(values: Sequence[object]) -> bool:
    """Whether these are columns, as pandas writes them: objects with numbers as keys, or equal lists."""
    if len(values) != 1 or not isinstance(values[0], dict) or len(values[0]) < 2:
        return False
    columns = list(values[0].values())
    if all(isinstance(column, list) for column in columns):
        cells = [cell for column in columns for cell in column[:LOOKED_AT]]
        plain = cells and not any(isinstance(cell, dict | list) for cell in cells)
        return bool(plain) and len({len(column) for column in columns}) == 1 and not keys_are_data(values[0])
    return all(
        isinstance(column, dict) and "0" in column and not isinstance(column["0"], dict | list)
        for column in columns
    )
