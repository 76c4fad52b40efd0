"""The bytes of a GGUF's header, read one after the other: what `models.gguf.header` makes a Header of.

Knows the format (docs/gguf.md in the ggml repository) and nothing of what keys and tensors mean. Every length
is checked against the file's size, and a header's sensible size, before it is believed; what ggml refuses
is refused here, in words. Texts and arrays are skipped where they are longer than anybody needs them.
"""

import io
import math
import struct
from dataclasses import dataclass
from typing import BinaryIO

from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

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
_UINT32, _INT32, _FLOAT32, _STRING, _ARRAY = 4, 5, 6, 8, 9

# Far beyond any model known (vocabularies take up to 15 MiB and hold a quarter of a million words, with half
# a million merges; the largest models have some thousand tensors): what claims more is damaged, and must not
# cost minutes or all memory to find out.
LONGEST_HEADER = 64 * 2**20
_MOST_TENSORS = _MOST_KEYS = 2**14
_MOST_STRINGS = 2**21
_LONGEST_TEXT = 2**20
# ggml's own limits.
_LONGEST_NAME = 63
_MOST_DIMENSIONS = 4
_MOST_WEIGHTS = 2**63 - 1

# llama.cpp takes these for what they usually are, without looking.
_TYPES = {
    "general.alignment": _UINT32,
    "general.type": _STRING,
    "adapter.type": _STRING,
    "adapter.lora.alpha": _FLOAT32,
}
_ARRAY_TYPES = {
    "tokenizer.ggml.tokens": _STRING,
    "tokenizer.ggml.merges": _STRING,
    "tokenizer.ggml.scores": _FLOAT32,
    "tokenizer.ggml.token_type": _INT32,
}


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


class Malformed(Exception):
    """A header that cannot be true; as `str` what is wrong with it, beginning with "it" or a thing of its."""


class CutOff(Malformed):
    """A header that goes on where the bytes end."""


class HeaderReader:
    """Reads the header of `file`, which is, or claims to be, `size` bytes long."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        # Counted here: to ask the file where it is takes a system call.
        self._place = 0
        self._strings = 0
        # Where the texts of the vocabulary begin.
        self.tokens_at: int | None = None

    def read(self) -> tuple[dict[str, Scalar], tuple[Tensor, ...]]:
        """Metadata and tensors; raises Malformed, or CutOff, which is one."""
        magic = self._file.read(4)
        self._place += 4
        if magic != b"GGUF":
            raise Malformed(f"it begins with {magic!r}, not with b'GGUF'")
        version = self._scalar("I")
        if version not in (2, 3):
            raise Malformed(f"its version is {version}; 2 and 3 are known")
        # A tensor's entry takes at least 24 bytes, a key and its value at least 13.
        tensors = self._count("tensors", 24, _MOST_TENSORS)
        keys = self._count("keys", 13, _MOST_KEYS)
        metadata = self._metadata(keys)
        placed = self._tensors(tensors)
        self._require_data(metadata.get("general.alignment", 32), placed)
        return metadata, tuple(tensor for tensor, _ in placed)

    def _metadata(self, keys: int) -> dict[str, Scalar]:
        metadata: dict[str, Scalar] = {}
        for _ in range(keys):
            key = self._string()
            if key in metadata:
                raise Malformed(f"it has the key '{key}' twice")
            metadata[key] = self._value(key)
        return metadata

    def _tensors(self, count: int) -> list[tuple[Tensor, int]]:
        placed = [self._tensor() for _ in range(count)]
        names = {tensor.name for tensor, _ in placed}
        if len(names) < len(placed):
            raise Malformed("two of its tensors have the same name")
        return placed

    def _require_data(self, alignment: Scalar, placed: list[tuple[Tensor, int]]) -> None:
        """The tensors' data, from the header's aligned end, must lie in a row, and in the file."""
        if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
            raise Malformed(f"its alignment is {alignment!r}")
        start = -(-self._place // alignment) * alignment
        place = 0
        for tensor, offset in placed:
            if offset != place:
                raise Malformed(f"tensor '{tensor.name}' begins at {offset}, where {place} was expected")
            if start + offset + tensor.nbytes > self._size:
                raise Malformed(
                    f"tensor '{tensor.name}' should end behind the file's {self._size} bytes; "
                    "the file is incomplete"
                )
            place += -(-tensor.nbytes // alignment) * alignment

    def _tensor(self) -> tuple[Tensor, int]:
        length = self._count("characters", 1)
        if length > _LONGEST_NAME:
            raise Malformed(f"the name of a tensor has {length} bytes")
        name = self._bytes(length).decode(errors="replace")
        dimensions = self._scalar("I")
        if not 1 <= dimensions <= _MOST_DIMENSIONS:
            raise Malformed(f"tensor '{name}' has {dimensions} dimensions")
        shape = tuple(self._scalar("Q") for _ in range(dimensions))
        number = self._scalar("I")
        offset = self._scalar("Q")
        try:
            tensor = Tensor(name, shape, GGMLQuantizationType(number))
        except ValueError:
            raise Malformed(f"tensor '{name}' has the unknown type {number}") from None
        block, _ = GGML_QUANT_SIZES[tensor.kind]
        if not 0 < tensor.parameters <= _MOST_WEIGHTS or shape[0] % block:
            sizes = " x ".join(map(str, shape))
            raise Malformed(f"tensor '{name}' of type {tensor.kind.name} has the sizes {sizes}")
        return tensor, offset

    def _value(self, key: str) -> Scalar:
        kind = self._scalar("I")
        if kind != _TYPES.get(key, kind):
            raise Malformed(f"its {key} is of the type {kind}")
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY:
            return self._skip_array(key)
        return self._scalar(_format(kind))

    def _skip_array(self, key: str) -> int:
        kind = self._scalar("I")
        if kind == _ARRAY:
            raise Malformed("it has nested arrays")
        if kind != _ARRAY_TYPES.get(key, kind):
            raise Malformed(f"its {key} is an array of the type {kind}")
        if kind == _STRING:
            length = self._count("strings in an array", 8, _MOST_STRINGS - self._strings)
            if key == "tokenizer.ggml.tokens":
                self.tokens_at = self._place
            self._skip_strings(length)
            return ArrayLength(length)
        width = struct.calcsize("<" + _format(kind))
        length = self._count("values in an array", width)
        self._skip(length * width)
        return ArrayLength(length)

    def _skip_strings(self, count: int) -> None:
        # A large vocabulary has a million: one loop, without calls of ours.
        self._strings += count
        read, seek = self._file.read, self._file.seek
        place, end = self._place, min(self._size, LONGEST_HEADER)
        for _ in range(count):
            prefix = read(8)
            length = int.from_bytes(prefix, "little")
            place += 8 + length
            if len(prefix) < 8:
                raise self._cut_off()
            if place > end:
                raise self._too_many(length, "characters")
            seek(length, io.SEEK_CUR)
        self._place = place

    def _string(self) -> str:
        """A text's beginning: what is longer than _LONGEST_TEXT is a tokenizer's own file, or none."""
        length = self._count("characters", 1)
        text = self._bytes(min(length, _LONGEST_TEXT)).decode(errors="replace")
        self._skip(max(length - _LONGEST_TEXT, 0))
        return text

    def _scalar(self, code: str) -> int:
        value: int = struct.unpack("<" + code, self._bytes(struct.calcsize("<" + code)))[0]
        return value

    def _count(self, what: str, least_bytes: int, most: int = LONGEST_HEADER) -> int:
        """A number of things of at least so many bytes, that the rest of the header can hold."""
        count = self._scalar("Q")
        room = min(self._size, LONGEST_HEADER) - self._place
        if count * least_bytes > room:
            raise self._too_many(count, what)
        if count > most:
            raise Malformed(f"it claims {count} {what}")
        return count

    def _bytes(self, count: int) -> bytes:
        data = self._file.read(count)
        self._place += count
        if len(data) < count:
            raise self._cut_off()
        return data

    def _skip(self, count: int) -> None:
        self._file.seek(count, io.SEEK_CUR)
        self._place += count

    def _cut_off(self) -> CutOff:
        return CutOff(f"it ends after {self._size} bytes, in the middle of its header")

    def _too_many(self, count: int, what: str) -> Malformed:
        return Malformed(f"it claims {count} {what}, more than its {self._size} bytes can hold")


def read_text(file: BinaryIO, number: int) -> str:
    """The text of this number, from 0, of those that follow each other in `file`; a long one's beginning."""
    for _ in range(number):
        file.seek(int.from_bytes(file.read(8), "little"), io.SEEK_CUR)
    return file.read(min(int.from_bytes(file.read(8), "little"), _LONGEST_TEXT)).decode(errors="replace")


def _format(kind: int) -> str:
    if kind not in _FORMATS:
        raise Malformed(f"it has a value of the unknown type {kind}")
    return _FORMATS[kind]
