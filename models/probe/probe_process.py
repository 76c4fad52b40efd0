"""The caller's end of `probe_worker`: start it with a file, ask it for rounds, notice its death."""

import json
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psutil

from config.errors import ModelUnavailable
from models.gguf.header import Header
from models.llama_process import llama_environment


class ProbeProcess:
    """A process of `models.probe.probe_worker` with one file; ended when `stack` is closed."""

    def __init__(self, file: Path, header: Header, n_ctx: int, threads: int, stack: ExitStack) -> None:
        self.header = header
        # -P: a folder named like one of our packages in the current directory must not be imported.
        command = [
            sys.executable,
            "-P",
            "-m",
            "models.probe.probe_worker",
            str(file),
            str(n_ctx),
            str(threads),
        ]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=llama_environment(),
        )
        stack.enter_context(self._process)
        stack.callback(self._process.kill)
        self._reply()

    def run(self, prompt: int, answer: int) -> dict[str, Any]:
        """Read and write so many tokens from an empty cache."""
        assert self._process.stdin
        # A process that has ended is noticed by what it does not reply.
        with suppress(BrokenPipeError):
            self._process.stdin.write(f"{prompt} {answer}\n".encode())
        return self._reply()

    def resident(self) -> int:
        """Bytes of memory it holds now."""
        return int(psutil.Process(self._process.pid).memory_info().rss)

    def _reply(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):  # it may have died in the middle of one
            raise ModelUnavailable(
                f"The process that measured a stand-in ended with code {self._process.wait()}; perhaps the "
                "memory did not suffice: try a smaller --file-gib."
            )
        reply: dict[str, Any] = json.loads(line)
        if "failed" in reply:
            raise ModelUnavailable(
                f"llama.cpp cannot load such a model: {reply['failed'].rstrip('.')}. "
                "Try a newer conversion of it."
            )
        return reply
