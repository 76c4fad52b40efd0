"""Bring a database's schema up to date: the numbered SQL files in `migrations/`, each applied once.

Knows the order of the files and their lock; knows nothing of what they make.
"""

from dataclasses import dataclass
from importlib.resources import files

from psycopg2.errors import InsufficientPrivilege, InvalidSchemaName
from psycopg2.extensions import connection as Connection

from config.errors import DatabaseError
from database.pgvector import find_pgvector, make_pgvector

LOCK = 7_390_427  # any number, the same in every process


@dataclass(frozen=True, slots=True)
class Migration:
    """One file `NNNN_name.sql`."""

    number: int
    name: str
    sql: str


def known_migrations() -> list[Migration]:
    """The migrations that come with the program, in order."""
    found = [
        file for file in files("database").joinpath("migrations").iterdir() if file.name.endswith(".sql")
    ]
    return [
        Migration(int(file.name[:4]), file.name[5:-4], file.read_text(encoding="utf-8"))
        for file in sorted(found, key=lambda file: file.name)
    ]


def migrate(connection: Connection) -> None:
    """Apply what is missing, each migration in a transaction of its own.

    Any number of processes may do so at the same time. Raises DatabaseError if the database was made by a
    newer program, has no pgvector, or does not let our user make tables.
    """
    with connection:  # psycopg2: a transaction
        find_pgvector(connection)
        done = _applied_numbers(connection)
    known = known_migrations()
    if max(done, default=0) > known[-1].number:
        raise DatabaseError(
            f"The database is of a newer ReviewDuel: its schema has number {max(done)}, this program "
            f"knows up to {known[-1].number}. Install the newer program, or use another database."
        )
    for migration in known:
        if migration.number not in done:
            try:
                with connection:
                    _apply(connection, migration)
            except (InsufficientPrivilege, InvalidSchemaName) as error:
                raise DatabaseError(
                    f"The tables cannot be made: {' '.join(str(error).split())}. Use a database that this "
                    "user owns, or run `GRANT CREATE ON SCHEMA public TO` this user as its owner."
                ) from error


def _applied_numbers(connection: Connection) -> set[int]:
    with connection.cursor() as cursor:
        # Not to_regclass: it may answer from a cache of before the lock.
        cursor.execute(
            "SELECT FROM pg_tables WHERE tablename = 'schema_migration'"
            " AND schemaname = ANY (current_schemas(false))"
        )
        if cursor.rowcount == 0:
            return set()
        cursor.execute("SELECT number FROM schema_migration")
        return {number for (number,) in cursor}


def _apply(connection: Connection, migration: Migration) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        if migration.number in _applied_numbers(connection):  # another process was faster
            return
        make_pgvector(connection)
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration (number integer PRIMARY KEY,"
            " name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        cursor.execute(migration.sql)
        cursor.execute(
            "INSERT INTO schema_migration (number, name) VALUES (%s, %s)",
            (migration.number, migration.name),
        )
