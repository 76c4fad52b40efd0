"""Folders and what is written into them. Knows modes and disks; knows nothing of what lies in them."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.errors import CannotWrite

# What the system says of a disk, or of a user's share of it.
FULL = (errno.ENOSPC, errno.EDQUOT)
_A_PIECE = 2**20  # bytes, as they are written at once
# What to do where a temporary file has no room.
OTHER_TMPDIR = "Make room there, or name another folder with TMPDIR; then do the same again."


def private_folder(folder: Path) -> Path:
    """The folder itself; it and those above it that are missing are made for their owner alone."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextmanager
def writing_to(place: Path | str, remedy: str) -> Iterator[None]:
    """Around writing, and nothing else: what the system refuses raises CannotWrite with this `remedy`."""
    try:
        yield
    except OSError as error:
        why = "its disk is full" if _is_full(Path(place), error) else error.strerror or str(error)
        raise CannotWrite(f"{place} cannot be written: {why}. {remedy}") from error


def _is_full(place: Path, error: OSError) -> bool:
    if error.errno is not None:
        return error.errno in FULL
    # NumPy only says that not all was written.
    existing = next(path for path in (place, *place.absolute().parents) if path.exists())
    return shutil.disk_usage(existing).free < _A_PIECE
