"""COPY, PostgreSQL's fastest way in, in its binary format. Knows the format and no table.

Binary, because a vector of some hundred numbers written as text takes longer than all the rest of a row.
"""

import io
import struct
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from pgvector import Vector
from psycopg2.extensions import cursor as Cursor
from psycopg2.sql import SQL, Identifier

from retriever.embedder import Vectors

START = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
END = struct.pack(">h", -1)
FIRST_DAY = date(2000, 1, 1).toordinal()  # PostgreSQL counts its days from there

Encoder = Callable[[Any], bytes]

BIGINT: Encoder = struct.Struct(">q").pack
INTEGER: Encoder = struct.Struct(">i").pack
DOUBLE: Encoder = struct.Struct(">d").pack
TEXT: Encoder = str.encode


def DATE(day: date) -> bytes:
    """The column type date."""
    return struct.pack(">i", day.toordinal() - FIRST_DAY)


def VECTOR(vector: Vectors) -> bytes:
    """The column type vector, of shape (dimension,)."""
    return Vector(vector).to_binary()


def copy_rows(
    cursor: Cursor, table: str, columns: Mapping[str, Encoder], rows: Iterable[Iterable[object]]
) -> None:
    """Append rows to a table: each row's values in the order of `columns`, None as NULL."""
    length = struct.Struct(">i").pack
    width = struct.pack(">h", len(columns))
    missing = length(-1)
    encoders = tuple(columns.values())
    parts = [START]
    for row in rows:
        parts.append(width)
        for encode, value in zip(encoders, row, strict=True):
            if value is None:
                parts.append(missing)
            else:
                field = encode(value)
                parts += (length(len(field)), field)
    parts.append(END)
    statement = SQL("COPY {} ({}) FROM STDIN WITH (FORMAT binary)").format(
        Identifier(table), SQL(", ").join(map(Identifier, columns))
    )
    cursor.copy_expert(statement, io.BytesIO(b"".join(parts)))
