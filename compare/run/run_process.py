"""The process that works on a run: noted in the run's row, so that whoever reads the log finds it.

Knows the columns `process` and `failures` of the table `run`, and this machine's processes; knows nothing of
plans, answers or pages.
"""

import platform
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import psutil
from psycopg2.extras import Json

from config.errors import DatabaseError, RunError
from config.folders import private_folder, writing_to
from database import Database

# What the process that the page starts says, beside the run's other files.
OUTPUT = "output.log"
# Of that, what is read to find its last lines; in bytes.
LONGEST_OUTPUT = 20_000
# The system counts the seconds since its start in whole ones, where it tells them.
SAME_START_S = 2.0
# Another text after each start of the machine, where the system has such a file (Linux).
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class RunProcess:
    """A process by its machine's name, its id, and when it `started` (seconds since 1970).

    The id alone may come to be another's, and the clock be set: `uptime` are the seconds that the machine had
    run when it started, since the `boot` of this id. Older programs did not note them.
    """

    host: str
    pid: int
    started: float
    uptime: float | None = None
    boot: str | None = None

    @classmethod
    def of(cls, process: psutil.Process) -> "RunProcess":
        """The process as it is noted."""
        started = process.create_time()
        return cls(platform.node(), process.pid, started, started - psutil.boot_time(), _boot_id())

    @property
    def here(self) -> bool:
        """Whether it is one of this machine: of others it cannot be told whether they live."""
        return self.host == platform.node()

    def find(self) -> psutil.Process | None:
        """The process itself, if it lives on this machine."""
        if not self.here:
            return None
        try:
            process = psutil.Process(self.pid)
            same = self._is(RunProcess.of(process))
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    def _is(self, other: "RunProcess") -> bool:
        """Whether the other, of the same id, is this one."""
        if self.uptime is None or other.uptime is None:
            return abs(self.started - other.started) < SAME_START_S
        return self.boot == other.boot and abs(self.uptime - other.uptime) < SAME_START_S


def _boot_id() -> str | None:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return None


@contextmanager
def working_on(database: Database, run_id: str) -> Iterator[None]:
    """Be the one process that works on this run, for a `with` block; an earlier one's failures are forgotten.

    Raises RunError if another one does.
    """
    own = RunProcess.of(psutil.Process())
    with _claim(database, run_id) as cursor:
        _note(cursor, run_id, own)
    try:
        yield
    finally:
        # A database that is gone has said so already; and a process that has ended is known to be none.
        with suppress(DatabaseError), database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "UPDATE run SET process = NULL WHERE run_id = %s AND process = %s",
                (run_id, Json(asdict(own))),
            )


def require_idle(database: Database, run_id: str) -> None:
    """Raise RunError if another process works on the run; one that is not there is idle."""
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT process FROM run WHERE run_id = %s", (run_id,))
        for (noted,) in cursor:
            _require_idle(run_id, noted)


def start_run(database: Database, run_id: str, folder: Path) -> None:
    """Have a process of its own finish a stored run; it outlives this one and its terminal.

    What it says goes to `folder`. Raises RunError if a process works on the run already, and CannotWrite.
    """
    # Within the claim, so that of two who start the same run one is refused.
    with _claim(database, run_id) as cursor, _output(folder) as output:
        process = subprocess.Popen(
            command(run_id),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        _note(cursor, run_id, RunProcess.of(psutil.Process(process.pid)))
    # Somebody must ask how it ended, or it stays in the system's list.
    threading.Thread(target=process.wait, daemon=True).start()


def _output(folder: Path) -> IO[bytes]:
    with writing_to(folder, "Make room there, or name another home with REVIEWDUEL_HOME."):
        return (private_folder(folder) / OUTPUT).open("wb")


def command(run_id: str) -> list[str]:
    """What finishes a stored run."""
    # -P: a folder named like one of our packages in the current directory must not be imported.
    return [sys.executable, "-P", "-m", "compare", f"--resume={run_id}"]


def stop_run(process: RunProcess) -> bool:
    """Interrupt the process as Ctrl-C does; False if it has ended. The answers so far are kept."""
    found = process.find()
    if found is None:
        return False
    try:
        # Not SIGINT: a process that was started in a shell's background ignores that one.
        found.send_signal(signal.SIGTERM)
    except psutil.NoSuchProcess:
        return False
    return True


def output_of(folder: Path, lines: int = 20) -> list[str]:
    """The last lines that the process wrote which `start_run` started; none if it started none."""
    file = folder / OUTPUT
    try:
        with file.open("rb") as output:
            output.seek(max(0, file.stat().st_size - LONGEST_OUTPUT))
            return output.read().decode(errors="replace").splitlines()[-lines:]
    except OSError:
        return []


@contextmanager
def _claim(database: Database, run_id: str) -> Iterator[Any]:
    """A cursor while nobody else can claim the run. Raises RunError if a process works on it."""
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT process FROM run WHERE run_id = %s FOR UPDATE", (run_id,))
        row = cursor.fetchone()
        if row is None:
            raise RunError(f"There is no run '{run_id}'.")
        _require_idle(run_id, row[0])
        yield cursor


def _require_idle(run_id: str, noted: dict[str, Any] | None) -> None:
    found = RunProcess(**noted).find() if noted else None
    if found and found != psutil.Process():
        raise RunError(f"Process {found.pid} works on the run '{run_id}' already. Wait for it, or stop it.")


def _note(cursor: Any, run_id: str, process: RunProcess) -> None:
    cursor.execute(
        "UPDATE run SET process = %s, failures = '[]' WHERE run_id = %s", (Json(asdict(process)), run_id)
    )
