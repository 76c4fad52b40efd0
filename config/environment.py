"""What a process that we start is told of ours: nothing that it does not need.

Keys of servers, the hub's token and the database's password stand in the environment, where every child would
inherit them, and whoever may look at the child would see them. Their names are not known here, so what is
handed on is named and not what is withheld.
"""

import os

_HANDED_ON = frozenset({
    "HOME", "LANG", "LANGUAGE", "LOGNAME", "PATH", "PWD", "SHELL", "SYSTEMROOT", "TEMP", "TERM", "TMP",
    "TMPDIR", "TZ", "USER", "VIRTUAL_ENV",
})  # fmt: skip
# What loaders, Python, and libraries that calculate are set by.
_HANDED_ON_FROM = (
    "LC_", "LD_", "DYLD_", "PYTHON", "COVERAGE_", "GLIBC_", "MALLOC_", "OMP_", "KMP_", "GOMP_", "MKL_",
    "OPENBLAS_", "GGML_", "LLAMA_", "CUDA_", "NVIDIA_", "HIP_", "HSA_", "ROCR_", "ROCM_", "VK_", "ONEAPI_",
    "SYCL_", "ZE_", "MTL_",
)  # fmt: skip


def plain_environment() -> dict[str, str]:
    """The environment for a child process, without secrets."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _HANDED_ON or name.startswith(_HANDED_ON_FROM)
    }
