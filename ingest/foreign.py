"""Files that are no tables, told by how they begin: what they are, and what to do. Knows no table."""

import re

from ingest.records import NoTable
from ingest.source import PACKERS, ZIP

EXPORT = "a table; export it as CSV, XLSX or Parquet"
# How binary files begin, what they are called, and the remedy.
MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF", "a table; ask for the file that it was made of, or copy its table to a spreadsheet"),
    (b"Rar!\x1a\x07", "a RAR archive", "a table; unpack it (`unrar x FILE`), and name the file in it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "a table; unpack it (`7z x FILE`), and name the file in it"),
    (b"SQLite format 3\0", "an SQLite database",
     "a table; `sqlite3 -header -csv FILE 'select * from TABLE' > reviews.csv` writes one"),
    (b"\x89PNG", "an image", "text"), (b"\xff\xd8\xff", "an image", "text"), (b"GIF8", "an image", "text"),
    (b"RIFF", "an image or a recording", "text"),
    (b"\x1f\x9d", "a file packed with compress", "one that is unpacked (`uncompress FILE`)"),
    (b"\x89HDF\r\n", "an HDF5 file", EXPORT), (b"\x93NUMPY", "a NumPy array", EXPORT),
    (b"ARROW1", "an Arrow file", "a table; save it as Parquet"), (b"FEA1", "a Feather file", EXPORT),
    (b"Obj\x01", "an Avro file", EXPORT), (b"ORC", "an ORC file", EXPORT),
    (b"RDX2\n", "an R workspace", EXPORT), (b"RDX3\n", "an R workspace", EXPORT),
    (b"bplist00", "a property list of macOS", EXPORT),
    (b"\0\5\x16\7", "what macOS notes beside a file", "the file itself, whose name has no '._' before it"),
    (b"\x7fELF", "a program", "text"), (b"MZ\x90\0", "a program", "text"),
    (b"version https://git-lfs.github.com/", "a Git LFS pointer, which stands for the file",
     "the file itself; `git lfs pull` fetches it"),
)  # fmt: skip
PICKLE = re.compile(rb"\x80[\x02-\x05]")
TAR = slice(257, 262)  # where it says "ustar"
SQL = re.compile(
    # Possessive (`*+`): what was passed once is not tried again.
    r"(?:--[^\n]*\n|/\*.*?\*/|(?:SET|USE|BEGIN|START|PRAGMA|LOCK|DROP)\b[^;]{0,500};|\s++)*+"
    r"(?:CREATE\s+(?:TABLE|DATABASE)|INSERT\s+INTO|COPY\s+\S+\s*\()",
    re.IGNORECASE | re.DOTALL,
)
PYTHON = re.compile(r"\s*\[?\s*\{\s*u?'")
TO_JSON = 'python -c "import ast, json, sys; [print(json.dumps(ast.literal_eval(r))) for r in sys.stdin]"'
MARKUP = re.compile(
    r"\s*(<!doctype html|<html|<head|<body|<!--.{0,500}?-->\s*<(!doctype )?html)", re.I | re.S
)
XML = re.compile(r"\s*<\?xml\b|\s*<\w+(\s+\w+=\"[^\"]*\")*\s*/?>\s*<", re.IGNORECASE)
NOTEBOOK = re.compile(r'\s*\{\s*"(cells|nbformat)"\s*:')


def require_no_known_file(start: bytes, name: str) -> None:
    """Raises NoTable for a binary file that is known, and holds no table."""
    if name.startswith(("~$", ".~lock.")):
        raise NoTable(0, "the lock file of an open workbook", "the workbook itself; close it, and name it")
    for magic, what, remedy in MAGIC:
        if start.startswith(magic):
            raise NoTable(0, what, remedy)
    if start[TAR] == b"ustar":
        raise NoTable(0, "a tar archive", "a table; unpack it (`tar -xf FILE`), and name the file in it")
    if PICKLE.match(start) and b"\n" not in start[:2]:
        raise NoTable(0, "a pickle of Python, which may do harm when it is opened", EXPORT)


def require_unpacked(start: bytes) -> None:
    """Raises NoTable for a packed file in a packed file."""
    if start.startswith((*ZIP, *(magic for magic, _ in PACKERS))):
        raise NoTable(0, "a packed file in a packed one", "one that is packed once; unpack the outer one")


def require_no_known_text(start: str) -> None:
    """Raises NoTable for a text that is known, and holds no table."""
    start = start[: 1 << 16]
    if not start.strip(" \t\r\n\0\x1a"):
        found = "nothing" if not start else "nothing but blanks" if not start.strip() else "nothing but zeros"
        raise NoTable(1, found, "a header with the names of the columns")
    if PYTHON.match(start):
        expected = f"JSON lines; `{TO_JSON} < FILE > reviews.jsonl` makes them"
        raise NoTable(1, "objects as Python writes them", expected)
    if MARKUP.match(start):
        raise NoTable(1, "a web page", "the file itself; download it again, signed in if need be")
    if XML.match(start):
        raise NoTable(1, "XML", "a table; open it with a spreadsheet, and save it as XLSX or CSV")
    if SQL.match(start):
        raise NoTable(1, "an SQL script", "a table; run it in a database, and export the table as CSV")
    if NOTEBOOK.match(start):
        raise NoTable(1, "a notebook", "the file that it reads")
