"""Patience with a database that is away: what may wait is done when it is back, and done once.

Knows time and transactions; knows no table.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from psycopg2.errors import InvalidParameterValue
from psycopg2.extensions import connection as Connection

from config.errors import DatabaseAway, DatabaseError
from database.connection import Database

T = TypeVar("T")

WAIT_S = 120.0
# Between two attempts: soon at first, for a server that is only started anew; then ever more rarely.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
# The first version of PostgreSQL whose log can be flushed before a transaction ends.
FLUSHES_SINCE = 17_00_00


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits for a database so many `seconds`, from when it is first missed; `tell` is told in sentences."""

    tell: Callable[[str], object] = lambda sentence: None
    seconds: float = WAIT_S

    def repeat(self, work: Callable[[], T]) -> T:
        """What `work` returns, which is tried again while it raises DatabaseAway, and raises it in the end.

        `work` must be safe to repeat: it reads, or does the same however often it is done.
        """
        missed: float | None = None
        pause = FIRST_PAUSE_S
        while True:
            try:
                result = work()
            except DatabaseAway as error:
                now = time.monotonic()
                if missed is None:
                    missed = now
                    self.tell(f"{error} It is tried again for {self.seconds:.0f} s.")
                left = missed + self.seconds - now
                if left <= 0:
                    raise
                time.sleep(min(pause, left))
                pause = min(2 * pause, LONGEST_PAUSE_S)
            else:
                if missed is not None:
                    self.tell(f"The database is back after {time.monotonic() - missed:.0f} s.")
                return result

    def transact(self, database: Database, work: Callable[[Connection], T]) -> T:
        """What `work` returns, in a transaction that is tried again while the database is away.

        It is carried out once: where the connection was lost while it was committed, the server is asked.
        What else `work` does must be safe to repeat. Raises DatabaseAway in the end, and what `work` does.
        """
        return self.repeat(_Once(database, work).attempt)

    def transact_once(self, database: Database, work: Callable[[Connection], T]) -> T:
        """What `work`, which cannot be repeated, returns, in a transaction that is attempted once.

        Where the connection was lost while it was committed, the server is asked. Raises DatabaseAway, which
        says whether anything was changed, as far as that can be told, and what `work` does.
        """
        transaction = _Once(database, work)
        try:
            return transaction.attempt()
        except DatabaseAway as lost:
            try:
                settled = self.repeat(transaction.settled)
            except DatabaseAway as error:
                raise DatabaseAway(f"{error} Either all was changed, or nothing.") from error
            if settled is None:
                raise DatabaseAway(f"{lost} Nothing was changed.") from lost
            return settled[0]


class _Once(Generic[T]):
    """A transaction that may be attempted again until one attempt is known to be committed."""

    def __init__(self, database: Database, work: Callable[[Connection], T]) -> None:
        self._database = database
        self._work = work
        # Of the attempt whose end was not heard: the server's number for it, and what came of it.
        self._unheard: tuple[str, T] | None = None

    def attempt(self) -> T:
        if settled := self.settled():
            return settled[0]
        self._unheard = None
        with self._database.connection() as connection:
            result = self._work(connection)
            # None if nothing was written: then it does not matter what became of it.
            if number := _one(connection, "SELECT pg_current_xact_id_if_assigned()::text"):
                _write_down(connection)
                self._unheard = (str(number), result)
        return result

    def settled(self) -> tuple[T] | None:
        """What came of the attempt whose end was not heard: its result, or None if it was not committed."""
        if self._unheard is None:
            return None
        number, result = self._unheard
        return (result,) if self._committed(number) else None

    def _committed(self, number: str) -> bool:
        try:
            with self._database.connection() as connection:
                status = _one(connection, "SELECT pg_xact_status(%s::xid8)", number)
        except DatabaseError as error:
            # A server that was killed forgets the numbers of which nothing had reached its disk.
            if isinstance(error.__cause__, InvalidParameterValue):
                return False
            raise
        if status == "in progress":
            raise DatabaseAway(
                "The database has not noticed yet that a connection was lost. Wait, and try again."
            )
        return status == "committed"


def _write_down(connection: Connection) -> None:
    """Have the server put on its disk that there is this transaction.

    One that was killed before it did would give the transaction's number to another one.
    """
    if connection.info.server_version >= FLUSHES_SINCE:
        _one(connection, "SELECT pg_logical_emit_message(false, 'reviewduel', '', true)::text")


def _one(connection: Connection, statement: str, *values: object) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
        return row[0] if row else None
