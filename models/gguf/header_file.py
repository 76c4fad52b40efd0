"""A GGUF file that is all header: the tensors' data is a hole that takes no room on the disk.

llama.cpp can lay such a file out (models.memory.dry_run); to load it would be to load zeros.
"""

import math
from pathlib import Path

import gguf
import numpy as np

from models.gguf.header import Header, Scalar

_FLOAT32 = float(np.finfo(np.float32).max)


def write_header_file(header: Header, path: Path) -> None:
    """Write `header` to `path`, in a file as long as one with the data; but no vocabulary."""
    writer = gguf.GGUFWriter(path, header.architecture)
    for key, value in header.metadata.items():
        if key == "general.architecture" or key.startswith("tokenizer."):
            continue
        writer.add_key_value(key, value, _narrowest(value))
    writer.add_tokenizer_model("no_vocab")
    for tensor in header.tensors:
        # Quantised tensors are given as bytes: the contiguous side is as long as its blocks take.
        block, size = gguf.GGML_QUANT_SIZES[tensor.kind]
        row, *rest = tensor.shape
        shape = (*reversed(rest), row // block * size)
        writer.add_tensor_info(tensor.name, shape, np.dtype(np.uint8), tensor.nbytes, raw_dtype=tensor.kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()
    aligned = sum(-(-tensor.nbytes // 32) * 32 for tensor in header.tensors)
    with path.open("r+b") as file:
        file.truncate(-(-path.stat().st_size // 32) * 32 + aligned)


def _narrowest(value: Scalar) -> gguf.GGUFValueType:
    """The type that ggml's keys of this kind mostly have, or a wider one that holds the value."""
    types = gguf.GGUFValueType
    if isinstance(value, bool):
        return types.BOOL
    if isinstance(value, str):
        return types.STRING
    if isinstance(value, float):
        return types.FLOAT64 if _FLOAT32 < abs(value) < math.inf else types.FLOAT32
    if value < 0:
        return types.INT32 if value >= -(2**31) else types.INT64
    return types.UINT32 if value < 2**32 else types.UINT64
