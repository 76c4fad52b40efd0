"""How much memory this process has used, as the operating system counts it.

Knows nothing of models. Standard library only: the worker imports it.
"""

import resource
import sys
from pathlib import Path


def peak_rss() -> int:
    """High-water resident memory of this process, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        return _kibibytes(status, "VmHWM:")
    # Elsewhere getrusage tells the same; it counts bytes on macOS and KiB on the other systems.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def pss() -> int | None:
    """Proportional set size of this process now, in bytes; None where the system does not tell."""
    rollup = Path("/proc/self/smaps_rollup")
    return _kibibytes(rollup, "Pss:") if rollup.exists() else None


def _kibibytes(file: Path, field: str) -> int:
    line = next(line for line in file.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024
