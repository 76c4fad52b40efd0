"""The page as a person starts it: a Streamlit server of its own process, on a free port of this machine."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "app" / "main.py"


class PageServer:
    """A running Streamlit server of `script`, started in `folder`; `url` leads to its page.

    `base`: the path below which it serves, as behind a proxy.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        log: Path,
        folder: Path = ROOT,
        script: Path = SCRIPT,
        base: str = "",
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}" + (f"/{base}" if base else "")
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", str(script),
                 f"--server.port={self.port}", f"--server.baseUrlPath={base}"],
                cwd=folder,
                env=dict(environment),
                stdout=output,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
        self._wait_until_healthy()

    def _wait_until_healthy(self) -> None:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).close()
                return
            except OSError:
                assert self._process.poll() is None, self.log.read_text()
                time.sleep(0.05)
        raise AssertionError(f"the page's server did not answer: {self.log.read_text()}")

    @property
    def pid(self) -> int:
        """Of the server's process."""
        return self._process.pid

    @property
    def defects(self) -> list[str]:
        """The lines of this project in the log's tracebacks.

        Streamlit writes tracebacks of its own where a tab goes while it answers it: those are not ours.
        """
        lines = self.log.read_text().splitlines()
        return [line for line in lines if f'File "{ROOT}/' in line and "site-packages" not in line]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(60)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
