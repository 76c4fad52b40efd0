"""Which file it was: the SHA-256 of a model's file or its parts, computed once and remembered.

Knows files; knows nothing of what is in them.
"""

import hashlib
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from models.gguf.parts import part_paths, size_and_time
from models.json_file import read_object, write_object

_LOCK = threading.Lock()


def file_sha256(path: Path, home: Path) -> str:
    """The file's SHA-256 in hexadecimal; remembered in `home` for as long as size and time stay the same.

    Of a model in parts, that of all of them, one after the other: `cat NAME-*-of-*.gguf | sha256sum`.
    The first time takes seconds per gigabyte: never inside a timing. Raises OSError if it cannot be read.
    """
    memory = home / "model-hashes.json"
    size, modified = size_and_time(path)
    key = str(path.resolve())
    with _LOCK:
        match read_object(memory).get(key):
            case [int(known), int(when), str(digest)] if (known, when) == (size, modified):
                return digest
        digest = _sha256(part_paths(path))
        # A home that cannot be written to costs time, not the answer.
        with suppress(OSError):
            write_object(memory, read_object(memory) | {key: [size, modified, digest]})
        return digest


def _sha256(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()
