"""JSON text as a stream: values that are read one by one from a text of any length.

Knows the syntax of JSON through Python's `json`, so numbers, NaN and names that come twice are as there.
Memory: one value, of LONGEST_ROW characters at most.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from ingest.records import DEEPEST, NoTable
from ingest.rows import BLOCK, LONGEST_ROW

DECODER = json.JSONDecoder()
LOOKING = json.JSONDecoder(parse_int=float)  # which takes numbers of any length
SPACE = re.compile(r"[ \t\n\r\ufeff]*")
# What matters for where a value ends: strings as a whole, brackets, and quotes that are not closed here.
# Possessive (`*+`): a long string takes no memory for ways back into it.
IN_STRING = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
TOKEN = re.compile(rf'"{IN_STRING.pattern}"|[\[\]{{}},"]', re.DOTALL)
NEAR = 16  # characters before the end of what is read: there a value may seem wrong because it is cut


@dataclass(slots=True)
class NoValue(Exception):
    """A value that cannot be had as a whole; `JsonText.skip` gets past it."""

    found: str
    expected: str


TOO_LONG = "a longer value", f"at most {LONGEST_ROW:,} characters"
TOO_DEEP = "values within values, too deep", f"at most {DEEPEST} levels"


class JsonText:
    """A text that is read from its beginning to its end. Raises NoTable where it is not JSON."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._buffer = ""
        self._at = 0
        self._ended = False
        self._lines_before = 0

    @property
    def line(self) -> int:
        """The line where the next value begins."""
        return self._lines_before + self._buffer.count("\n", 0, self._at) + 1

    def peek(self) -> str:
        """The next character that is not a blank; nothing at the end."""
        while True:
            match = SPACE.match(self._buffer, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def take(self, character: str) -> None:
        """Read this one character."""
        found = self.peek()
        if found != character:
            raise self._damaged(f"{found!r} instead of {character!r}" if found else "its end is missing")
        self._at += 1

    def members(self) -> Iterator[str]:
        """The names in an object; whoever iterates reads the value after each."""
        self.take("{")
        while self.peek() != "}":
            name = self.value()
            if not isinstance(name, str):
                raise self._damaged("a name that is no text")
            self.take(":")
            yield name
            if self.peek() != "}":
                self.take(",")
        self.take("}")

    def items(self) -> Iterator[None]:
        """Once for each value in an array; whoever iterates reads it."""
        self.take("[")
        while self.peek() != "]":
            yield
            if self.peek() != "]":
                self.take(",")
        self.take("]")

    def value(self) -> object:
        """The next value as a whole. Raises NoValue."""
        self.peek()
        while True:
            read = len(self._buffer) - self._at
            try:
                value, end = DECODER.raw_decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                if error.pos + NEAR < len(self._buffer) and not error.msg.startswith("Unterminated"):
                    self._at = error.pos
                    raise self._damaged(error.msg) from None
                if read > LONGEST_ROW:
                    raise NoValue(*TOO_LONG) from None
                if not self._more(read):
                    raise self._damaged(error.msg) from None
                continue
            except RecursionError:
                raise NoValue(*TOO_DEEP) from None
            except ValueError as error:  # an integer of thousands of digits
                raise NoValue(f"a value that is none ({error})", "a number that can be read") from None
            # A number may go on in what was not read yet.
            if end < len(self._buffer) or not self._more():
                if end - self._at > LONGEST_ROW:
                    raise NoValue(*TOO_LONG)
                self._at = end
                return value

    def skip(self) -> None:
        """Get past the next value, however long and deep it is."""
        first = self.peek()
        if first not in "{[" or not first:
            if first == '"':
                self._at += 1
                self._skip_string()
            else:
                self.value()
            return
        depth = 0
        while True:
            match = TOKEN.search(self._buffer, self._at)
            if match is None:
                self._at = len(self._buffer)
                if not self._more():
                    raise self._damaged("its end is missing")
                continue
            self._at = match.end()
            token = match[0]
            if token == '"':
                self._skip_string()
            elif token in "{[":
                depth += 1
            elif token in "]}":
                depth -= 1
                if not depth:
                    return

    def _skip_string(self) -> None:
        """Get past the rest of a string."""
        while True:
            match = IN_STRING.match(self._buffer, self._at)
            self._at = match.end() if match else self._at
            if self._buffer.startswith('"', self._at):
                self._at += 1
                return
            if not self._more():
                raise self._damaged("its end is missing")

    def _more(self, least: int = 0) -> bool:
        """Read on, at least as much as there is; False at the end."""
        block = "" if self._ended else self._text.read(max(BLOCK, least))
        if not block:
            self._ended = True
            return False
        self._lines_before += self._buffer.count("\n", 0, self._at)
        self._buffer = self._buffer[self._at :] + block
        self._at = 0
        return True

    def _damaged(self, why: str) -> NoTable:
        return NoTable(self.line, f"damaged JSON ({why})", "a whole file")


def beginning_of(text: str, complete: bool) -> list[object]:
    """The values that a text begins with, as far as they can be read together. Raises ValueError.

    The last one is cut where the text is, if it is not `complete`, or where it becomes too deep.
    """
    values: list[object] = []
    at = 0
    while (start := SPACE.match(text, at)) and start.end() < len(text):
        at = start.end()
        try:
            value, at = LOOKING.raw_decode(text, at)
        except ValueError:
            if complete:
                raise
            value, at = json.loads(_closed(text[at:])), len(text)
        except RecursionError:
            value, at = json.loads(_closed(text[at:])), len(text)
        values.append(value)
    return values


def _closed(text: str) -> str:
    """The text up to the last value that is whole, with the brackets that close what is open there."""
    end, closing, open_brackets = 0, "", ""
    for match in TOKEN.finditer(text):
        token = match[0]
        if token in "{[":
            if len(open_brackets) == 2 * DEEPEST:
                break
            open_brackets = ("}" if token == "{" else "]") + open_brackets
            end, closing = match.end(), open_brackets
        elif token in "]}":
            open_brackets = open_brackets[1:]
        elif token == ",":
            end, closing = match.start(), open_brackets
        elif token == '"':
            break
    return text[:end] + closing
