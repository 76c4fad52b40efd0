"""The program that reads a workbook and prints its rows as JSON, one array per line. Imports nothing of ours.

It runs by itself because a workbook of some hundred bytes can ask for any amount of memory, which ends the
program that opens it. Arguments: the sheet's name, or nothing; the bytes of memory it may take. The workbook
is its standard input. The first line it prints is an object: what sheet it is, or what is wrong.
"""

import datetime
import io
import json
import sys
from collections.abc import Iterable
from itertools import islice
from typing import Any

LOOKED_AT = 100  # rows of a sheet, while the one with a table is searched


def as_text(value: Any) -> str:
    """A cell as text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def holds_a_table(rows: Iterable[list[Any]]) -> bool:
    """Whether there is a text below a row with two cells."""
    header = False
    for row in islice(rows, LOOKED_AT):
        if header and any(isinstance(cell, str) and cell.strip() for cell in row):
            return True
        header = header or sum(cell != "" for cell in row) > 1
    return False


def limit_memory(most: int) -> None:
    """Let this process end, and not the machine's memory."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def main() -> None:
    """Print the rows."""
    told, most = sys.argv[1], int(sys.argv[2])
    limit_memory(most)
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    out = sys.stdout
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        names = book.sheet_names
        chosen = told
        if not told:
            tables = (name for name in names if holds_a_table(book.get_sheet_by_name(name).iter_rows()))
            chosen = next(tables, names[0] if names else "")
        if chosen not in names:
            print(json.dumps({"sheets": names[:100]}))
            return
        sheet = book.get_sheet_by_name(chosen)
        others = [name for name in names if name != chosen][:100]
        print(json.dumps({"sheet": chosen, "rows": sheet.total_height, "others": others}))
        for row in sheet.iter_rows():
            out.write(json.dumps([as_text(cell) for cell in row]) + "\n")
    except PasswordError:
        print(json.dumps({"password": True}))
    except (CalamineError, OSError, ValueError) as error:
        print(json.dumps({"damaged": " ".join(str(error).split())[:300]}))


if __name__ == "__main__":
    main()
