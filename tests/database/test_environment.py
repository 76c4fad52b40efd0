"""The embedded server where paths, variables, users and memory are not the usual ones."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from config import Settings
from config.errors import DatabaseError
from database import Database, places, programs
from database.connection import LIBPQ_VARIABLES
from database.places import shared_memory
from database.server import EmbeddedServer

ROOT = Path(__file__).parents[2]
A_COMMAND = "a $(touch pwned) `touch pwned` 'b\" c; touch pwned \\"
OPEN = """
import importlib.readers, os, sys, zipfile  # where the other user may not read Python's own files
from config import Settings
from config.errors import DatabaseError
from database import Database
user, home = int(sys.argv[1]), sys.argv[2]
if user:
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
try:
    with Database.open(Settings(home=home)) as database, database.connection() as connection:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 'it ' || 'works'")
            print(*cursor.fetchone())
except DatabaseError as error:
    print(error)
"""
# Variables of libpq that are meant for another server, each with a value that this one cannot serve.
OF_ANOTHER_SERVER = {
    "PGAPPNAME": "other",
    "PGCHANNELBINDING": "require",
    "PGCLIENTENCODING": "nonsense",
    "PGCONNECT_TIMEOUT": "nonsense",
    "PGDATABASE": "other",
    "PGDATESTYLE": "nonsense",
    "PGGEQO": "nonsense",
    "PGGSSDELEGATION": "1",
    "PGGSSENCMODE": "require",
    "PGGSSLIB": "gssapi",
    "PGKRBSRVNAME": "other",
    "PGLOADBALANCEHOSTS": "nonsense",
    "PGMAXPROTOCOLVERSION": "nonsense",
    "PGMINPROTOCOLVERSION": "nonsense",
    "PGOPTIONS": "-c nonsense=1",
    "PGPASSFILE": "/nowhere/pgpass",
    "PGPASSWORD": "other",
    "PGPORT": "1",
    "PGREQUIREAUTH": "scram-sha-256",
    "PGREQUIREPEER": "nobody-at-all",
    "PGREQUIRESSL": "1",
    "PGSERVICEFILE": "/nowhere/services",
    "PGSSLCERT": "/nowhere/cert",
    "PGSSLCERTMODE": "require",
    "PGSSLCRL": "/nowhere/crl",
    "PGSSLCRLDIR": "/nowhere",
    "PGSSLKEY": "/nowhere/key",
    "PGSSLMAXPROTOCOLVERSION": "nonsense",
    "PGSSLMINPROTOCOLVERSION": "nonsense",
    "PGSSLMODE": "verify-full",
    "PGSSLNEGOTIATION": "direct",
    "PGSSLROOTCERT": "/nowhere/root",
    "PGTARGETSESSIONATTRS": "read-only",
    "PGTZ": "nonsense",
    "PGUSER": "other",
}


@pytest.fixture
def home_folder() -> Iterator[Path]:
    """Not pytest's own: another pytest would close that to PostgreSQL's user."""
    with tempfile.TemporaryDirectory(prefix="reviewduel-tests-") as folder:
        yield Path(folder)


def works(database: Database) -> bool:
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchall() == [(1,)]


@pytest.mark.parametrize("name", [A_COMMAND, "two\nlines", "caf\udce9", "comma, %s %(x)s #"])
def test_a_path_never_passes_through_a_shell(
    name: str, home_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home_folder)
    home = home_folder / name
    for _ in range(2):  # the second finds a cluster
        with Database.open(Settings(home=home)) as database:
            assert works(database)
    assert not list(home_folder.rglob("pwned")) + list(Path("/").glob("pwned"))


def test_nor_does_the_path_of_the_programs(home_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = programs.programs_folder().parent
    packages = home_folder / A_COMMAND
    packages.mkdir()
    for part in (package.name, f"{package.name}.libs"):
        if package.with_name(part).exists():
            shutil.copytree(package.with_name(part), packages / part, symlinks=True)
    monkeypatch.setattr(programs, "programs_folder", lambda: packages / package.name / "pginstall18")
    with Database.open(Settings(home=home_folder / "home")) as database:
        assert works(database)
    assert not list(home_folder.rglob("pwned")) + list(Path("/").glob("pwned"))


def test_variables_that_are_meant_for_another_server(
    home_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in OF_ANOTHER_SERVER.items():
        monkeypatch.setenv(name, value)
    with Database.open(Settings(home=home_folder)) as database:
        assert works(database)
        with database.connection() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT current_user, current_database(), current_setting('application_name')")
            assert cursor.fetchone() == ("postgres", "postgres", "reviewduel")


@pytest.mark.parametrize("name", sorted(OF_ANOTHER_SERVER.keys() - {"PGDATESTYLE", "PGGEQO", "PGTZ"}))
def test_each_of_them_alone(name: str, embedded_cluster: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.conftest import Cluster

    assert isinstance(embedded_cluster, Cluster)
    assert name not in LIBPQ_VARIABLES
    monkeypatch.setenv(name, OF_ANOTHER_SERVER[name])
    psycopg2.connect(embedded_cluster.dsn).close()


def opened(user: int, home: Path, **environment: str) -> str:
    """What a program says that opens the database of this home as this user."""
    done = subprocess.run(
        [sys.executable, "-c", OPEN, str(user), home],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.stdout + done.stderr


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")


@as_root
def test_a_user_without_a_name(home_folder: Path) -> None:
    home = home_folder / "home"
    home.mkdir()
    home_folder.chmod(0o755)
    os.chown(home, 12345, 12345)
    said = opened(12345, home, HOME="/")
    assert said == "it works\n" or (
        "user 12345 has no name" in said and "REVIEWDUEL_DATABASE_URL" in said and "REVIEWDUEL_HOME" in said
    )
    assert "Traceback" not in said


@as_root
def test_a_home_that_cannot_be_written(home_folder: Path) -> None:
    home_folder.chmod(0o755)
    said = opened(12345, home_folder / "home")
    assert f"{home_folder / 'home'}" in said
    assert "REVIEWDUEL_HOME" in said and "REVIEWDUEL_DATABASE_URL" in said
    assert "Traceback" not in said and "Its log" not in said


def test_little_shared_memory(home_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "SHARED_MEMORY", Path("/nowhere"))
    assert shared_memory() == "mmap"
    server = EmbeddedServer(home_folder / "postgres")
    try:
        connection = psycopg2.connect(server.dsn)
        with connection, connection.cursor() as cursor:
            cursor.execute("SHOW dynamic_shared_memory_type")
            assert cursor.fetchall() == [("mmap",)]
        connection.close()
    finally:
        server.stop()


def test_why_it_did_not_start_is_told_from_its_log(home_folder: Path) -> None:
    folder = home_folder / "postgres"
    EmbeddedServer(folder).stop()
    with (folder / "postgresql.conf").open("a") as settings:
        settings.write("\nno_such_setting = 1\n")
    with pytest.raises(DatabaseError, match="no_such_setting"):
        EmbeddedServer(folder)
