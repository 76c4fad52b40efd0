"""The embedded PostgreSQL: started by the first process that needs it, stopped by the last.

Knows folders, locks and processes; knows no SQL. The Python layer of the wheel that brings PostgreSQL is not
used: it cannot start a server below a path with a space, takes one lock file in /tmp for all users of a
machine, and counts killed processes as users for ever. No path passes through a shell.
"""

import atexit
import fcntl
import glob
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import SubprocessError
from typing import IO

import psutil
import psycopg2

from config.errors import DatabaseError
from config.folders import private_folder
from config.machine import memory_total
from database.embedded_dsn import embedded_dsn, ignore_variables
from database.places import find_socket_folder, shared_memory
from database.programs import give_to_server_user, last_words, run_initdb, start_server

START_TIMEOUT_S = 120  # generous: after a crash the server first replays its log
ORPHANS_TIMEOUT_S = 30.0
# One that is killed while it starts is started again; what fails so often will fail the next time.
MOST_STARTS = 3
# Seconds for an orderly end; what is committed is as safe after any other, but the next start takes longer.
STOP_TIMEOUT_S = 20
# Why a server takes no connections, in its own words; or without one, where it has just lost a process.
RECOVERING = ("starting up", "not yet accepting", "in recovery mode", "closed the connection")
STOPPING = ("shutting down",)
WAL_FILE = 2**24  # bytes of a file of its log of changes
MOST_BUFFERS = 512 * 2**20  # bytes; PostgreSQL's own choice is 128 MiB
# How a server is told to end. The second loses nothing either, but the next start replays its log.
FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT


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
        ignore_variables()
        with self._our_errors():
            private_folder(self.folder.parent)
            with self._exclusively():
                self._start()
                self._users: IO[bytes] | None = self.folder.with_name(f"{self.folder.name}.users").open("ab")
                fcntl.flock(self._users, fcntl.LOCK_SH)
        atexit.register(self.stop)

    @property
    def dsn(self) -> str:
        """The libpq connection string of the server's default database."""
        return embedded_dsn(self._socket_folder)

    @property
    def disk_is_full(self) -> bool:
        """Whether there is no room for a next file of its log of changes, without which it ends itself."""
        places = [place for place in (self.folder, self.folder / "pg_wal") if place.exists()]
        return any(shutil.disk_usage(place).free < WAL_FILE for place in places)

    def revive(self) -> None:
        """Start it again if it has ended, however that came; harmless while it runs, and after `stop`.

        Raises DatabaseError if it cannot be started.
        """
        if self._users is not None:
            with self._our_errors(), self._exclusively():
                self._start()

    def stop(self) -> None:
        """Give up this use of the server; the last user stops it. Harmless when repeated."""
        users, self._users = self._users, None
        if users is None:
            return
        atexit.unregister(self.stop)
        # The folder may be gone by now, with a temporary home; then there is nothing left to stop.
        with users, suppress(BlockingIOError, FileNotFoundError), self._exclusively():
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # PostgreSQL 18 hangs where it is told to stop while it recovers from one of its processes' death.
            self._wait_while(RECOVERING, START_TIMEOUT_S)
            ended = self._stop(FAST) or self._stop(IMMEDIATE)
            if ended and self._socket_folder != self.folder:
                self._socket_folder.rmdir()

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, SubprocessError) as error:
            full = "Its disk is full: make room there. " if self.disk_is_full else ""
            log = f"Its log {self.log} may say more. " if self.log.exists() else ""
            raise DatabaseError(
                f"The embedded PostgreSQL in {self.folder} did not start: {str(error).rstrip('.')}. "
                f"{full}{log}Name another folder, which this user can write, with REVIEWDUEL_HOME, or a "
                "server that runs already with REVIEWDUEL_DATABASE_URL."
            ) from error

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Wait until no other process is starting or stopping this server."""
        with self.folder.with_name(f"{self.folder.name}.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _start(self) -> None:
        """Make the cluster if need be; start it if it is not running."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.log.touch(mode=0o600)
        give_to_server_user(self.folder, self.log)
        self._socket_folder = find_socket_folder(self.folder)
        if not (self.folder / "PG_VERSION").exists():
            self._end_what_is_left()
            self._make_cluster()
        for lock in (self.folder / "postmaster.pid", self._socket_folder / ".s.PGSQL.5432.lock"):
            self._forget_others_pid(lock)
        # Who told it to stop was killed, or it hangs: else it would have stopped before we came to be alone.
        if not self._wait_while(STOPPING, STOP_TIMEOUT_S):
            self._stop(IMMEDIATE)
        give_up, left = time.monotonic() + ORPHANS_TIMEOUT_S, MOST_STARTS
        while not self._postmaster():
            left -= 1
            try:
                self._launch()
            except ChildProcessError:
                # Where its first process was killed, those that it left hold its memory until they notice.
                wait = left > 0 or any(map(self._is_ours, psutil.process_iter()))
                if not wait or time.monotonic() > give_up:
                    raise
                time.sleep(0.2)

    def _postmaster(self) -> psutil.Process | None:
        """The server's first process, if it runs."""
        with suppress(OSError, ValueError, IndexError, psutil.Error):
            process = psutil.Process(int((self.folder / "postmaster.pid").read_bytes().split()[0]))
            return process if self._is_ours(process) else None
        return None

    def _stop(self, how: signal.Signals) -> bool:
        """Whether it ran, and ended in time."""
        process = self._postmaster()
        if process is None:
            return False
        with suppress(psutil.Error):
            process.send_signal(how)
        give_up = time.monotonic() + STOP_TIMEOUT_S
        while self._is_ours(process):
            if time.monotonic() > give_up:
                return False
            time.sleep(0.02)
        return True

    def _wait_while(self, states: Sequence[str], seconds: float) -> bool:
        """Whether it has left these states within so many seconds."""
        give_up = time.monotonic() + seconds
        while self._is(states):
            if time.monotonic() > give_up:
                return False
            time.sleep(0.1)
        return True

    def _is(self, states: Sequence[str]) -> bool:
        try:
            psycopg2.connect(self.dsn).close()
        except psycopg2.OperationalError as error:
            return any(state in str(error) for state in states)
        return False

    def _end_what_is_left(self) -> None:
        """End a server whose last user was killed, and whose folder was deleted then.

        It would notice within a minute; till then, its lock on the socket would be in the new one's way.
        """
        left = [process for process in psutil.process_iter() if self._is_ours(process)]
        for process in left:
            with suppress(psutil.Error):
                process.send_signal(signal.SIGQUIT)
        give_up = time.monotonic() + ORPHANS_TIMEOUT_S
        while any(map(self._is_ours, left)) and time.monotonic() < give_up:
            time.sleep(0.05)

    def _make_cluster(self) -> None:
        """Elsewhere, then moved: whatever is killed, a cluster that is there is a whole one."""
        for left in self.folder.parent.glob(f"{glob.escape(self.folder.name)}.making-*"):
            shutil.rmtree(left, ignore_errors=True)
        making = Path(tempfile.mkdtemp(prefix=f"{self.folder.name}.making-", dir=self.folder.parent))
        try:
            give_to_server_user(making)
            # --no-locale with the builtin provider: the same sort order on every machine.
            run_initdb(
                "-D", making, "-U", "postgres", "--auth=trust", "--encoding=UTF8",
                "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
                "-c", "shared_memory_type=mmap", "-c", f"dynamic_shared_memory_type={shared_memory()}",
            )  # fmt: skip
            making.replace(self.folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)

    def _launch(self) -> None:
        # For a search in a large product; only what is used of it takes memory.
        buffers = min(MOST_BUFFERS, memory_total() // 32) // 2**20
        settings = {
            "listen_addresses": "",
            "shared_buffers": f"{buffers}MB",
            "shared_memory_type": "mmap",
            "dynamic_shared_memory_type": shared_memory(),
            "unix_socket_directories": str(self._socket_folder),
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        said_before = self.log.stat().st_size
        exit_code = start_server(self.folder, self.log, ["-p", "5432", *options])
        give_up = time.monotonic() + START_TIMEOUT_S
        while not self._is_ready():
            if (code := exit_code()) is not None:
                with self.log.open("rb") as log:
                    log.seek(said_before)
                    raise ChildProcessError(f"postgres ended with {code}: {last_words(log.read())}")
            if time.monotonic() > give_up:
                raise ChildProcessError(f"postgres was not ready after {START_TIMEOUT_S} s")
            time.sleep(0.02)

    def _is_ready(self) -> bool:
        """Whether it takes connections, as the last line of its lock file tells."""
        with suppress(OSError):
            lines = (self.folder / "postmaster.pid").read_bytes().split(b"\n")
            return b"ready" in (line.strip() for line in lines[-2:])
        return False

    def _forget_others_pid(self, lock: Path) -> None:
        """Remove a lock file left by a crash, with no number in it, or one that is no longer the server's.

        PostgreSQL would refuse to start until that program ends; and where a container's first process never
        asks how its children ended, until the container does.
        """
        with suppress(FileNotFoundError, psutil.NoSuchProcess):
            # After a power failure it may hold anything. A single-user server puts a minus before its number.
            number = re.match(rb"\s*-?([1-9]\d{0,8})(?!\d)", lock.read_bytes())
            if not number or not self._is_ours(psutil.Process(int(number[1]))):
                lock.unlink()

    def _is_ours(self, process: psutil.Process) -> bool:
        """Whether it belongs to the server of this folder, and lives: what has ended works nowhere."""
        with suppress(psutil.Error, OSError):
            return process.name() == "postgres" and Path(process.cwd()) == self.folder
        return False
