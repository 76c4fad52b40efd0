"""Upkeep of the tables after many rows were written, so that searches can read the indexes alone."""

from database import Database


def tidy(database: Database) -> None:
    """Record which pages all can see, and count anew; for the end of an ingest that wrote passages.

    Blocks nobody. Raises DatabaseError if the server cannot be reached.
    """
    with database.connection() as connection, connection.cursor() as cursor:
        connection.commit()  # VACUUM runs outside any transaction
        connection.autocommit = True
        try:
            cursor.execute("VACUUM (ANALYZE) passage")
            cursor.execute("VACUUM (ANALYZE) review")
        finally:
            connection.autocommit = False
