"""Where the bytes of a review file come from: a path or standard input, gzip and zstd undone.

Knows files and compression, which it tells by the first bytes and not by the name; knows nothing of
what is inside. Memory: one buffer.
"""

import gzip
import io
import shutil
import sys
import tempfile
import zlib
from pathlib import Path
from typing import IO, Any, cast

import zstandard

BUFFER = 1 << 16
GZIP, ZSTD, PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
# What reading on may raise when a compressed file is damaged or cut off.
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError)
STANDARD_INPUT = Path("-")


class Source:
    """An open stream of bytes; `size` is that of the file as it lies there, None for standard input.

    Raises OSError if the file cannot be opened or read, one of DAMAGED if its compression is broken.
    """

    def __init__(self, path: Path) -> None:
        is_file = path != STANDARD_INPUT
        self._raw = path.open("rb") if is_file else sys.stdin.buffer
        self.size = path.stat().st_size if is_file else None
        self._buffered = cast(IO[bytes], self._raw)
        self._spooled: IO[bytes] | None = None
        self.bytes = cast(io.BufferedReader, self._buffered)
        try:
            self.bytes = self._decompressed(self._buffered)
        except BaseException:
            self.close()
            raise

    def start(self) -> bytes:
        """The first bytes, some thousands if there are so many, which stay to be read."""
        return self.bytes.peek(BUFFER)[:BUFFER]

    def seekable(self) -> IO[bytes]:
        """All bytes as a file in which one can jump, as Parquet needs; through a temporary one if need be."""
        if self.size is not None and self.bytes is self._buffered:
            return self._buffered
        self._spooled = tempfile.TemporaryFile()  # noqa: SIM115 - close() closes it
        shutil.copyfileobj(self.bytes, self._spooled)
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

    @staticmethod
    def _decompressed(file: Any) -> io.BufferedReader:
        start = file.peek(BUFFER)
        if start.startswith(GZIP):
            return io.BufferedReader(gzip.GzipFile(fileobj=file), BUFFER)
        if start.startswith(ZSTD):
            stream = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            return io.BufferedReader(cast(io.RawIOBase, stream), BUFFER)
        return cast(io.BufferedReader, file)
