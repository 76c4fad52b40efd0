"""Where the bytes of a review file come from: a path or standard input, unpacked where they are packed.

Knows files and compression, which it tells by the first bytes and not by the name; knows nothing of
what is inside. Memory: some buffers, however much a file unpacks to.
"""

import bz2
import io
import lzma
import re
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from config.folders import OTHER_TMPDIR, writing_to
from ingest.records import NoTable

BUFFER = 1 << 16
PARQUET = b"PAR1"
PACKERS = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh", "bz2"), (b"\xfd7zXZ\0", "xz"))
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
STANDARD_INPUT = Path("-")

# Reviews pack to a third or a tenth. What is made to fill disks unpacks to a thousand times its size.
MOST_TIMES = 100
UNPACKED_FREELY = 16 << 20  # bytes: a small file may well repeat itself
MOST_MEMORY = 128 << 20  # bytes, of the dictionary that xz asks for; `xz -9` asks for half
PIECE = 1 << 13  # bytes of xz or bz2 that are unpacked at once
LARGEST_DIRECTORY = 1 << 20  # bytes, of the names in a zip: some ten thousand
DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, NotImplementedError, ValueError
)  # fmt: skip
WORKBOOK_PARTS = {"[Content_Types].xml", "mimetype"}
NOT_A_TABLE = re.compile(
    r"(read.?me|licen[cs]e|copying|notice|changelog).*|.*\.(md|pdf|html?|png|jpe?g|gif|docx?)", re.IGNORECASE
)


class Source:
    """A stream of bytes that can begin anew; `size` is that of the file as it lies there, None for a stream.

    `packed` says how it is packed, in words. Standard input is copied to a temporary file. Raises OSError if
    the file cannot be opened or read, its compression is broken or cut off, or it unpacks to more than
    MOST_TIMES its size; NoTable for a zip that does not hold one table; CannotWrite without room for a
    temporary file.
    """

    def __init__(self, path: Path) -> None:
        self._spooled: IO[bytes] | None = None
        is_file = path != STANDARD_INPUT and not path.is_fifo()
        self.size = path.stat().st_size if is_file else None
        self._file: IO[bytes]
        if is_file:
            self._file = path.open("rb")
        elif path == STANDARD_INPUT:
            self._file = _spooled(sys.stdin.buffer)
        else:
            with path.open("rb") as stream:
                self._file = _spooled(stream)
        self.packed: str | None = None
        self.bytes = cast(io.BufferedReader, self._file)
        try:
            self.begin()
        except BaseException:
            self.close()
            raise

    def begin(self) -> io.BufferedReader:
        """Read from the beginning again: `bytes`, which ends what it was before."""
        if self.bytes is not self._file:
            self.bytes.close()
        self._file.seek(0)
        raw = cast(io.BufferedReader, self._file)
        self.bytes = raw
        start = raw.read(8)
        raw.seek(0)
        if codec := next((name for magic, name in PACKERS if start.startswith(magic)), None):
            self.packed = codec
            self.bytes = io.BufferedReader(_Unpacked(raw, codec), BUFFER)
        elif start.startswith(ZIP) and (member := _only_table(raw)):
            self.packed = f"zip ({PurePosixPath(member.filename).name})"
            self.bytes = io.BufferedReader(_Unpacked(raw, member), BUFFER)
        return self.bytes

    def start(self) -> bytes:
        """The first bytes, some thousands if there are so many, which stay to be read."""
        return self.bytes.peek(BUFFER)[:BUFFER]

    def seekable(self) -> IO[bytes]:
        """All bytes as a file in which one can jump; through a temporary one if need be."""
        if self.packed is None:
            self._file.seek(0)
            return self._file
        if self._spooled is None:
            self._spooled = _spooled(self.begin())
        self._spooled.seek(0)
        return self._spooled

    @property
    def position(self) -> int:
        """How many bytes of the file are read, somewhat ahead of what was asked for."""
        return 0 if self._file.closed else self._file.tell()

    def close(self) -> None:
        """Close what was opened. Harmless when repeated."""
        if self._spooled:
            self._spooled.close()
        if self.bytes is not self._file:
            self.bytes.close()
        self._file.close()


def _spooled(stream: IO[bytes]) -> IO[bytes]:
    """A temporary file with all bytes of the stream."""
    with writing_to(tempfile.gettempdir(), OTHER_TMPDIR):
        file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever gets it closes it
    try:
        while piece := stream.read(BUFFER):
            with writing_to(tempfile.gettempdir(), OTHER_TMPDIR):
                file.write(piece)
                file.flush()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return cast(IO[bytes], file)


def zip_parts(file: IO[bytes]) -> list[zipfile.ZipInfo]:
    """What a zip says it holds; raises OSError if it is damaged."""
    with _damage_as_oserror(), zipfile.ZipFile(_Careful(file)) as archive:
        return archive.infolist()


def _only_table(file: IO[bytes]) -> zipfile.ZipInfo | None:
    """The one file in a zip that may be a table; None if the zip is a workbook."""
    parts = zip_parts(file)
    file.seek(0)
    if any(part.filename in WORKBOOK_PARTS for part in parts):
        return None
    parts = [part for part in parts if not part.is_dir() and not _is_hidden(part.filename)]
    tables = [part for part in parts if not NOT_A_TABLE.fullmatch(PurePosixPath(part.filename).name)]
    if len(tables or parts) != 1:
        names = ", ".join(f"'{part.filename[:80]}'" for part in tables[:10])
        more = f" and {len(tables) - 10} more" if len(tables) > 10 else ""
        found = f"a zip with {len(tables)} files: {names}{more}" if tables else "a zip without a file"
        raise NoTable(0, found, "a zip with one table; unpack it, and name the files that hold reviews")
    (part,) = tables or parts
    if part.flag_bits & 1:
        raise NoTable(0, "a zip with a password", "one without; unpack it, and name the file in it")
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NoTable(0, "a zip of an unusual method", "the usual one; unpack it, and name the file in it")
    return part


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or any(part.startswith(".") for part in parts)


@contextmanager
def _damage_as_oserror() -> Iterator[None]:
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        # Of pyarrow's errors only some are of these kinds.
        if isinstance(error, DAMAGE) or type(error).__module__.startswith("pyarrow"):
            raise OSError(f"a damaged packed file ({error})") from error
        raise


class _Unpacked(io.RawIOBase):
    """What a packed stream holds, piece by piece; several that were joined are read as one."""

    def __init__(self, packed: IO[bytes], how: str | zipfile.ZipInfo) -> None:
        self._packed = _Careful(packed)
        self._stream: Any
        if isinstance(how, zipfile.ZipInfo):
            with _damage_as_oserror():
                self._stream = zipfile.ZipFile(self._packed).open(how)  # noqa: SIM115 - its owner closes the file
        elif how == "xz":
            self._stream = _Joined(self._packed, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, MOST_MEMORY))
        elif how == "bz2":
            self._stream = _Joined(self._packed, bz2.BZ2Decompressor)
        else:
            # Imported here: it loads slowly. Of the libraries for these it alone notices a missing end.
            from pyarrow import CompressedInputStream, PythonFile

            self._stream = CompressedInputStream(PythonFile(self._packed, mode="r"), how)
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _damage_as_oserror():
            read = int(self._stream.readinto(buffer))
        self._count += read
        if self._count > UNPACKED_FREELY + MOST_TIMES * self._packed.count:
            raise OSError(f"it unpacks to more than {MOST_TIMES} times its size, as no reviews do")
        return read


class _Joined:
    """Streams of xz or bz2, one after the other. `lzma.LZMAFile` sets no limit to memory."""

    def __init__(self, packed: "_Careful", new: Callable[[], Any]) -> None:
        self._packed = packed
        self._new = new
        self._one = new()

    def readinto(self, buffer: Any) -> int:
        while True:
            if self._one.eof:
                rest = self._next_stream()
                if not rest:
                    return 0
                self._one = self._new()
            else:
                rest = self._packed.read(PIECE) if self._one.needs_input else b""
                if self._one.needs_input and not rest:
                    raise OSError("a file that is cut off")
            data = self._one.decompress(rest, len(buffer))
            if data:
                buffer[: len(data)] = data
                return len(data)

    def _next_stream(self) -> bytes:
        """How the next stream begins; between streams there may be zeros."""
        rest: bytes = self._one.unused_data.lstrip(b"\0")
        while not rest:
            piece = self._packed.read(PIECE)
            if not piece:
                return b""
            rest = piece.lstrip(b"\0")
        return rest


class _Careful:
    """A stream that counts what was read of it, and reads not too much at once. It is closed by its owner."""

    closed = False

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        # A zip's list of names is read as a whole, and takes some hundred bytes of memory for each.
        data = self._stream.read(size if 0 <= size <= LARGEST_DIRECTORY else LARGEST_DIRECTORY + 1)
        if len(data) > LARGEST_DIRECTORY:
            raise OSError(f"a part of more than {LARGEST_DIRECTORY:,} bytes that has to be read at once")
        self.count += len(data)
        return data

    def seek(self, place: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(place, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return True

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass
