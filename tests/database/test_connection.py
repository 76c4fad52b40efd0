"""Connections: one transaction at a time, and errors that say what and where, but no password."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from psycopg2.extensions import make_dsn, parse_dsn
from pydantic import SecretStr

from config import Settings
from config.errors import ConfigError, DatabaseAway, DatabaseError
from database import Database
from database.connection import MOST_CONNECTIONS


def values(database: Database, statement: str) -> list[object]:
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()]


def test_a_block_is_a_transaction(any_database: Database) -> None:
    with any_database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO product (product_id) VALUES ('kept')")
    with (
        pytest.raises(ZeroDivisionError),
        any_database.connection() as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("INSERT INTO product (product_id) VALUES ('lost')")
        raise ZeroDivisionError
    assert values(any_database, "SELECT product_id FROM product") == ["kept"]


def test_what_connections_are_set_to(any_database: Database) -> None:
    assert values(any_database, "SHOW timezone") == ["UTC"]
    assert values(any_database, "SHOW application_name") == ["reviewduel"]


def test_errors_are_ours_and_the_connection_is_good_afterwards(any_database: Database) -> None:
    with pytest.raises(DatabaseError, match='relation "nowhere" does not exist'):
        values(any_database, "SELECT * FROM nowhere")
    assert values(any_database, "SELECT 1") == [1]


def test_a_connection_lost_while_idle_is_not_noticed(any_database: Database) -> None:
    (process,) = values(any_database, "SELECT pg_backend_pid()")
    other = Database(any_database._dsn, "the same")
    values(other, f"SELECT pg_terminate_backend({process}, 5000)")
    other.close()
    assert values(any_database, "SELECT 1") == [1]


def test_a_connection_lost_in_use_is_an_error_once(any_database: Database) -> None:
    with pytest.raises(DatabaseError, match="connection"):
        values(any_database, "SELECT pg_terminate_backend(pg_backend_pid())")
    assert values(any_database, "SELECT 1") == [1]


def test_more_threads_than_connections_wait(database: Database) -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    def work(_: int) -> object:
        nonlocal at_once, most
        with database.connection() as connection, connection.cursor() as cursor:
            with lock:
                at_once += 1
                most = max(most, at_once)
            cursor.execute("SELECT 1 FROM pg_sleep(0.02)")
            with lock:
                at_once -= 1
            return cursor.fetchall()

    with ThreadPoolExecutor(3 * MOST_CONNECTIONS) as threads:
        assert list(threads.map(work, range(4 * MOST_CONNECTIONS))) == [[(1,)]] * 4 * MOST_CONNECTIONS
    assert most == MOST_CONNECTIONS


def test_after_closing(database: Database) -> None:
    values(database, "SELECT 1")
    with database.connection() as connection:
        database.close()
        assert not connection.closed
    assert connection.closed
    with pytest.raises(DatabaseError, match="was closed"):
        values(database, "SELECT 1")


def test_closing_while_another_takes_a_connection(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.connection() as connection:
        pass
    take = database._idle.get_nowait
    taken: list[object] = []

    def while_another_takes_one() -> object:
        got = take()
        if not taken:
            taken.append(take())
        return got

    monkeypatch.setattr(database._idle, "get_nowait", while_another_takes_one)
    database.close()
    assert connection.closed
    assert database._idle.qsize() == MOST_CONNECTIONS - len(taken)


def test_libpqs_variables(any_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = parse_dsn(any_database._dsn)
    variables = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD"}
    for part, variable in {**variables, "dbname": "PGDATABASE"}.items():
        if part in parts:
            monkeypatch.setenv(variable, parts[part])
    with Database.open(Settings(home=tmp_path)) as database:
        assert values(database, "SELECT current_database()") == [parts["dbname"]]
        assert "PG variables" in repr(database)


def test_a_wrong_password_is_not_shown(tcp_cluster: Any, tmp_path: Path) -> None:
    parts = parse_dsn(tcp_cluster.dsn)
    wrong = "hunter2/&@:%"
    url = f"postgresql://{parts['user']}:{quote(wrong, safe='')}@127.0.0.1:{parts['port']}/postgres"
    with pytest.raises(DatabaseError, match="password authentication failed") as caught:
        Database.open(Settings(home=tmp_path, database_url=SecretStr(url)))
    assert f"127.0.0.1:{parts['port']}, database postgres" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_right_password_is_not_shown(tcp_cluster: Any, tmp_path: Path) -> None:
    url = make_dsn(tcp_cluster.dsn, dbname="migrated")
    with Database.open(Settings(home=tmp_path, database_url=SecretStr(url))) as database:
        assert "s3cret" not in repr(database)
        with pytest.raises(DatabaseError) as caught:
            values(database, "SELECT 1/0")
        assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2/x@example.org/reviews",
        "postgresql://me:1/hunter2@example.org/reviews",
        "postgresql://me:x@hunter2@example.org/reviews",
        "postgresql://me:hunter2%zz@example.org/reviews",
        "postgresql+psycopg2://me:hunter2@example.org/reviews",
        "postgresql://me:hunter2@\udcff.org/reviews",
        "hunter2",
        "",
    ],
)
def test_a_url_that_is_none(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"REVIEWDUEL_DATABASE_URL .*percent-encoded") as caught:
        Database.open(Settings(home=tmp_path, database_url=SecretStr(url)))
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_nobody_listens(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"postgresql://me:hunter2@127.0.0.1:{port}/reviews"
    with pytest.raises(
        DatabaseError, match=f"127.0.0.1:{port}, database reviews .*Connection refused"
    ) as caught:
        Database.open(Settings(home=tmp_path, database_url=SecretStr(url)))
    assert "hunter2" not in str(caught.value)


def test_what_is_lost_and_what_is_refused_are_told_apart(any_database: Database) -> None:
    with pytest.raises(DatabaseAway, match="Check that it runs"):
        values(any_database, "SELECT pg_terminate_backend(pg_backend_pid())")
    for refused in ("SELECT 1/0", "SET statement_timeout = 1; SELECT pg_sleep(1)"):
        with pytest.raises(DatabaseError) as caught:
            values(any_database, refused)
        assert not isinstance(caught.value, DatabaseAway)
        assert "Check that it runs" not in str(caught.value)


def test_an_end_without_a_word_is_noticed(any_database: Database) -> None:
    with any_database.connection() as connection:
        by_tcp = connection.info.host.startswith("127")
    assert values(any_database, "SHOW tcp_keepalives_idle") == ["30" if by_tcp else "0"]
