"""The embedded server: shared, stopped by its last user, and robust against what a disk may hold."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from config import Settings
from config.errors import DatabaseError
from database import Database
from database.server import EmbeddedServer, run_binary

OPEN_AND_DIE = """
import os, sys
from pathlib import Path
from database.server import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def home_folder() -> Iterator[Path]:
    """Not pytest's own: another pytest would close that to PostgreSQL's user."""
    with tempfile.TemporaryDirectory(prefix="reviewduel-tests-") as folder:
        yield Path(folder)


def is_running(folder: Path) -> bool:
    return run_binary("pg_ctl", "status", "-D", folder, check=False) == 0


def test_the_last_user_stops_it(home_folder: Path) -> None:
    folder = home_folder / "a home with spaces" / "postgres"
    first, second = EmbeddedServer(folder), EmbeddedServer(folder)
    assert first.dsn == second.dsn
    first.stop()
    assert is_running(folder)
    second.stop()
    second.stop()
    assert not is_running(folder)


def test_a_killed_process_does_not_keep_it_running(home_folder: Path) -> None:
    folder = home_folder / "postgres"
    root = Path(__file__).parents[2]
    killed = subprocess.run([sys.executable, "-c", OPEN_AND_DIE, folder], cwd=root, check=False)
    assert killed.returncode == -9
    assert is_running(folder)
    EmbeddedServer(folder).stop()
    assert not is_running(folder)
    # After a power failure the file names a process that may by now be any other: here, this one.
    (folder / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}\n1\n5432\n{folder}\n\n1 1\nready\n")
    EmbeddedServer(folder).stop()


def test_a_long_home_and_the_default_of_the_settings(home_folder: Path) -> None:
    home = home_folder / f"long, {'x' * 120}"
    with Database.open(Settings(home=home)) as database:
        assert str(home) in repr(database)
        with database.connection() as connection, connection.cursor() as cursor:
            cursor.execute("SHOW listen_addresses")
            assert cursor.fetchall() == [("",)]
            assert not (socket_folder := Path(connection.info.host)).is_relative_to(home)
        assert is_running(home / "postgres")
    assert not is_running(home / "postgres")
    assert not socket_folder.exists()


def test_a_home_that_cannot_be(home_folder: Path) -> None:
    (home_folder / "file").write_text("")
    with pytest.raises(DatabaseError, match=r"did not start: .*REVIEWDUEL_HOME"):
        EmbeddedServer(home_folder / "file" / "postgres")


def test_a_failure_names_the_log(home_folder: Path) -> None:
    folder = home_folder / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("9\n")
    with pytest.raises(DatabaseError, match=r"postgres\.log"):
        EmbeddedServer(folder)


def test_only_a_socket_leads_in(home_folder: Path) -> None:
    server = EmbeddedServer(home_folder / "postgres")
    try:
        assert server.folder.stat().st_mode & 0o077 == 0
        psycopg2.connect(server.dsn).close()
    finally:
        server.stop()
