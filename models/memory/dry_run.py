"""The process that asks llama.cpp what a model would take, without loading it.

Started by `models.memory.memory`. llama.cpp reads the header, lays out every tensor and the graph, reports
the sizes of its buffers and allocates none of them: exact for every architecture it knows, in a tenth
of a second and 50 MB. In a process of its own, because a damaged file may abort it.
"""

import ctypes
import json
import re
import sys
from pathlib import Path
from typing import Any

import llama_cpp
from llama_cpp._ggml import libggml as ggml

# As generator.llama.llama_model has it: prompts are read in pieces of so many tokens, one is answered.
_BATCH = 512
# And of several texts each one's share of the context is a multiple of this many.
_CONTEXT_STEP = 256
_MIB = 2**20
_ERROR, _CPU = 4, 0

_CACHE = re.compile(r"^llama_(?:kv|memory)\w*: size =\s*([\d.]+) MiB", re.MULTILINE)
_COMPUTE = re.compile(r"compute buffer size =\s*([\d.]+) MiB")
_UNUSED = re.compile(r"unused tensor \S+ \(size = (\d+) bytes\)")
# llama.cpp tells a megabyte about the graph, which is not to count as the process's own.
_WORTH_KEEPING = re.compile(r" size =|loading tensor token_embd|unused tensor")
_RESIDENT = re.compile(r"^VmRSS:\s*(\d+) kB", re.MULTILINE)


def main() -> None:
    """`python -m models.memory.dry_run FILE N_CTX SEQUENCES [TYPE COLUMNS ROWS]`: one line of JSON.

    Either sizes in bytes, or an `error`. SEQUENCES: how many texts of N_CTX tokens are written at once. TYPE,
    COLUMNS and ROWS describe the embedding matrix, which some models use as output too: llama.cpp then holds
    it twice if it repacks it for that.
    """
    path, n_ctx, sequences, *embedding = sys.argv[1:]
    told: list[str] = []
    errors: list[str] = []

    def listen(level: int, text: bytes, _: ctypes.c_void_p) -> None:
        line = text.decode(errors="replace")
        if level == _ERROR and line.strip():
            errors.append(line.strip())
        elif _WORTH_KEEPING.search(line):
            told.append(line)

    log = llama_cpp.llama_log_callback(listen)
    llama_cpp.llama_log_set(log, ctypes.c_void_p(0))
    if _lay_out(path, int(n_ctx), int(sequences)):
        result: dict[str, Any] = _sizes("".join(told))
        result["embedding_twice"] = result["embedding_twice"] and _is_repacked(*map(int, embedding))
    else:
        result = {"error": errors[0] if errors else "it gave no reason"}
    print(json.dumps(result))


def _lay_out(path: str, n_ctx: int, sequences: int) -> bool:
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_default_params()
    params.no_alloc = True
    params.load_mode = llama_cpp.LLAMA_LOAD_MODE_NONE
    model = llama_cpp.llama_model_load_from_file(path.encode(), params)
    if not model:
        return False
    context = llama_cpp.llama_context_default_params()
    context.n_ctx = n_ctx if sequences == 1 else sequences * -(-n_ctx // _CONTEXT_STEP) * _CONTEXT_STEP
    context.n_batch = context.n_ubatch = min(_BATCH, context.n_ctx)
    context.n_seq_max = context.n_outputs_max = sequences
    context.kv_unified = False
    context.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    return bool(llama_cpp.llama_init_from_model(model, context))


def _sizes(log: str) -> dict[str, Any]:
    """What llama.cpp said, and this process's size: it holds a vocabulary and a graph as a worker does."""
    status = Path("/proc/self/status")
    resident = _RESIDENT.search(status.read_text()) if status.exists() else None
    return {
        "unused": sum(map(int, _UNUSED.findall(log))),
        "embedding_twice": log.count("loading tensor token_embd.weight") > 1,
        "kv_cache": round(sum(map(float, _CACHE.findall(log))) * _MIB),
        "compute": round(sum(map(float, _COMPUTE.findall(log))) * _MIB),
        "process": int(resident[1]) * 1024 if resident else None,
    }


def _is_repacked(kind: int, columns: int, rows: int) -> bool:
    """Whether this machine's CPU keeps such a matrix in a layout of its own for multiplications.

    llama.cpp's log tells that only when it loads; so this asks ggml what llama.cpp asks it.
    """
    for name in ("dev_by_type", "dev_backend_reg", "reg_get_proc_address", "buft_alloc_buffer"):
        getattr(ggml, f"ggml_backend_{name}").restype = ctypes.c_void_p
    for name in ("ggml_init", "ggml_new_tensor_2d", "ggml_mul_mat"):
        getattr(ggml, name).restype = ctypes.c_void_p
    ggml.ggml_backend_dev_supports_op.restype = ctypes.c_bool
    device = _pointer(ggml.ggml_backend_dev_by_type(_CPU))
    found = ggml.ggml_backend_reg_get_proc_address(
        _pointer(ggml.ggml_backend_dev_backend_reg(device)), b"ggml_backend_dev_get_extra_bufts"
    )
    if not found:
        return False
    layouts = ctypes.CFUNCTYPE(ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)(found)(device)
    weight, product = _multiplication(kind, columns, rows)
    index = 0
    while layouts and layouts[index]:
        weight.buffer = ggml.ggml_backend_buft_alloc_buffer(_pointer(layouts[index]), ctypes.c_size_t(0))
        if ggml.ggml_backend_dev_supports_op(device, _pointer(product)):
            return True
        index += 1
    return False


class _TensorHead(ctypes.Structure):
    """The first two fields of `struct ggml_tensor`."""

    _fields_ = (("type", ctypes.c_int), ("buffer", ctypes.c_void_p))


class _InitParams(ctypes.Structure):
    _fields_ = (("mem_size", ctypes.c_size_t), ("mem_buffer", ctypes.c_void_p), ("no_alloc", ctypes.c_bool))


def _multiplication(kind: int, columns: int, rows: int) -> tuple[_TensorHead, int]:
    """A matrix and its product with a batch, as ggml describes them, without data."""
    context = _pointer(ggml.ggml_init(_InitParams(2**16, None, True)))
    width = ctypes.c_int64(columns)
    weight = ggml.ggml_new_tensor_2d(context, kind, width, ctypes.c_int64(rows))
    batch = ggml.ggml_new_tensor_2d(context, 0, width, ctypes.c_int64(_BATCH))
    product = ggml.ggml_mul_mat(context, _pointer(weight), _pointer(batch))
    return _TensorHead.from_address(weight), product


def _pointer(address: int) -> ctypes.c_void_p:
    return ctypes.c_void_p(address)


if __name__ == "__main__":
    main()
