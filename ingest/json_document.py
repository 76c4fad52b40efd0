"""JSON as a table of text: one object per line, an array, or a document with the reviews somewhere in it.

What stands around the reviews, as their product, becomes columns too. Knows nothing of what columns mean.
Memory: some rows.
"""

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TextIO

from ingest.json_places import ITEMS, KEYS, Place, Steps, is_by_columns, place_of_reviews
from ingest.json_text import TOO_DEEP, JsonText, NoValue, beginning_of
from ingest.records import (
    DEEPEST,
    ROWS_TO_LEARN_COLUMNS,
    NoTable,
    Record,
    Table,
    columns_of,
    flattened,
    require_few,
)
from ingest.rows import LONGEST_ROW, BadRow, physical_lines

LINES_LOOKED_AT = 50
LONGEST_AROUND = 10_000  # characters of a value that stands around the reviews
MOST_AROUND = 100  # such values
TEXT = "text"  # the column of reviews that are texts and not objects
TURN_ROUND = "python -c \"import pandas; pandas.read_json('FILE').to_csv('reviews.csv')\""

OpenText = Callable[[], TextIO]
Around = dict[tuple[Steps, str], str]


def json_table(open_text: OpenText, start: str, complete: bool, told: str | None) -> Table:
    """The table in a text that begins with `start`, or is it. Raises NoTable.

    `told` is where the reviews are, in the user's words.
    """
    lines = _object_lines(start)
    values = lines or _values(start, complete)
    if told is None and is_by_columns(values):
        raise NoTable(1, "JSON with one object per column", f"one per review; `{TURN_ROUND}` turns it round")
    place = place_of_reviews(values, told, complete and not (lines and len(lines) > 1))
    if place is None:
        expected = "one JSON object per review, in an array or one per line"
        raise NoTable(1, "JSON without objects in an array", expected)
    if not lines or place.steps != (ITEMS,):
        return _document_table(open_text, place, bool(lines) and len(lines) > 1)
    return Table("JSON lines", columns_of(_first_lines(open_text())), lambda: _lines(open_text()))


def _object_lines(start: str) -> list[object]:
    """The objects that the first lines are, if the text is JSON lines."""
    if start.lstrip().startswith("["):
        return []
    lines = [line for line in islice(start.split("\n"), LINES_LOOKED_AT) if line.strip()]
    objects: list[object] = []
    for line in lines:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            objects.append(value)
    # Some may be bad, of a pretty-printed document nearly all are.
    return objects if 2 * len(objects) >= min(len(lines), 4) else []


def _values(start: str, complete: bool) -> list[object]:
    try:
        return beginning_of(start, complete)
    except json.JSONDecodeError as error:
        found = f"damaged JSON ({error.msg})"
        raise NoTable(error.lineno, found, "one whole document, or one JSON object per line") from None


def _first_lines(text: TextIO) -> Iterator[Record | BadRow]:
    length = 0
    for number, line in enumerate(islice(physical_lines(text), ROWS_TO_LEARN_COLUMNS), start=1):
        if line.strip():
            yield _parsed(number, line)
        length += len(line)
        if length > LONGEST_ROW:
            return


def _lines(text: TextIO) -> Iterator[Record | BadRow]:
    return (_parsed(number, line) for number, line in enumerate(physical_lines(text), 1) if line.strip())


def _parsed(number: int, line: str) -> Record | BadRow:
    if len(line) > LONGEST_ROW:
        return BadRow(number, "a longer line", f"at most {LONGEST_ROW:,} characters")
    try:
        value = json.loads(line)
    except RecursionError:
        return BadRow(number, *TOO_DEEP)
    except ValueError as error:
        return BadRow(number, f"a line that is no JSON ({error})", "one JSON object")
    if not isinstance(value, dict):
        return BadRow(number, f"a JSON {type(value).__name__}", "one JSON object")
    return _record(number, value, {})


def _record(number: int, value: object, around: dict[str, str]) -> Record | BadRow:
    if isinstance(value, str):
        return Record(number, {**around, TEXT: value})
    if not isinstance(value, dict):
        return BadRow(number, f"a JSON {type(value).__name__}", "a JSON object")
    try:
        return Record(number, {**around, **dict(flattened(value))})
    except RecursionError:
        return BadRow(number, *TOO_DEEP)


def _document_table(open_text: OpenText, place: Place, lines: bool) -> Table:
    """The table at a place in a document, or in each of several."""
    columns, names = _columns_at(place.steps, open_text)

    def rows() -> Iterator[Record | BadRow]:
        for number, (value, around) in enumerate(_at(JsonText(open_text()), place.steps), start=1):
            if isinstance(value, NoValue):
                yield BadRow(number, value.found, value.expected)
            else:
                known = {names[key]: text for key, text in around.items() if key in names}
                yield _record(number, value, known)

    where = f"reviews at {place.name}"
    if lines:
        kind = f"JSON lines, {where}"
    elif place.name == ".":
        kind = "JSON array" if ITEMS in place.steps[1:] else "JSON"
    else:
        kind = f"JSON, {where}"
    return Table(kind, require_few(columns), rows, unit="row")


def _columns_at(steps: Steps, open_text: OpenText) -> tuple[tuple[str, ...], dict[tuple[Steps, str], str]]:
    """The columns of the first rows, and how what stands around them is called."""
    inner: dict[str, None] = {}
    outer: dict[tuple[Steps, str], None] = {}
    length = 0
    text = JsonText(open_text())
    problem = NoValue("no JSON object", "one for each review")
    try:
        for value, around in islice(_at(text, steps), ROWS_TO_LEARN_COLUMNS):
            if isinstance(value, NoValue):
                problem = value
            elif isinstance(row := _record(1, value, {}), Record):
                outer.update(dict.fromkeys(around))
                inner.update(dict.fromkeys(row.values))
                length += sum(map(len, row.values.values()))
            if length > LONGEST_ROW:
                break
    except NoTable:
        if not inner:
            raise
    if not inner:
        raise NoTable(1, problem.found, problem.expected)
    names: dict[tuple[Steps, str], str] = {}
    taken = set(inner)
    for path, name in outer:
        names[path, name] = (
            name if name not in taken else ".".join((*path, name) if path else ("outer", name))
        )
        taken.add(names[path, name])
    return tuple(dict.fromkeys((*names.values(), *inner))), names


def _at(text: JsonText, steps: Steps) -> Iterator[tuple[object, Around]]:
    """The values at a place, or NoValue, each with what stands around it and before it."""
    while text.peek():
        yield from _within(text, steps[1:], {}, ())


def _within(text: JsonText, steps: Steps, around: Around, path: Steps) -> Iterator[tuple[object, Around]]:
    first = text.peek()
    if not steps:
        yield _value(text), around
    elif steps[0] == ITEMS and first == "[":
        for _ in text.items():
            yield from _within(text, steps[1:], around, path)
    elif steps[0] == ITEMS and first == "{":  # one alone, where others have an array
        yield from _within(text, steps[1:], around, path)
    elif steps[0] == ITEMS or first != "{":
        text.skip()
    elif steps[0] == KEYS:
        path = (*path, KEYS)
        for name in text.members():
            key = path, f"key {path.count(KEYS)}"
            yield from _within(text, steps[1:], {**around, key: name[:LONGEST_AROUND]}, path)
    else:
        around = dict(around)
        for name in text.members():
            if name == steps[0]:
                yield from _within(text, steps[1:], around, (*path, name))
            else:
                _note(text, name, around, path)


def _value(text: JsonText) -> object:
    try:
        return text.value()
    except NoValue as problem:
        text.skip()
        return problem


def _note(text: JsonText, name: str, around: Around, path: Steps) -> None:
    """Read a value that stands before the reviews, and keep it unless it is an array, or long."""
    if text.peek() == "[":
        text.skip()
        return
    value = _value(text)
    if isinstance(value, NoValue):
        return
    try:
        values = dict(flattened(_without_arrays({name: value})))
    except RecursionError:
        return
    for inner, each in values.items():
        if len(around) < MOST_AROUND and len(inner) + len(each) <= LONGEST_AROUND:
            around[path, inner] = each


def _without_arrays(value: dict[str, object], depth: int = 0) -> dict[str, object]:
    if depth > DEEPEST:
        raise RecursionError
    return {
        name: _without_arrays(inner, depth + 1) if isinstance(inner, dict) else inner
        for name, inner in value.items()
        if not isinstance(inner, list)
    }
