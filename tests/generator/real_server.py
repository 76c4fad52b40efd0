"""A real server of the OpenAI API for one GGUF, as a process: llama-cpp-python's own, or llama.cpp's."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# The second one is not a dependency; where somebody has it, it is tested too.
KINDS = ("llama_cpp.server", "llama-server")
STARTS_WITHIN_S = 60


def available(kind: str) -> bool:
    return kind == KINDS[0] or shutil.which(kind) is not None


@contextmanager
def serving(kind: str, model: Path, n_ctx: int, log: Path, key: str = "") -> Iterator[str]:
    """The base URL of a running server; it ends with the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    if kind == KINDS[0]:
        command = [sys.executable, "-m", kind, "--model_alias", model.stem, "--n_ctx", str(n_ctx)]
        command += ["--api_key", key] if key else []
    else:
        command = [kind, "--alias", model.stem, "--ctx-size", str(n_ctx), "--parallel", "1"]
        command += ["--api-key", key] if key else []
    command += ["--model", str(model), "--host", "127.0.0.1", "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        url = f"http://127.0.0.1:{port}/v1"
        _wait_for(url, key, process, log)
        yield url
    finally:
        process.kill()
        process.wait()


def _wait_for(url: str, key: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    request = urllib.request.Request(f"{url}/models", headers={"Authorization": f"Bearer {key}"})
    end = time.monotonic() + STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(request, timeout=1).close()
            return
        except urllib.error.HTTPError as error:
            error.close()
            time.sleep(0.1)
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not start: {log.read_text()[-2000:]}")
