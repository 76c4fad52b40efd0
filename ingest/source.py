"""Where the bytes of a review file come from: a path or standard input, gzip and zstd undone.

Knows files and compression, which it tells by the first bytes and not by the name; knows nothing of
what is inside. Memory: some buffers, however much a file unpacks to.
"""

import io
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, cast

from config.folders import OTHER_TMPDIR, writing_to

BUFFER = 1 << 16
GZIP, ZSTD, PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
STANDARD_INPUT = Path("-")

# Reviews pack to a third or a tenth. What is made to fill disks unpacks to a thousand times its size.
MOST_TIMES = 100
UNPACKED_FREELY = 16 << 20  # bytes: a small file may well repeat itself


class Source:
    """An open stream of bytes; `size` is that of the file as it lies there, None for standard input.

    Raises OSError if the file cannot be opened or read, its compression is broken or cut off, or it unpacks
    to more than MOST_TIMES its size.
    """

    def __init__(self, path: Path) -> None:
        is_file = path != STANDARD_INPUT
        self._raw = path.open("rb") if is_file else sys.stdin.buffer
        self.size = path.stat().st_size if is_file else None
        self._buffered = cast(IO[bytes], self._raw)
        self._spooled: IO[bytes] | None = None
        self.bytes = cast(io.BufferedReader, self._buffered)
        try:
            self.bytes = _unpacked(self._buffered)
        except BaseException:
            self.close()
            raise

    def start(self) -> bytes:
        """The first bytes, some thousands if there are so many, which stay to be read."""
        return self.bytes.peek(BUFFER)[:BUFFER]

    def seekable(self) -> IO[bytes]:
        """All bytes as a file in which one can jump, as Parquet needs; through a temporary one if need be.

        Raises CannotWrite if that has no room.
        """
        if self.size is not None and self.bytes is self._buffered:
            return self._buffered
        self._spooled = tempfile.TemporaryFile()  # noqa: SIM115 - close() closes it
        while piece := self.bytes.read(BUFFER):
            with writing_to(tempfile.gettempdir(), OTHER_TMPDIR):
                self._spooled.write(piece)
                self._spooled.flush()
        self._spooled.seek(0)
        return self._spooled

    @property
    def position(self) -> int:
        """How many bytes of the file are read, somewhat ahead of what was asked for."""
        if self.size is None:
            return 0
        return self.size if self._buffered.closed else self._buffered.tell()

    def close(self) -> None:
        """Close what was opened. Harmless when repeated."""
        if self._spooled:
            self._spooled.close()
        if self.bytes is not self._buffered:
            self.bytes.close()
        if self.size is not None:
            self._raw.close()


def _unpacked(file: Any) -> io.BufferedReader:
    start = file.peek(BUFFER)
    for magic, codec in ((GZIP, "gzip"), (ZSTD, "zstd")):
        if start.startswith(magic):
            return io.BufferedReader(_Unpacked(file, codec), BUFFER)
    return cast(io.BufferedReader, file)


class _Unpacked(io.RawIOBase):
    """What a packed stream holds, a megabyte at a time; several that were joined are read as one."""

    def __init__(self, packed: IO[bytes], codec: str) -> None:
        # Imported here: it loads slowly. Of the libraries for both it alone notices an end that is missing.
        from pyarrow import CompressedInputStream, PythonFile

        self._packed = _Counted(packed)
        self._stream = CompressedInputStream(PythonFile(self._packed, mode="r"), codec)
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = int(self._stream.readinto(buffer))
        self._count += read
        if self._count > UNPACKED_FREELY + MOST_TIMES * self._packed.count:
            raise OSError(f"it unpacks to more than {MOST_TIMES} times its size, as no reviews do")
        return read


class _Counted:
    """A stream that counts what was read of it; closing it is its owner's business."""

    closed = False

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self.count += len(data)
        return data

    def close(self) -> None:
        pass
