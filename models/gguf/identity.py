"""Which file it was: the SHA-256 of a model's file, computed once and remembered.

Knows files; knows nothing of what is in them.
"""

import hashlib
import threading
from contextlib import suppress
from pathlib import Path

from models.json_file import read_object, write_object

_LOCK = threading.Lock()


def file_sha256(path: Path, home: Path) -> str:
    """The file's SHA-256 in hexadecimal; remembered in `home` for as long as size and time stay the same.

    The first time takes seconds per gigabyte: never inside a timing. Raises OSError if it cannot be read.
    """
    memory = home / "model-hashes.json"
    status = path.stat()
    key = str(path.resolve())
    with _LOCK:
        match read_object(memory).get(key):
            case [status.st_size, status.st_mtime_ns, str(digest)]:
                return digest
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        # A home that cannot be written to costs time, not the answer.
        with suppress(OSError):
            write_object(memory, read_object(memory) | {key: [status.st_size, status.st_mtime_ns, digest]})
        return digest
