"""Blocks of `key: value` lines with an empty line after each, as a table of text.

Knows the format, which SNAP's Amazon data have; knows nothing of reviews. Memory: some rows.
"""

import re
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import TextIO

from ingest.records import Record, Table, columns_of
from ingest.rows import LONGEST_ROW, BadRow, physical_lines

BEGINNING = re.compile(r"\s*\w{1,40}/\w{1,40}: ")
LEARNT_FROM = 1_000  # blocks; the columns of the first ones are those of all


def begins_with_a_block(start: str) -> bool:
    """Whether a text that begins so holds blocks."""
    return BEGINNING.match(start) is not None


def block_table(open_text: Callable[[], TextIO]) -> Table:
    """The table in such a text."""
    columns = columns_of(islice(_rows(open_text()), LEARNT_FROM))
    return Table("blocks of lines, as of SNAP", columns, lambda: _rows(open_text()))


def _rows(text: TextIO) -> Iterator[Record | BadRow]:
    block: list[str] = []
    first = length = 0
    for number, line in enumerate(chain(physical_lines(text), [""]), start=1):
        if line.strip():
            first = number if not block else first
            length += len(line)
            if length <= LONGEST_ROW or not block:
                block.append(line.strip())
        elif block:
            if length > LONGEST_ROW:
                yield BadRow(first, "a longer block", f"at most {LONGEST_ROW:,} characters")
            else:
                yield _row(first, block)
            block, length = [], 0


def _row(line: int, block: list[str]) -> Record | BadRow:
    values: dict[str, str] = {}
    for text in block:
        name, colon, value = text.partition(":")
        if not colon or not name:
            return BadRow(line, f"the line '{text[:40]}'", "key: value")
        values[name] = value.strip()
    return Record(line, values)
