"""A GGUF's header taken apart and put together again, true or not."""

import struct
from dataclasses import dataclass, field

STRING, ARRAY = 8, 9
WIDTHS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


@dataclass(slots=True)
class Key:
    """A key and its value as bytes; of an array those of its values, and their number as it is claimed."""

    name: bytes
    kind: int
    value: bytes
    of: int = 0
    count: int = 0

    def packed(self) -> bytes:
        """As it stands in a file."""
        head = text(self.name) + struct.pack("<I", self.kind)
        if self.kind == ARRAY:
            return head + struct.pack("<IQ", self.of, self.count) + self.value
        return head + (text(self.value) if self.kind == STRING else self.value)


@dataclass(slots=True)
class TensorEntry:
    """A tensor's entry in the table."""

    name: bytes
    shape: list[int]
    kind: int
    offset: int

    def packed(self) -> bytes:
        """As it stands in a file."""
        sizes = struct.pack(f"<I{len(self.shape)}Q", len(self.shape), *self.shape)
        return text(self.name) + sizes + struct.pack("<IQ", self.kind, self.offset)


@dataclass(slots=True)
class GgufParts:
    """A header; `data` is how many bytes follow it, `alignment` what it is padded to."""

    version: int = 3
    keys: list[Key] = field(default_factory=list)
    tensors: list[TensorEntry] = field(default_factory=list)
    data: int = 0
    alignment: int = 32
    claimed_keys: int | None = None
    claimed_tensors: int | None = None

    def packed(self) -> bytes:
        """The header, padded."""
        keys = len(self.keys) if self.claimed_keys is None else self.claimed_keys
        tensors = len(self.tensors) if self.claimed_tensors is None else self.claimed_tensors
        header = b"GGUF" + struct.pack("<IQQ", self.version, tensors, keys)
        header += b"".join(key.packed() for key in self.keys)
        header += b"".join(tensor.packed() for tensor in self.tensors)
        return header + bytes(-len(header) % self.alignment)


def text(value: bytes) -> bytes:
    """A string as a GGUF has it."""
    return struct.pack("<Q", len(value)) + value


def take_apart(file: bytes) -> GgufParts:
    """The parts of a valid file."""
    reader = _Reader(file)
    version, tensors, keys = reader.take("IQQ", after=4)
    parts = GgufParts(version)
    for _ in range(keys):
        parts.keys.append(reader.key())
    for _ in range(tensors):
        name = reader.text()
        (dimensions,) = reader.take("I")
        shape = list(reader.take(f"{dimensions}Q"))
        kind, offset = reader.take("IQ")
        parts.tensors.append(TensorEntry(name, shape, kind, offset))
    parts.data = len(file) - (reader.place + -reader.place % parts.alignment)
    return parts


class _Reader:
    def __init__(self, file: bytes) -> None:
        self._file = file
        self.place = 0

    def take(self, form: str, after: int = 0) -> tuple[int, ...]:
        values: tuple[int, ...] = struct.unpack_from("<" + form, self._file, self.place + after)
        self.place += after + struct.calcsize("<" + form)
        return values

    def text(self) -> bytes:
        (length,) = self.take("Q")
        return self._bytes(length)

    def key(self) -> Key:
        name = self.text()
        (kind,) = self.take("I")
        if kind == STRING:
            return Key(name, kind, self.text())
        if kind != ARRAY:
            return Key(name, kind, self._bytes(WIDTHS[kind]))
        of, count = self.take("IQ")
        start = self.place
        if of == STRING:
            for _ in range(count):
                self.text()
        else:
            self._bytes(count * WIDTHS[of])
        return Key(name, kind, self._file[start : self.place], of, count)

    def _bytes(self, length: int) -> bytes:
        self.place += length
        return self._file[self.place - length : self.place]
