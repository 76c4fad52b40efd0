"""Migrations: once each, in order, by any number of processes; refused where they cannot be right."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from psycopg2.sql import SQL

from config.errors import DatabaseError
from database import Database
from database.migrate import known_migrations, migrate

OPEN = "import sys; from database import Database; Database(sys.argv[1], 'here').close()"


def query(dsn: str, statement: str) -> Any:
    connection = psycopg2.connect(dsn)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(SQL(statement))
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def test_the_files_are_numbered_without_gaps() -> None:
    assert [migration.number for migration in known_migrations()] == list(
        range(1, len(known_migrations()) + 1)
    )


def test_two_processes_at_once(embedded_cluster: Any) -> None:
    dsn = embedded_cluster.create()
    root = Path(__file__).parents[2]
    processes = [subprocess.Popen([sys.executable, "-c", OPEN, dsn], cwd=root) for _ in range(3)]
    assert [process.wait(30) for process in processes] == [0, 0, 0]
    expected = [(migration.number, migration.name) for migration in known_migrations()]
    assert query(dsn, "SELECT number, name FROM schema_migration ORDER BY number") == expected


def test_many_connections_at_once(embedded_cluster: Any) -> None:
    dsn, start = embedded_cluster.create(), threading.Barrier(8)

    def migrate_with_the_others(_: int) -> None:
        connection = psycopg2.connect(dsn)
        start.wait()
        migrate(connection)
        connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(migrate_with_the_others, range(8)))


def test_a_database_of_a_newer_program(embedded_cluster: Any) -> None:
    dsn = embedded_cluster.create_migrated()
    query(dsn, "INSERT INTO schema_migration (number, name) VALUES (9999, 'later')")
    with pytest.raises(DatabaseError, match="newer ReviewDuel: its schema has number 9999"):
        Database(dsn, "here")


def test_a_server_without_pgvector(tcp_cluster: Any) -> None:
    dsn = tcp_cluster.create()
    name = psycopg2.extensions.parse_dsn(dsn)["dbname"]
    query(dsn, f"ALTER DATABASE {name} SET extension_control_path = '/nonexistent'")
    with pytest.raises(DatabaseError, match=r"no pgvector\. Install it"):
        Database(dsn, "here")
    assert query(dsn, "SELECT to_regclass('schema_migration')") == [(None,)]


def test_a_failing_migration_leaves_nothing(embedded_cluster: Any) -> None:
    dsn = embedded_cluster.create()
    query(dsn, "CREATE TABLE passage ()")
    with pytest.raises(DatabaseError, match='"passage" already exists'):
        Database(dsn, "here")
    assert query(dsn, "SELECT to_regclass('review')") == [(None,)]


def test_a_reader_needs_no_right_to_create(tcp_cluster: Any) -> None:
    dsn = tcp_cluster.create_migrated()
    query(dsn, "CREATE ROLE guest LOGIN PASSWORD 'guest'")
    query(dsn, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest")
    Database(psycopg2.extensions.make_dsn(dsn, user="guest", password="guest"), "here").close()
