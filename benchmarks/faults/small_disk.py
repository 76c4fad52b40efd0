"""A disk of a few megabytes in memory, to be filled. Needs the right to mount; knows not what it holds."""

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MIB = 2**20
_FILLER = "filler"


class NoDisk(Exception):
    """Nobody here may mount one."""


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A disk at `place`."""

    place: Path

    def fill(self, left: int = 0) -> None:
        """Leave so many bytes free, at most a page more or less."""
        with (self.place / _FILLER).open("ab") as filler:
            while (free := shutil.disk_usage(self.place).free) > left:
                try:
                    os.posix_fallocate(filler.fileno(), os.fstat(filler.fileno()).st_size, free - left)
                except OSError as error:
                    # Who writes meanwhile may have taken of it since.
                    if error.errno != errno.ENOSPC:
                        raise

    def make_room(self) -> None:
        """Take away what it was filled with."""
        with suppress(FileNotFoundError):
            (self.place / _FILLER).unlink()

    def files(self) -> list[str]:
        """Names of the files that lie in it, of others than it was filled with."""
        return sorted(path.name for path in self.place.iterdir() if path.name != _FILLER)


@contextmanager
def small_disk(mib: int) -> Iterator[SmallDisk]:
    """A disk of so many MiB, for a `with` block; what still uses it then is left to end. Raises NoDisk."""
    place = Path(tempfile.mkdtemp(prefix="reviewduel-disk-")).resolve()
    options = f"size={mib}m,mode=0777"
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "reviewduel", place],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise NoDisk("there is no program to mount a disk with") from None
    if done.returncode:
        place.rmdir()
        raise NoDisk(done.stderr.strip() or "mounting is not allowed here")
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run(["umount", "--lazy", place], check=False)
        place.rmdir()
