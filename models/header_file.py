"""A GGUF file that is all header: the tensors' data is a hole that takes no room on the disk.

llama.cpp can lay such a file out (models.dry_run); to load it would be to load zeros.
"""

from pathlib import Path

import gguf
import numpy as np

from models.header import Header


def write_header_file(header: Header, path: Path) -> None:
    """Write `header` to `path`, in a file as long as one with the data; but no vocabulary."""
    writer = gguf.GGUFWriter(path, header.architecture)
    for key, value in header.metadata.items():
        if key == "general.architecture" or key.startswith("tokenizer."):
            continue
        if isinstance(value, bool):
            writer.add_bool(key, value)
        elif isinstance(value, int):
            writer.add_uint32(key, value)
        elif isinstance(value, float):
            writer.add_float32(key, value)
        else:
            writer.add_string(key, value)
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
