"""Where the embedded server has its socket, and the memory that its processes share.

Knows folders; knows no process and no SQL.
"""

import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Literal

from database.programs import give_to_server_user

LONGEST_SOCKET_FOLDER = 80  # of the 107 bytes that a Unix socket's address holds
SHARED_MEMORY = Path("/dev/shm")
# Bytes that processes which work on one query together may share. Containers often have less.
LEAST_SHARED_MEMORY = 2**30


def find_socket_folder(folder: Path) -> Path:
    """The folder of the socket of a server with its data in `folder`: the same, or one below TMPDIR."""
    if _may_hold_a_socket(folder):
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    other = Path(tempfile.gettempdir()) / f"reviewduel-{os.geteuid()}-{digest}"
    other.mkdir(mode=0o700, exist_ok=True)
    if other.stat().st_uid not in (os.geteuid(), folder.stat().st_uid):
        raise PermissionError(f"{other} belongs to another user")
    give_to_server_user(other)
    return other


def _may_hold_a_socket(folder: Path) -> bool:
    name = str(folder)
    # libpq takes addresses in UTF-8, and reads a comma as the end of one and the start of the next.
    plain = name.isprintable() and "," not in name
    return plain and len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER


def shared_memory() -> Literal["posix", "mmap"]:
    """PostgreSQL's kind of shared memory: the system's, or files in its own folder if that is too small."""
    with suppress(OSError):
        enough = shutil.disk_usage(SHARED_MEMORY).free >= LEAST_SHARED_MEMORY
        if enough and os.access(SHARED_MEMORY, os.W_OK):
            return "posix"
    return "mmap"
