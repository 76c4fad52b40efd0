"""How often a row without an id has been seen in this file: what tells repeated rows from a repeated reading.

Knows nothing of reviews. On disk, in SQLite's own temporary file, so that memory stays constant.
"""

import sqlite3

from config.errors import CannotWrite
from config.folders import OTHER_TMPDIR


class Occurrences:
    """Counts keys from 1, each on its own."""

    def __init__(self) -> None:
        # An empty name: a temporary database, on disk once it outgrows its cache.
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("CREATE TABLE seen (key BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID")

    def count(self, key: bytes) -> int:
        """The how-manieth time this is that the key was seen. Raises CannotWrite if there is no room."""
        try:
            (times,) = self._connection.execute(
                "INSERT INTO seen VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times",
                (key,),
            ).fetchone()
        except sqlite3.OperationalError as error:
            raise CannotWrite(
                f"The temporary file in which rows without an id are counted: {error}. {OTHER_TMPDIR}"
            ) from error
        return int(times)

    def close(self) -> None:
        """Forget all."""
        self._connection.close()
