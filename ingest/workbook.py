"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS) as tables of text: one sheet of them.

They are opened by `ingest.sheet_cells` in a process of its own, whose memory is limited. Memory here: some
rows; there, all cells of the sheet.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from ingest.delimited import looks_like_a_row, names_of
from ingest.records import NoTable, Options, Record, Table, require_few
from ingest.rows import LONGEST_ROW, BadRow
from ingest.source import MOST_TIMES, UNPACKED_FREELY, ZIP, zip_parts

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how XLS begins, and what has a password
MOST_UNPACKED = 1 << 30  # bytes
MEMORY = 512 << 20  # bytes of addresses, with Python itself; and so many times the file's size:
MEMORY_TIMES = 60
MOST_MEMORY = 6 << 30
ROWS_TO_HEADER = 1_000  # that may stand above the table


def is_workbook(start: bytes) -> bool:
    """Whether a file that begins so may be a workbook; a zip that holds a table is unpacked before."""
    return start.startswith((OLE, *ZIP))


def workbook_table(file: IO[bytes], options: Options) -> Table:
    """The table in a sheet: the first with text, or the one that is told; `line` is the sheet's row."""
    kind, size = _kind_and_size(file)
    sheet = _Sheet(file, size, options.path or "")
    first: tuple[int, list[str]] | None = None
    for number, cells in enumerate(sheet.rows(), start=1):
        filled = sum(map(bool, cells))
        if filled > 1 or (filled and first is None):
            first = number, cells
        if filled > 1 or number == ROWS_TO_HEADER:
            break
    if first is None:
        raise NoTable(1, f"nothing in the sheet '{sheet.name}'", "a header with the names of the columns")
    line, fields = first[0], [cell.strip() for cell in first[1]]
    if options.header:
        while not fields[-1]:
            fields.pop()
    columns = require_few(names_of(fields, options.header), line)

    def rows() -> Iterator[Record | BadRow]:
        for number, cells in enumerate(sheet.rows(), start=1):
            if number < line + options.header or not any(cells):
                continue
            if sum(map(len, cells)) > LONGEST_ROW:
                yield BadRow(number, "a longer row", f"at most {LONGEST_ROW:,} characters")
            else:
                # Notes may stand beside a table.
                yield Record(number, dict(zip(columns, cells, strict=False)))

    seems = looks_like_a_row(fields) if options.header else None
    return Table(
        f"{kind}, sheet '{sheet.name[:60]}'", columns, rows, line, "row", seems,
        "" if options.path else _not_read(sheet.others),
    )  # fmt: skip


def _not_read(sheets: Sequence[str]) -> str:
    if not sheets:
        return ""
    names = ", ".join(f"'{name[:60]}'" for name in sheets[:10]) + (" and more" if sheets[10:] else "")
    return f"of the workbook one sheet is read, and not {names}; --path SHEET reads another"


def _kind_and_size(file: IO[bytes]) -> tuple[str, int]:
    """What workbook this is; its unpacked size. Raises NoTable for one that would unpack to too much."""
    file.seek(0)
    start = file.read(len(OLE))
    size = file.seek(0, 2)
    if start == OLE:
        return "XLS", size
    file.seek(0)
    parts = zip_parts(file)
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED or unpacked > UNPACKED_FREELY + MOST_TIMES * size:
        found = f"a workbook that unpacks to {unpacked:,} bytes"
        raise NoTable(0, found, f"at most {MOST_UNPACKED:,}, and {MOST_TIMES} times its size")
    names = {part.filename for part in parts}
    if "mimetype" in names:
        return "ODS", unpacked
    if "word/document.xml" in names:
        raise NoTable(0, "a text document of Word", "a table; copy it to a spreadsheet")
    return ("XLSB" if "xl/workbook.bin" in names else "XLSX"), unpacked


class _Sheet:
    """One sheet of a workbook, whose rows can be read again."""

    def __init__(self, file: IO[bytes], size: int, told: str) -> None:
        self._file = file
        self._memory = min(MEMORY + MEMORY_TIMES * size, MOST_MEMORY)
        self.name = told
        self.others: list[str] = []

    def rows(self) -> Iterator[list[str]]:
        """The cells of each row as text, from the first row of the sheet on."""
        program = Path(__file__).with_name("sheet_cells.py")
        process = subprocess.Popen(
            [sys.executable, "-I", str(program), self.name, str(self._memory)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdin is not None and process.stdout is not None
        try:
            self._file.seek(0)
            # It reads all of it before it writes anything.
            with suppress(BrokenPipeError), process.stdin as stdin:
                shutil.copyfileobj(self._file, stdin)
            size = self._file.tell()
            count = self._begin(process.stdout.readline())
            for number, line in enumerate(process.stdout):
                # Nothing is read of the file now, and whoever shows how far it is looks there.
                self._file.seek(size * number // max(count, 1))
                yield json.loads(line)
            self._file.seek(size)
            if process.wait():
                raise _too_large()
        except json.JSONDecodeError:  # a line that is cut off
            raise _too_large() from None
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def _begin(self, line: bytes) -> int:
        """Take in what the program says first; returns the number of rows."""
        said: dict[str, Any] = json.loads(line or b"x")
        if "password" in said:
            raise NoTable(0, "a workbook with a password", "one without; save it again without, or as CSV")
        if "damaged" in said:
            found = f"a damaged workbook ({said['damaged']})"
            raise NoTable(0, found, "a whole one; save it again, or as CSV")
        if "sheets" in said:
            names = ", ".join(f"'{name[:60]}'" for name in said["sheets"])
            found = f"no sheet '{self.name}'" if self.name else "no sheet"
            raise NoTable(0, found, f"one of {names}" if names else "a workbook with a sheet")
        self.name = said["sheet"]
        self.others = said["others"]
        return int(said["rows"])


def _too_large() -> NoTable:
    return NoTable(0, "a workbook that needs more memory than its size tells", "a sheet saved as CSV")
