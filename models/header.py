"""The header of a GGUF file: its metadata and the shapes of its tensors, without their data.

The `gguf` package reads the whole vocabulary into memory for that, which takes seconds on a large
model; this reads scalars and skips over arrays. Format: docs/gguf.md in the ggml repository. Every
length is checked against the file's size, and a header's sensible size, before it is believed.
"""

import io
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

from config.errors import ModelUnavailable

Scalar = int | float | bool | str

# Number of the type in the file → struct format. 8 is a string, 9 an array.
_FORMATS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_STRING, _ARRAY = 8, 9

# Far beyond any model known (vocabularies take up to 15 MiB, the largest models have some thousand
# tensors): what claims more is damaged, and must not cost minutes or all memory to find out.
LONGEST_HEADER = 64 * 2**20
_MOST_TENSORS = 2**16


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor's name, its sizes as ggml orders them (the contiguous one first), and its bytes."""

    name: str
    shape: tuple[int, ...]
    kind: GGMLQuantizationType

    @property
    def parameters(self) -> int:
        """Number of weights."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Size of the data in the file and, unless repacked, in memory."""
        block, block_bytes = GGML_QUANT_SIZES[self.kind]
        return self.parameters // block * block_bytes


class ArrayLength(int):
    """Stands for an array: the number of its values."""


@dataclass(frozen=True, slots=True)
class Header:
    """`metadata` holds the scalars, and of each array its ArrayLength; `path`: the file, if there is one."""

    metadata: dict[str, Scalar]
    tensors: tuple[Tensor, ...]
    path: Path | None = None

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the architecture, the prefix of its keys."""
        return str(self.metadata.get("general.architecture", "unknown"))

    @property
    def parameters(self) -> int:
        """Number of weights in all tensors."""
        return sum(tensor.parameters for tensor in self.tensors)

    @property
    def weight_bytes(self) -> int:
        """Bytes of all tensors."""
        return sum(tensor.nbytes for tensor in self.tensors)

    def number(self, key: str, default: int) -> int:
        """The architecture's number under `key`, for example "block_count".

        Raises ModelUnavailable if the file holds something else there than a whole number from 0 up.
        """
        value = self.metadata.get(f"{self.architecture}.{key}", default)
        if not isinstance(value, int) or isinstance(value, ArrayLength) or value < 0:
            raise ModelUnavailable(
                f"Not a usable GGUF file: its {self.architecture}.{key} is {value!r}. Fetch it again."
            )
        return value


class _Malformed(Exception):
    pass


class _CutOff(_Malformed):
    pass


def read_header(path: Path) -> Header:
    """Read a GGUF file's header; raises ModelUnavailable if it is none, is cut off, or contradicts itself."""
    try:
        with path.open("rb") as file:
            reader = _Reader(file, path.stat().st_size)
            metadata, tensors = reader.read()
            return Header(metadata, tensors + _tensors_of_other_parts(metadata, path), path)
    except OSError as error:
        raise ModelUnavailable(f"{path} cannot be read: {error.strerror}.") from error
    except _Malformed as error:
        raise ModelUnavailable(
            f"{path} is not a usable GGUF file: {error}. Fetch it again, or correct the settings."
        ) from error


def _tensors_of_other_parts(metadata: dict[str, Scalar], path: Path) -> tuple[Tensor, ...]:
    """A large model may come in parts, `name-00001-of-00003.gguf` and so on; the first stands for all."""
    count = metadata.get("split.count", 1)
    name, first, _ = (
        path.name.partition(f"-00001-of-{count:05}.gguf") if isinstance(count, int) else ("", "", "")
    )
    if not first:
        return ()
    parts = (path.with_name(f"{name}-{number:05}-of-{count:05}.gguf") for number in range(2, int(count) + 1))
    return tuple(tensor for part in parts for tensor in read_header(part).tensors)


def header_length(beginning: bytes | bytearray, size: int) -> int | None:
    """Bytes of the header of a file of `size` bytes; None if it does not end within its `beginning`.

    Raises ModelUnavailable if that is no GGUF.
    """
    file = io.BytesIO(beginning)
    try:
        _Reader(file, size).read()
    except _CutOff:
        return None
    except _Malformed as error:
        raise ModelUnavailable(f"No usable GGUF file: {error}.") from error
    return file.tell()


class _Reader:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size

    def read(self) -> tuple[dict[str, Scalar], tuple[Tensor, ...]]:
        magic = self._file.read(4)
        if magic != b"GGUF":
            raise _Malformed(f"it begins with {magic!r}, not with b'GGUF'")
        version = self._scalar("I")
        if version not in (2, 3):
            raise _Malformed(f"its version is {version}; 2 and 3 are known")
        # A tensor's entry takes at least 24 bytes, a key and its value at least 13.
        tensors = self._count("tensors", 24)
        keys = self._count("keys", 13)
        if tensors > _MOST_TENSORS:
            raise _Malformed(f"it claims {tensors} tensors")
        metadata = {self._string(): self._value(self._scalar("I")) for _ in range(keys)}
        placed = [self._tensor() for _ in range(tensors)]
        self._require_data(metadata.get("general.alignment", 32), placed)
        return metadata, tuple(tensor for tensor, _ in placed)

    def _require_data(self, alignment: Scalar, placed: list[tuple[Tensor, int]]) -> None:
        """The tensors' data, whose offsets count from the header's aligned end, must lie in the file."""
        if not isinstance(alignment, int) or alignment < 1:
            raise _Malformed(f"its alignment is {alignment!r}")
        start = -(-self._file.tell() // alignment) * alignment
        for tensor, offset in placed:
            if start + offset + tensor.nbytes > self._size:
                raise _Malformed(
                    f"tensor '{tensor.name}' should end behind the file's {self._size} bytes; "
                    "the file is incomplete"
                )

    def _tensor(self) -> tuple[Tensor, int]:
        name = self._string()
        dimensions = self._scalar("I")
        if dimensions > 4:
            raise _Malformed(f"tensor '{name}' has {dimensions} dimensions")
        shape = tuple(self._scalar("Q") for _ in range(dimensions))
        number = self._scalar("I")
        offset = self._scalar("Q")
        try:
            return Tensor(name, shape, GGMLQuantizationType(number)), offset
        except ValueError:
            raise _Malformed(f"tensor '{name}' has the unknown type {number}") from None

    def _value(self, kind: int) -> Scalar:
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            return self._skip_array()
        return self._scalar(_format(kind))

    def _skip_array(self) -> int:
        kind = self._scalar("I")
        if kind == _ARRAY:
            raise _Malformed("it has nested arrays")
        if kind == _STRING:
            length = self._count("strings in an array", 8)
            for _ in range(length):
                self._skip(self._count("characters", 1))
            return ArrayLength(length)
        width = struct.calcsize("<" + _format(kind))
        length = self._count("values in an array", width)
        self._skip(length * width)
        return ArrayLength(length)

    def _string(self) -> str:
        return self._bytes(self._count("characters", 1)).decode(errors="replace")

    def _scalar(self, code: str) -> int:
        value: int = struct.unpack("<" + code, self._bytes(struct.calcsize("<" + code)))[0]
        return value

    def _count(self, what: str, least_bytes: int) -> int:
        """A number of things, each of at least so many bytes, that the rest of the header can hold."""
        count = self._scalar("Q")
        room = min(self._size, LONGEST_HEADER) - self._file.tell()
        if count * least_bytes > room:
            raise _Malformed(f"it claims {count} {what}, more than its {self._size} bytes can hold")
        return count

    def _bytes(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) < count:
            raise _CutOff(f"it ends after {self._size} bytes, in the middle of its header")
        return data

    def _skip(self, count: int) -> None:
        self._file.seek(count, io.SEEK_CUR)


def _format(kind: int) -> str:
    if kind not in _FORMATS:
        raise _Malformed(f"it has a value of the unknown type {kind}")
    return _FORMATS[kind]
