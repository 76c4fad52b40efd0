"""What may wait for the database is done when it is back, and done once."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from config.errors import DatabaseAway, DatabaseError
from database import Database, Patience
from database.patience import _Once

INSERT = "INSERT INTO product (product_id) VALUES ('once')"


@contextmanager
def moment(seconds: float) -> Iterator[None]:
    """At least so long."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began >= seconds


def products(database: Database) -> int:
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT FROM product")
        return int(cursor.rowcount)


def insert(connection: Connection) -> str:
    with connection.cursor() as cursor:
        cursor.execute(INSERT + " RETURNING product_id")
        (inserted,) = cursor.fetchone() or ("nothing",)
        return str(inserted)


def cut(connection: Connection) -> None:
    """The server ends the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def failing(times: int, error: Callable[[], Exception]) -> Callable[[], int]:
    left = times

    def work() -> int:
        nonlocal left
        left -= 1
        if left >= 0:
            raise error()
        return left

    return work


def test_what_is_away_is_waited_for_and_told() -> None:
    told: list[str] = []
    patience = Patience(told.append)
    with moment(0.2 + 0.4):
        assert patience.repeat(failing(2, lambda: DatabaseAway("It is gone."))) == -1
    assert told[0] == "It is gone. It is tried again for 120 s."
    assert re.fullmatch(r"The database is back after \d s\.", told[1]) and len(told) == 2


def test_it_is_not_waited_for_ever() -> None:
    with moment(0.3), pytest.raises(DatabaseAway, match="gone"):
        Patience(seconds=0.3).repeat(failing(99, lambda: DatabaseAway("It is gone.")))


def test_what_the_server_refuses_is_not_tried_again() -> None:
    told: list[str] = []
    with pytest.raises(DatabaseError, match="No"):
        Patience(told.append).repeat(failing(1, lambda: DatabaseError("No.")))
    assert not told


def test_a_transaction_is_begun_anew(any_database: Database) -> None:
    attempts = 0

    def work(connection: Connection) -> str:
        nonlocal attempts
        attempts += 1
        inserted = insert(connection)
        if attempts == 1:
            cut(connection)
        return inserted

    assert Patience().transact(any_database, work) == "once"
    assert (attempts, products(any_database)) == (2, 1)


class Deaf:
    """A connection whose answer to a commit is lost, after the server has heard it, or before."""

    def __init__(self, connection: Connection, heard: bool) -> None:
        self._connection = connection
        self._heard = heard

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)

    def commit(self) -> None:
        if self._heard:
            self._connection.commit()
        else:
            cut(self._connection)
        self._connection.close()
        raise psycopg2.OperationalError("server closed the connection unexpectedly")


def lose_the_first_reply(database: Database, monkeypatch: pytest.MonkeyPatch, heard: bool) -> None:
    """The database's first connection is a Deaf one."""
    connect = database._connect
    made: list[object] = []

    def connect_once_badly() -> object:
        made.append(Deaf(connect(), heard) if not made else connect())
        return made[-1]

    monkeypatch.setattr(database, "_connect", connect_once_badly)


@pytest.mark.parametrize("heard", [True, False], ids=["it was committed", "it was not"])
def test_whether_it_was_committed_is_asked(
    heard: bool, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = 0

    def work(connection: Connection) -> str:
        nonlocal attempts
        attempts += 1
        return insert(connection)

    lose_the_first_reply(database, monkeypatch, heard)
    assert Patience().transact(database, work) == "once"
    assert (attempts, products(database)) == (1 if heard else 2, 1)


def test_what_cannot_be_repeated_is_attempted_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = 0

    def work(connection: Connection) -> str:
        nonlocal attempts
        attempts += 1
        return insert(connection)

    lose_the_first_reply(database, monkeypatch, heard=False)
    with pytest.raises(DatabaseAway, match=r"unexpectedly.* Nothing was changed\."):
        Patience().transact_once(database, work)
    assert (attempts, products(database)) == (1, 0)
    assert Patience().transact_once(database, work) == "once"


def test_who_waits_in_vain_for_what_came_of_it_hears_that_nobody_knows(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_the_first_reply(database, monkeypatch, heard=True)

    def unknown(self: _Once[str], number: str) -> bool:
        raise DatabaseAway("It is gone.")

    monkeypatch.setattr(_Once, "_committed", unknown)
    with pytest.raises(DatabaseAway, match=r"It is gone\. Either all was changed, or nothing\."):
        Patience(seconds=0).transact_once(database, insert)


def test_a_server_that_has_not_noticed_the_loss_is_asked_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    with database.connection() as other:
        insert(other)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()::text")
            (number,) = cursor.fetchone() or (None,)
        attempt = _Once(database, insert)
        attempt._unheard = (str(number), "of the other")
        with pytest.raises(DatabaseAway, match="not noticed"):
            attempt.attempt()
        threading.Timer(0.3, other.commit).start()
        assert Patience(told.append, seconds=5).repeat(attempt.attempt) == "of the other"
    assert products(database) == 1


def test_a_number_that_a_killed_server_forgot_was_not_committed(database: Database) -> None:
    attempt = _Once(database, insert)
    attempt._unheard = (str(2**40), "forgotten")
    assert attempt.attempt() == "once"
    assert products(database) == 1
