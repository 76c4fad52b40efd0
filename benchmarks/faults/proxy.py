"""A way to a PostgreSQL that can be cut: TCP in front of its socket. Knows bytes, and nothing of SQL."""

import socket
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_SOCKET = ".s.PGSQL.5432"


class Proxy:
    """Leads from `port` of this machine to the server whose socket is in `folder`. For a `with` block."""

    def __init__(self, folder: Path) -> None:
        self._target = str(folder / _SOCKET)
        self._lock = threading.Lock()
        self.served = 0  # how many connections it has led so far
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._listen(self._listening)

    @property
    def url(self) -> str:
        """Of the server's usual database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def cut(self) -> None:
        """Nobody gets through any more, and whoever had is cut off in the middle."""
        with self._lock:
            # A thread that waits in `accept` keeps the port open until it is woken.
            with suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            cut_off, self._open = self._open, set()
        for one in cut_off:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def restore(self) -> None:
        """The way is open again."""
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self._listen(self._listening)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()

    def _listen(self, listening: socket.socket) -> None:
        threading.Thread(target=self._serve, args=(listening,), daemon=True).start()

    def _serve(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(self._target)
            except OSError:
                near.close()
                far.close()
                continue
            with self._lock:
                self._open |= {near, far}
                self.served += 1
                if listening.fileno() < 0:  # cut meanwhile
                    self._open -= {near, far}
                    near.close()
                    far.close()
                    return
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        with self._lock:
            self._open -= {source, target}
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
