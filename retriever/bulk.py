"""COPY, PostgreSQL's fastest way in. Knows the text format of COPY and no table."""

import io
from collections.abc import Iterable

from psycopg2.extensions import cursor as Cursor
from psycopg2.sql import SQL, Identifier

ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def copy_rows(cursor: Cursor, table: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Append rows to a table; each value as its `str`, None as NULL, columns in the table's order."""
    # The text format, not CSV: before PostgreSQL 18 a line `\.` inside a CSV field ended the data.
    text = "".join("\t".join(_field(value) for value in row) + "\n" for row in rows)
    cursor.copy_expert(SQL("COPY {} FROM STDIN").format(Identifier(table)), io.StringIO(text))


def _field(value: object) -> str:
    return r"\N" if value is None else str(value).translate(ESCAPES)
