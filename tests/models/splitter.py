"""A GGUF in parts, laid out as gguf-split of llama.cpp does it (tools/gguf-split/gguf-split.cpp).

The first part has all metadata; each part has `split.no` (from 0, 16 bits), `split.count` (16 bits) and
`split.tensors.count` (32 bits, of all parts); tensors follow each other through the parts. With
`--no-tensor-first-split` the first one has none.
"""

import struct
from collections.abc import Sequence
from pathlib import Path

import gguf

_ALIGNMENT = 32
_UINT16, _INT32 = 2, 5


def split(whole: Path, folder: Path, tensors: Sequence[int], name: str = "model") -> list[Path]:
    """Write the parts into `folder`, with so many tensors each; the last one has the rest."""
    reader, data = gguf.GGUFReader(whole), whole.read_bytes()
    assert reader.alignment == _ALIGNMENT
    keys = data[24 : reader.tensors[0].field.offset]
    number_of_keys = struct.unpack("<Q", data[16:24])[0]
    left = list(reader.tensors)
    counts = [*tensors, len(left) - sum(tensors)]
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for number, count in enumerate(counts):
        mine, left = left[:count], left[count:]
        own = [("split.no", _UINT16, "H", number), ("split.count", _UINT16, "H", len(counts))]
        own.append(("split.tensors.count", _INT32, "i", len(reader.tensors)))
        header = b"GGUF" + struct.pack("<IQQ", 3, count, len(own) + (number_of_keys if number == 0 else 0))
        header += keys if number == 0 else b""
        header += b"".join(
            _text(key) + struct.pack("<I" + code, kind, value) for key, kind, code, value in own
        )
        path = folder / f"{name}-{number + 1:05}-of-{len(counts):05}.gguf"
        path.write_bytes(_with_tensors(header, mine, data))
        parts.append(path)
    return parts


def _with_tensors(header: bytes, tensors: Sequence[gguf.ReaderTensor], data: bytes) -> bytes:
    infos, blob = b"", b""
    for tensor in tensors:
        infos += _text(tensor.name) + struct.pack("<I", len(tensor.shape))
        infos += b"".join(struct.pack("<Q", int(side)) for side in tensor.shape)
        infos += struct.pack("<IQ", int(tensor.tensor_type), len(blob))
        blob += _padded(data[tensor.data_offset : tensor.data_offset + int(tensor.n_bytes)])
    return _padded(header + infos) + blob


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _ALIGNMENT)
