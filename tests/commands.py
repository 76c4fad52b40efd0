"""Commands as a user types them, each in a process of its own, without its waiting for torch.

Their processes are forked from one that has imported the slow libraries, and nothing of this project: what a
command imports of ours, reads and prints is what it would be in a fresh interpreter.
"""

import atexit
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

SLOW = ["sentence_transformers", "sklearn.linear_model"]


def run_module(
    arguments: Sequence[str], environment: Mapping[str, str], cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """`python -m` with these arguments, the module's name first."""
    with tempfile.TemporaryDirectory() as folder:
        process = start_module(arguments, environment, Path(folder), cwd)
        process.join()
        code = process.exitcode
        process.close()
        assert code is not None
        out, err = (Path(folder, name).read_text("utf-8") for name in ("stdout", "stderr"))
        return subprocess.CompletedProcess(arguments, code, out, err)


def start_module(
    arguments: Sequence[str], environment: Mapping[str, str], folder: Path, cwd: Path | None = None
) -> BaseProcess:
    """The same, while it runs; what it says is put into `folder`, as `stdout` and `stderr`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(SLOW)
    process = context.Process(
        target=_be,
        args=(
            list(arguments),
            dict(environment),
            str(cwd or Path.cwd()),
            folder / "stdout",
            folder / "stderr",
        ),
    )
    # It would run this process's main module anew, which a test of a page may have left to be a page.
    with patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):
        process.start()
    return process


def _be(arguments: list[str], environment: dict[str, str], cwd: str, out: Path, err: Path) -> None:
    """Become this command; never returns to its caller's state."""
    for descriptor, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    os.environ.clear()
    os.environ.update(environment)
    _keep_to_a_core()
    os.chdir(cwd)
    sys.path.insert(0, cwd)
    sys.argv = ["", *arguments[1:]]
    try:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    finally:
        sys.stdout.flush()
        # A forked process skips these; the embedded database ends by them.
        atexit._run_exitfuncs()


def _keep_to_a_core() -> None:
    """Each test process's commands have one of their own.

    Two threads on a tiny model wait for each other, and who waits spins: longer than they work, as soon as
    another test wants the core.
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        os.sched_setaffinity(0, {cores[worker % len(cores)]})
        sys.modules["torch"].set_num_threads(1)
