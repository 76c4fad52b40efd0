"""Which matrices this machine's CPU keeps in a layout of its own for multiplications; and their size in it.

llama.cpp's log tells that only when it loads; so this asks ggml what llama.cpp asks it. Runs in the process
of `models.memory.dry_run`.
"""

import ctypes
from collections.abc import Iterator, Sequence

from llama_cpp._ggml import libggml as ggml

_CPU = 0
# As many tokens as llama.cpp asks about.
_BATCH = 512
_FLOAT32, _INT32 = 0, 26


def repacked_bytes(kind: int, shape: Sequence[int], experts_used: int) -> int | None:
    """Bytes of such a matrix in that layout; None if it stays as it is in the file.

    `kind`: ggml's number of the type; `shape`: as ggml orders sizes, the third is the number of experts, of
    which a token is sent to `experts_used`.
    """
    _declare()
    context = _pointer(ggml.ggml_init(_InitParams(2**16, None, True)))
    try:
        weight, product = _multiplication(context, kind, shape, experts_used)
        for layout in _layouts():
            weight.buffer = ggml.ggml_backend_buft_alloc_buffer(layout, ctypes.c_size_t(0))
            if ggml.ggml_backend_dev_supports_op(_device(), product):
                return int(ggml.ggml_backend_buft_get_alloc_size(layout, ctypes.byref(weight)))
        return None
    finally:
        ggml.ggml_free(context)


class _TensorHead(ctypes.Structure):
    """The first two fields of `struct ggml_tensor`."""

    _fields_ = (("type", ctypes.c_int), ("buffer", ctypes.c_void_p))


class _InitParams(ctypes.Structure):
    _fields_ = (("mem_size", ctypes.c_size_t), ("mem_buffer", ctypes.c_void_p), ("no_alloc", ctypes.c_bool))


def _declare() -> None:
    for name in ("dev_by_type", "dev_backend_reg", "reg_get_proc_address", "buft_alloc_buffer"):
        getattr(ggml, f"ggml_backend_{name}").restype = ctypes.c_void_p
    for name in ("init", "new_tensor_2d", "new_tensor_3d", "mul_mat", "mul_mat_id"):
        getattr(ggml, f"ggml_{name}").restype = ctypes.c_void_p
    ggml.ggml_backend_dev_supports_op.restype = ctypes.c_bool
    ggml.ggml_backend_buft_get_alloc_size.restype = ctypes.c_size_t


def _device() -> ctypes.c_void_p:
    return _pointer(ggml.ggml_backend_dev_by_type(_CPU))


def _layouts() -> Iterator[ctypes.c_void_p]:
    """What llama.cpp tries before the ordinary memory, in its order."""
    found = ggml.ggml_backend_reg_get_proc_address(
        _pointer(ggml.ggml_backend_dev_backend_reg(_device())), b"ggml_backend_dev_get_extra_bufts"
    )
    if not found:
        return
    layouts = ctypes.CFUNCTYPE(ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)(found)(_device())
    index = 0
    while layouts and layouts[index]:
        yield _pointer(layouts[index])
        index += 1


def _multiplication(
    context: ctypes.c_void_p, kind: int, shape: Sequence[int], experts_used: int
) -> tuple[_TensorHead, ctypes.c_void_p]:
    """A matrix and its product with a batch, as ggml describes them, without data."""

    def tensor(kind: int, *sizes: int) -> ctypes.c_void_p:
        new = getattr(ggml, f"ggml_new_tensor_{len(sizes)}d")
        return _pointer(new(context, kind, *map(ctypes.c_int64, sizes)))

    weight = tensor(kind, *shape)
    if len(shape) == 2:
        product = ggml.ggml_mul_mat(context, weight, tensor(_FLOAT32, shape[0], _BATCH))
    else:
        batch, chosen = tensor(_FLOAT32, shape[0], experts_used, _BATCH), tensor(_INT32, experts_used, _BATCH)
        product = ggml.ggml_mul_mat_id(context, weight, batch, chosen)
    assert weight.value
    return _TensorHead.from_address(weight.value), _pointer(product)


def _pointer(address: int) -> ctypes.c_void_p:
    return ctypes.c_void_p(address)
