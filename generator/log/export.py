"""The answer log as CSV: one header, one line per answer; lists and objects as JSON.

No comments in it, for many readers know none: what the figures mean is in `generator.figures`.
"""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TextIO


def write_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], file: TextIO) -> None:
    """Write the rows as RFC 4180 has it, missing values as nothing."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    # A lone carriage return inside a field would end the line for some readers.
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value
