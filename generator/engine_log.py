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


class EngineLog:
    """Takes llama.cpp's log for as long as this object lives."""

    def __init__(self) -> None:
        self._buffers: dict[str, int] = {}
        self._errors: deque[str] = deque(maxlen=3)
        # Kept as an attribute: llama.cpp holds only the address.
        self._callback = llama_cpp.llama_log_callback(self._take)
        llama_cpp.llama_log_set(self._callback, ctypes.c_void_p(0))

    def _take(self, level: int, text: bytes, _: ctypes.c_void_p) -> None:
        line = text.decode(errors="replace").strip()
        if level == _ERROR and line:
            self._errors.append(line)
        for kind, mebibytes in _BUFFER.findall(line):
            self._buffers[kind] = self._buffers.get(kind, 0) + round(float(mebibytes) * 2**20)

    def last_error(self) -> str:
        """The most telling thing llama.cpp said of a failure: the first error of the last few."""
        return self._errors[0] if self._errors else "it gave no reason"

    def buffer_bytes(self, kind: str) -> int:
        """Sum of the buffers of a kind ("model", "KV", "compute", "output") over all devices, in bytes."""
        return self._buffers.get(kind, 0)
