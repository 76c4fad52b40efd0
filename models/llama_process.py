"""What every process that runs llama.cpp is given: its environment, and on which machine it runs.

Knows nothing of files, headers or what the process does.
"""

import os
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

from config.environment import plain_environment
from config.machine import usable_cores

# The compiled library came from another machine, or GCC broke what it wrote for AMX (GCC bug 114098, and
# llama.cpp #26954), which is therefore left out.
COMPILE_AGAIN = (
    "The compiled llama.cpp has an instruction that this processor refuses. Compile it here: "
    "CFLAGS=-U__AMX_INT8__ CXXFLAGS=-U__AMX_INT8__ pip install --force-reinstall --no-deps --no-cache-dir "
    "--no-binary llama-cpp-python llama-cpp-python==" + version("llama-cpp-python")
)


def llama_environment() -> dict[str, str]:
    """The environment, without secrets, for a process that holds a model or measures one."""
    given = plain_environment()
    # How long GNU's OpenMP spins where threads wait for each other, which is hundreds of times a token. By
    # itself it does for 300,000 rounds; two programs on the same cores, the page and a batch run, then keep
    # each other from working, and took 20 times as long. So few rounds cost one alone nothing that can be
    # measured (docs/experiments.md). Whoever sets one of these has a reason.
    if not given.keys() & {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}:
        given["GOMP_SPINCOUNT"] = "1000"
    return given | {
        # Where llama.cpp aborts it would start a debugger; its own last line says more.
        "GGML_NO_BACKTRACE": "1",
        # Each token reads all weights once. In pages of 4 KiB the CPU spends a tenth of that time looking
        # pages up; glibc asks for pages of 2 MiB where the system leaves the choice to programs
        # (docs/experiments.md). Other C libraries ignore it.
        "GLIBC_TUNABLES": ":".join(
            filter(None, (os.environ.get("GLIBC_TUNABLES"), "glibc.malloc.hugetlb=1"))
        ),
    }


def machine_name() -> str:
    """Processor, cores and system: what a figure must not be read without."""
    return f"{_processor()}, {usable_cores()} cores, {platform.system()}"


@cache
def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
