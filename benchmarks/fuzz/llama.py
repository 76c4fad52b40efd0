"""GGUF headers that we accept, shown to llama.cpp: does it abort over one of them?

Each in a fork of a process that has loaded llama.cpp, as `models.memory.dry_run` lays a model out: with its
vocabulary and its graph, without its weights. An input is a file with a lying header and a hole for its data.
"""

import ctypes
import os
import signal
import tempfile
import time
from pathlib import Path
from random import Random

from benchmarks.fuzz.gguf_parts import GgufParts, take_apart
from benchmarks.fuzz.lies import lying
from benchmarks.fuzz.worker import Failure, Tally
from config.errors import ModelUnavailable
from models.gguf.header import read_header
from tests.random_architectures import FAMILIES, write_random_architecture
from tests.random_weights import SHAPES, write_random_model

_LOADED, _REFUSED = 0, 1
_MOST_SECONDS = 20
_CONTEXT = 256


def run_llama(inputs: int, seed: int) -> Tally:
    """Show llama.cpp so many accepted headers; a failure is one over which its process died."""
    tally = Tally()
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        models = _models(Path(folder))
        path = Path(folder) / "lying.gguf"
        index = 0
        while sum(tally.stages.values()) < inputs:
            write_lying(models, seed, index, path)
            if _accepted(path):
                started = time.perf_counter()
                end = show(path)
                tally.stages[end] += 1
                tally.slowest = max(tally.slowest, (time.perf_counter() - started, index))
                if end not in ("loaded", "refused"):
                    tally.failures.append(Failure("llama.cpp", index, end))
            index += 1
    return tally


def write_lying(models: list[GgufParts], seed: int, index: int, path: Path) -> None:
    """Write the `index`-th input of a run to `path`."""
    rng = Random(f"{seed}/{index}")
    parts = lying(rng.choice(models), rng)
    header = parts.packed()
    path.write_bytes(header)
    os.truncate(path, len(header) + max(parts.data, 0))


def show(path: Path) -> str:
    """What becomes of a process in which llama.cpp lays the file out: loaded, refused, or how it died."""
    child = os.fork()
    if not child:
        os._exit(_LOADED if _lay_out(path) else _REFUSED)
    status = os.waitpid(child, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    if code in (_LOADED, _REFUSED):
        return "loaded" if code == _LOADED else "refused"
    return f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"


def _lay_out(path: Path) -> bool:
    import llama_cpp

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_MOST_SECONDS)
    os.environ["GGML_NO_BACKTRACE"] = "1"
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    log = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(log, ctypes.c_void_p(0))
    params = llama_cpp.llama_model_default_params()
    params.no_alloc = True
    params.load_mode = llama_cpp.LLAMA_LOAD_MODE_NONE
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    if not model:
        return False
    context = llama_cpp.llama_context_default_params()
    context.n_ctx = context.n_batch = context.n_ubatch = _CONTEXT
    return bool(llama_cpp.llama_init_from_model(model, context))


def _models(folder: Path) -> list[GgufParts]:
    import llama_cpp

    llama_cpp.llama_backend_init()
    for family in SHAPES:
        write_random_model(folder / f"{family}.gguf", family)
    for family in FAMILIES:
        write_random_architecture(folder / f"{family}.gguf", family)
    files = sorted(folder.glob("*.gguf"))
    parts = [take_apart(file.read_bytes()) for file in files]
    for file in files:
        file.unlink()
    return parts


def _accepted(path: Path) -> bool:
    try:
        read_header(path)
    except ModelUnavailable:
        return False
    return True
