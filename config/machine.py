"""How much of the machine this process may use: cores and memory, within the limits of its control groups.

Knows Linux's control groups, of both versions, one inside another; elsewhere there are none. Standard library
and psutil only: knows nothing of what the memory is for.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

_PROCESS = Path("/proc/self")
_QUOTA = ("quota", "period")
# Version 1 says "no limit" with a number near 2**63.
_NO_LIMIT = 2**60


def usable_cores() -> int:
    """The cores this process may run on all the time: by its affinity (cpusets), and its groups' quotas."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    # Rounded down: where one thread may not run for a while, all the others wait for it.
    quotas = [int(quota) for group in _groups("cpu") if (quota := _quota(group)) is not None]
    return max(1, min([allowed or 1, *quotas]))


def memory_total() -> int:
    """Bytes of memory this process may have at most."""
    limits = [limit for group in _groups("memory") if (limit := _memory_limit(group)) is not None]
    return min([psutil.virtual_memory().total, *limits])


def memory_free() -> int:
    """Bytes of memory that it may still take: what is available, in the machine and in each of its groups."""
    free = [psutil.virtual_memory().available]
    for group in _groups("memory"):
        limit, used = _memory_limit(group), _memory_used(group)
        if limit is not None and used is not None:
            free.append(max(0, limit - used))
    return min(free)


def _quota(group: Path) -> float | None:
    """How many cores' time a group may use; None if it has no quota."""
    said = _read(group / "cpu.max").split() or [_read(group / f"cpu.cfs_{name}_us") for name in _QUOTA]
    quota, period = map(_number, said) if len(said) == 2 else (None, None)
    return quota / period if quota and period else None


def _memory_limit(group: Path) -> int | None:
    names = ("memory.max", "memory.high", "memory.limit_in_bytes")
    limits = [limit for name in names if (limit := _number(_read(group / name))) is not None]
    return min((limit for limit in limits if limit < _NO_LIMIT), default=None)


def _memory_used(group: Path) -> int | None:
    """Bytes without what would be given back: the kernel counts files that are cached as used."""
    counted = dict(line.split()[:2] for line in _read(group / "memory.stat").splitlines() if " " in line)
    second = _number(_read(group / "memory.current"))
    used = _number(_read(group / "memory.usage_in_bytes")) if second is None else second
    if used is None:
        return None
    names = ("total_cache", "total_shmem") if second is None else ("file", "shmem")
    cached, shared = (_number(counted.get(name, "0")) or 0 for name in names)
    # What is shared is counted among the files, but there is no file that it could go back to.
    return max(0, used - max(0, cached - shared))


def _groups(controller: str) -> Iterator[Path]:
    """The folders of this process's groups that may limit it, from its own to the outermost that is seen."""
    paths = {}
    for line in _read(_PROCESS / "cgroup").splitlines():
        _, controllers, path = line.split(":", 2) if line.count(":") > 1 else ("", "", "/")
        paths[controllers] = path
    for line in _read(_PROCESS / "mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        kind, *_, options = after.split() or [""]
        root, mounted = map(_unescaped, before.split()[3:5])
        names = [""] if kind == "cgroup2" else [names for names in paths if controller in names.split(",")]
        if kind == "cgroup2" or (kind == "cgroup" and controller in options.split(",")):
            for name in names:
                yield from _up(Path(mounted), root, paths.get(name, "/"))


def _up(mounted: Path, root: str, path: str) -> Iterator[Path]:
    """The folders from `path`, as it is seen where its hierarchy is mounted from `root` on, up to there."""
    inside = Path(path)
    with suppress(ValueError):  # another container's part may be mounted, or its groups' names not be ours
        inside = inside.relative_to(root)
    folder = mounted / str(inside).lstrip("/")
    if ".." in inside.parts or not folder.is_dir():
        folder = mounted
    while folder != mounted:
        yield folder
        folder = folder.parent
    yield mounted


def _unescaped(path: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), path)


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() else None


def _read(file: Path) -> str:
    with suppress(OSError):
        return file.read_text(encoding="utf-8", errors="replace")
    return ""
