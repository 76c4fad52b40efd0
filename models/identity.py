"""Which file it was: the SHA-256 of a model's file, computed once and remembered.

Knows files; knows nothing of what is in them.
"""

import hashlib
import json
import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

_LOCK = threading.Lock()


def file_sha256(path: Path, home: Path) -> str:
    """The file's SHA-256 in hexadecimal; remembered in `home` for as long as size and time stay the same.

    The first time takes seconds per gigabyte: never inside a timing. Raises OSError if it cannot be read.
    """
    memory = home / "model-hashes.json"
    status = path.stat()
    identity = [status.st_size, status.st_mtime_ns]
    key = str(path.resolve())
    with _LOCK:
        known = _read(memory).get(key)
        if known and known[:2] == identity:
            return str(known[2])
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        # A home that cannot be written to costs time, not the answer.
        with suppress(OSError):
            _write(memory, _read(memory) | {key: [*identity, digest]})
        return digest


def _read(memory: Path) -> dict[str, list[int | str]]:
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _write(memory: Path, known: dict[str, list[int | str]]) -> None:
    memory.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: another process may read it now.
    handle, name = tempfile.mkstemp(dir=memory.parent, prefix=memory.name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(known, file, indent=1)
    os.replace(name, memory)
