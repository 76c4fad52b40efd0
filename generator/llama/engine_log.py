"""llama.cpp's own log, kept in memory: its last error, and the sizes of the buffers it reports.

The C interface has no other way to ask for either.
"""

import ctypes
import re
from collections import deque

import llama_cpp

_ERROR = 4
# For example `load_tensors:          CPU model buffer size =  4095.05 MiB`.
_BUFFER = re.compile(r"(\w+) buffer size\s*=\s*([\d.]+) MiB")
# Then the graph is laid out anew, and its buffers take the place of earlier ones.
_LAYING_OUT = "reserving ..."


class EngineError(Exception):
    """llama.cpp refused; the text says what."""


# llama.cpp holds only the address, and may log long after the engine is gone: kept for good.
_CALLBACKS: list[object] = []


class EngineLog:
    """Takes llama.cpp's log from now on, until another one does."""

    def __init__(self) -> None:
        self._buffers: dict[str, int] = {}
        self._errors: deque[str] = deque(maxlen=3)
        callback = llama_cpp.llama_log_callback(self._take)
        _CALLBACKS.append(callback)
        llama_cpp.llama_log_set(callback, ctypes.c_void_p(0))

    def _take(self, level: int, text: bytes, _: ctypes.c_void_p) -> None:
        line = text.decode(errors="replace").strip()
        if level == _ERROR and line:
            self._errors.append(line)
        if line.endswith(_LAYING_OUT):
            self._buffers.pop("compute", None)
        for kind, mebibytes in _BUFFER.findall(line):
            self._buffers[kind] = self._buffers.get(kind, 0) + round(float(mebibytes) * 2**20)

    def last_error(self) -> str:
        """The most telling thing llama.cpp said of a failure: the first error of the last few."""
        return self._errors[0] if self._errors else "it gave no reason"

    def buffer_bytes(self, kind: str) -> int:
        """Sum of the buffers of a kind ("model", "KV", "compute", "output") over all devices, in bytes."""
        return self._buffers.get(kind, 0)


def engine_version() -> str:
    """The versions of llama-cpp-python and of llama.cpp in it."""
    return f"llama-cpp-python {llama_cpp.__version__}, llama.cpp {llama_cpp.llama_version().decode()}"
