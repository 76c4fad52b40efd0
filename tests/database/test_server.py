"""The embedded server: shared, stopped by its last user, and robust against what a disk may hold."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from config import Settings
from config.errors import DatabaseAway, DatabaseError
from database import Database, Patience
from database.programs import ROOT_STAND_IN, run_binary
from database.server import EmbeddedServer

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
    # What somebody left behind who was killed while making it.
    (folder.parent / "postgres.making-before").mkdir(parents=True)
    first, second = EmbeddedServer(folder), EmbeddedServer(folder)
    assert first.dsn == second.dsn
    first.stop()
    assert is_running(folder)
    second.stop()
    second.stop()
    second.revive()
    assert not is_running(folder)
    assert [path for path in folder.parent.iterdir() if path.is_dir()] == [folder]


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


def test_a_server_whose_folder_was_deleted_is_not_in_the_way(home_folder: Path) -> None:
    folder = home_folder / ("a long name" * 9) / "postgres"  # so that its socket lies elsewhere
    subprocess.run([sys.executable, "-c", OPEN_AND_DIE, folder], cwd=Path(__file__).parents[2], check=False)
    left = postmaster_of(folder)
    shutil.rmtree(folder.parent)
    server = EmbeddedServer(folder)
    psycopg2.connect(server.dsn).close()
    assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE
    server.stop()


@pytest.mark.parametrize(
    "damage", [b"", b"\0" * 40, b"\xff\xfe\n", b"0\n", b"-\n", b"9" * 30 + b"\n", b"-999999\n"]
)
def test_a_lock_file_that_holds_anything_is_forgotten(damage: bytes, home_folder: Path) -> None:
    folder = home_folder / "postgres"
    folder.mkdir()
    server = object.__new__(EmbeddedServer)
    server.folder = folder
    lock = folder / "postmaster.pid"
    lock.write_bytes(damage)
    server._forget_others_pid(lock)
    assert not lock.exists() or damage == b"-999999\n"  # PostgreSQL itself forgets who is not there


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


def postmaster_of(folder: Path) -> psutil.Process:
    return psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))


def has_product(product_id: str, connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM product WHERE product_id = %s", (product_id,))
        return bool(cursor.rowcount)


def test_one_that_was_killed_is_started_again_by_the_next_transaction(home_folder: Path) -> None:
    with Database.open(Settings(home=home_folder)) as database:
        for killed in ("one of its processes", "all of it"):
            with database.connection() as connection, connection.cursor() as cursor:
                cursor.execute("INSERT INTO product (product_id) VALUES (%s)", (killed,))
                backend = psutil.Process(connection.info.backend_pid)
            victim = postmaster_of(home_folder / "postgres") if killed == "all of it" else backend
            victim.kill()
            psutil.wait_procs([backend], timeout=30)
            assert Patience(seconds=30).transact(database, partial(has_product, killed))
        with (
            pytest.raises(DatabaseAway, match=r"postgres: .* It is started again as soon as"),
            database.connection() as connection,
        ):
            psutil.Process(connection.info.backend_pid).kill()
            has_product(killed, connection)
    assert not is_running(home_folder / "postgres")


@pytest.mark.slow
def test_one_that_hangs_while_it_stops_is_ended_by_the_next(
    home_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home_folder / "postgres"
    server = EmbeddedServer(folder)
    # PostgreSQL 18 hangs where it is told to stop while it recovers.
    connection = psycopg2.connect(server.dsn)
    psutil.Process(connection.info.backend_pid).kill()
    connection.close()
    run_binary("pg_ctl", "stop", "-D", folder, "-m", "fast", "-W")
    monkeypatch.setattr("database.server.STOP_TIMEOUT_S", 2)
    again = EmbeddedServer(folder)
    psycopg2.connect(again.dsn).close()
    again.stop()
    server.stop()
    assert not is_running(folder)


def test_a_number_that_a_dead_server_keeps_is_no_server(home_folder: Path) -> None:
    """In a container whose first process never asks how its children ended, they keep their numbers."""
    folder = home_folder / "postgres"
    EmbeddedServer(folder).stop()
    program = home_folder / "bin" / "postgres"
    program.parent.mkdir()
    shutil.copy(shutil.which("true") or "", program)
    # As the user that the server runs as: others' processes it does not take for itself.
    with subprocess.Popen([program], user=ROOT_STAND_IN if os.geteuid() == 0 else None) as dead:
        os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
        assert psutil.Process(dead.pid).name() == "postgres"
        for lock in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (folder / lock).write_text(f"{dead.pid}\n{folder}\n1\n5432\n{folder}\n\n1 1\nready\n")
        server = EmbeddedServer(folder)
        psycopg2.connect(server.dsn).close()
        server.stop()
