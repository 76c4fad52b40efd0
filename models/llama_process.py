"""What every process that runs llama.cpp is given: its environment, and how many cores there are.

Knows nothing of files, headers or what the process does.
"""

import os


def llama_environment() -> dict[str, str]:
    """The environment for a process that holds a model, or stands for one in a measurement."""
    return os.environ | {
        # Where llama.cpp aborts it would start a debugger; its own last line says more.
        "GGML_NO_BACKTRACE": "1",
        # Each token reads all weights once. In pages of 4 KiB the CPU spends a tenth of that time looking
        # pages up; glibc asks for pages of 2 MiB where the system leaves the choice to programs
        # (docs/experiments.md). Other C libraries ignore it.
        "GLIBC_TUNABLES": ":".join(
            filter(None, (os.environ.get("GLIBC_TUNABLES"), "glibc.malloc.hugetlb=1"))
        ),
    }


def usable_cores() -> int:
    """The cores this process may run on. llama.cpp's own default is half of them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
