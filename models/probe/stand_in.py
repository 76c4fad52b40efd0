"""A stand-in for a model: a file with the tensors that its header lists, all or a few layers, at random.

A GGUF's speed and memory depend on its tensors' sizes and types, not on their values. Knows headers and
the GGUF format; knows nothing of settings or measuring. A stand-in has no vocabulary: it is asked with
token numbers.
"""

import math
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from gguf import GGML_QUANT_SIZES
from gguf import GGMLQuantizationType as Kind

from config.errors import ModelUnavailable
from models.gguf.header import ArrayLength, Header, Tensor
from models.gguf.header_file import write_header_file

_LAYER = re.compile(r"^blk\.(\d+)\.(.*)$")
_MIB = 2**20
# GGUF's default, which models.gguf.header_file keeps.
_ALIGNMENT = 32

# Where a block of this type keeps its 16-bit scales, and values that make its weights about as
# large as a real model's: what is not finite, or vanishes, would be another model.
_SCALES: dict[Kind, tuple[tuple[int, float], ...]] = {
    Kind.Q4_0: ((0, 4e-3),),
    Kind.Q4_1: ((0, 4e-3), (2, -3e-2)),
    Kind.Q5_0: ((0, 2e-3),),
    Kind.Q5_1: ((0, 2e-3), (2, -3e-2)),
    Kind.Q8_0: ((0, 3e-4),),
    Kind.Q2_K: ((80, 2e-3), (82, 3e-3)),
    Kind.Q3_K: ((108, 4e-4),),
    Kind.Q4_K: ((0, 1e-4), (2, 7.5e-4)),
    Kind.Q5_K: ((0, 7e-5), (2, 1e-3)),
    Kind.Q6_K: ((208, 6.2e-5),),
    Kind.IQ4_NL: ((0, 3e-4),),
    Kind.IQ4_XS: ((0, 6.2e-5),),
}

Bytes = npt.NDArray[np.uint8]


def layers_of(header: Header) -> int:
    """How many layers its tensors have."""
    return len(_by_layer(header))


def layer_bytes(header: Header) -> int:
    """Bytes of the tensors that belong to layers; the rest is there however many layers there are."""
    return sum(tensor.nbytes for tensors in _by_layer(header).values() for tensor in tensors)


def shortened(header: Header, count: int) -> Header:
    """The header with `count` of its layers, chosen so that each kind of layer keeps its share.

    Layers differ: Q4_K_M gives half of them more bits, some models' first layers have no experts.
    """
    layers = _by_layer(header)
    kinds = {number: _kind_of_layer(tensors) for number, tensors in layers.items()}
    common = Counter(kinds.values())
    # Sorted by kind, every n-th is a fair sample.
    ordered = sorted(layers, key=lambda number: (-common[kinds[number]], kinds[number], number))
    step = len(ordered) / count
    chosen = sorted(ordered[int((index + 0.5) * step)] for index in range(count))
    renumbered = {old: new for new, old in enumerate(chosen)}
    tensors = []
    for tensor in header.tensors:
        match = _LAYER.match(tensor.name)
        if not match:
            tensors.append(tensor)
        elif int(match[1]) in renumbered:
            tensors.append(replace(tensor, name=f"blk.{renumbered[int(match[1])]}.{match[2]}"))
    block_count = f"{header.architecture}.block_count"
    return replace(header, path=None, tensors=tuple(tensors), metadata=header.metadata | {block_count: count})


def write_stand_in(header: Header, path: Path) -> None:
    """Write the header's tensors with random weights.

    Raises ModelUnavailable for a header that cannot be stood in for: lists that differ from layer to
    layer, or a type of weights whose blocks are not known here.
    """
    _refuse_lists(header)
    patterns = {tensor.kind: _pattern(tensor.kind) for tensor in header.tensors if len(tensor.shape) > 1}
    vocabulary = {f"{header.architecture}.vocab_size": _vocabulary(header)}
    metadata = header.metadata | vocabulary
    metadata.pop("general.alignment", None)
    write_header_file(replace(header, metadata=metadata), path)
    # That file has holes where the data belongs, one behind the other.
    place = path.stat().st_size - sum(_padded(tensor.nbytes) for tensor in header.tensors)
    with path.open("r+b") as file:
        for tensor in header.tensors:
            file.seek(place)
            _data(tensor, patterns).tofile(file)
            place += _padded(tensor.nbytes)


def _refuse_lists(header: Header) -> None:
    prefix = header.architecture + "."
    for key, value in header.metadata.items():
        if key.startswith(prefix) and isinstance(value, ArrayLength):
            raise ModelUnavailable(
                f"The layers of this model differ by the list {key}, whose values its header does not keep "
                "here: a stand-in with fewer layers cannot be made. Fetch the model and measure it."
            )


def _padded(nbytes: int) -> int:
    return -(-nbytes // _ALIGNMENT) * _ALIGNMENT


def _by_layer(header: Header) -> dict[int, list[Tensor]]:
    layers: dict[int, list[Tensor]] = {}
    for tensor in header.tensors:
        if match := _LAYER.match(tensor.name):
            layers.setdefault(int(match[1]), []).append(tensor)
    return layers


def _kind_of_layer(tensors: list[Tensor]) -> tuple[tuple[str, tuple[int, ...], int], ...]:
    named = ((tensor.name.split(".", 2)[2], tensor.shape, int(tensor.kind)) for tensor in tensors)
    return tuple(sorted(named))


def _vocabulary(header: Header) -> int:
    embedding = next((t for t in header.tensors if t.name == "token_embd.weight"), None)
    if embedding is None or len(embedding.shape) != 2:
        raise ModelUnavailable(
            "The header lists no token embedding, as every language model has. Name another."
        )
    return embedding.shape[1]


def _data(tensor: Tensor, patterns: dict[Kind, Bytes]) -> Bytes:
    """The tensor's bytes: norms leave their input as it is, matrices repeat a random pattern."""
    if len(tensor.shape) == 1:
        value = 1.0 if tensor.name.endswith(".weight") else 0.0
        kind = np.float16 if tensor.kind == Kind.F16 else np.float32
        return np.full(tensor.shape, value, kind).view(np.uint8)
    return np.resize(patterns[tensor.kind], tensor.nbytes)


def _pattern(kind: Kind) -> Bytes:
    """Some mebibytes of random blocks of this type, whole blocks only."""
    rng = np.random.default_rng(int(kind))
    if kind in (Kind.F32, Kind.F16, Kind.BF16):
        values = (rng.standard_normal(_MIB) * 0.02).astype(np.float32)
        if kind == Kind.F16:
            return values.astype(np.float16).view(np.uint8)
        # A bfloat16 is the upper half of a 32-bit float.
        raw = values.view(np.uint8)
        return raw if kind == Kind.F32 else raw.reshape(-1, 4)[:, 2:].reshape(-1).copy()
    if kind not in _SCALES:
        raise ModelUnavailable(
            f"Random weights of the type {kind.name} cannot be made; known: "
            f"{', '.join(known.name for known in _SCALES)}, F16, BF16 and F32."
        )
    _, size = GGML_QUANT_SIZES[kind]
    # Not a power of two, so that the rows of a matrix do not all begin alike.
    blocks = rng.integers(0, 256, (math.ceil(4 * _MIB / size) | 1, size), dtype=np.uint8)
    for offset, scale in _SCALES[kind]:
        blocks[:, offset : offset + 2] = np.frombuffer(np.float16(scale).tobytes(), np.uint8)
    return blocks.reshape(-1)
