"""Cores and memory within the limits of control groups, as Linux shows them in its files."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from config import machine
from config.machine import memory_free, memory_total, usable_cores

MIB = 2**20
Groups = Callable[[str, str, dict[str, str]], None]


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Groups:
    """Sets what /proc says of this process's groups and mounts, and writes files below the latter."""
    monkeypatch.setattr(machine, "_PROCESS", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    total = psutil.virtual_memory()._replace(total=2**40, available=2**40)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: total)

    def write(group: str, mounts: str, files: dict[str, str]) -> None:
        (tmp_path / "cgroup").write_text(group)
        (tmp_path / "mountinfo").write_text(mounts.replace("/sys", str(tmp_path / "sys")))
        for name, text in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    return write


SECOND = "30 23 0:26 / /sys rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
FIRST = (
    "31 23 0:27 {} /sys/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "32 23 0:28 {} /sys/memory rw - cgroup cgroup rw,memory\n"
)


@pytest.mark.parametrize(
    ("own", "outer", "cores"),
    [
        ("max 100000", "max 100000", 8),
        ("250000 100000", "max 100000", 2),
        ("max 100000", "300000 100000", 3),
        ("600000 100000", "400000 100000", 4),
        ("50000 100000", "max 100000", 1),
        ("1600000 100000", "", 8),
        ("nonsense", "max", 8),
    ],
)
def test_quotas_of_version_2(own: str, outer: str, cores: int, groups: Groups) -> None:
    groups("0::/a/b\n", SECOND, {"sys/a/b/cpu.max": own, "sys/a/cpu.max": outer})
    assert usable_cores() == cores


@pytest.mark.parametrize(
    ("own", "outer", "cores"), [("-1", "-1", 8), ("-1", "300000", 3), ("150000", "-1", 1)]
)
def test_quotas_of_version_1(own: str, outer: str, cores: int, groups: Groups) -> None:
    files = {
        "sys/cpu,cpuacct/a/b/cpu.cfs_quota_us": own,
        "sys/cpu,cpuacct/a/b/cpu.cfs_period_us": "100000",
        "sys/cpu,cpuacct/a/cpu.cfs_quota_us": outer,
        "sys/cpu,cpuacct/a/cpu.cfs_period_us": "100000",
    }
    groups("5:cpu,cpuacct:/a/b\n4:memory:/a\n0::/\n", FIRST.format("/", "/"), files)
    assert usable_cores() == cores


@pytest.mark.parametrize("root", ["/docker/1", "/"])
def test_a_container_without_a_namespace_of_groups(root: str, groups: Groups) -> None:
    """Its own group is mounted as the outermost, and named as the host names it."""
    files = {
        "sys/cpu,cpuacct/cpu.cfs_quota_us": "200000",
        "sys/cpu,cpuacct/cpu.cfs_period_us": "100000",
        "sys/memory/memory.limit_in_bytes": str(64 * MIB),
        "sys/memory/memory.usage_in_bytes": str(50 * MIB),
        "sys/memory/memory.stat": f"cache 1\ntotal_cache {30 * MIB}\ntotal_shmem {10 * MIB}\n",
    }
    groups("5:cpu,cpuacct:/docker/1\n4:memory:/docker/1\n", FIRST.format(root, root), files)
    assert usable_cores() == 2
    assert memory_total() == 64 * MIB
    assert memory_free() == (64 - 50 + 20) * MIB


def test_memory_of_version_2(groups: Groups) -> None:
    files = {
        "sys/a/memory.max": "max\n",
        "sys/a/memory.current": f"{50 * MIB}\n",
        "sys/a/memory.stat": f"anon {30 * MIB}\nfile {20 * MIB}\nshmem {15 * MIB}\n",
    }
    groups("0::/a\n", SECOND, files)
    assert memory_free() == memory_total() == 2**40
    groups("0::/a\n", SECOND, {"sys/a/memory.max": f"{64 * MIB}\n"})
    # What lies in shared memory is not given back.
    assert (memory_total(), memory_free()) == (64 * MIB, (64 - 50 + 5) * MIB)
    groups("0::/a\n", SECOND, {"sys/a/memory.high": f"{60 * MIB}\n"})
    assert memory_total() == 60 * MIB
    groups("0::/a/b/c\n", SECOND, {"sys/a/b/memory.max": "max", "sys/a/b/c/memory.max": f"{2**50}"})
    assert memory_free() == (60 - 50 + 5) * MIB
    groups("0::/a\n", SECOND, {"sys/a/memory.current": f"{99 * MIB}"})
    assert memory_free() == 0


def test_version_1_without_a_limit(groups: Groups) -> None:
    files = {
        "sys/memory/a/memory.limit_in_bytes": "9223372036854771712",
        "sys/memory/a/memory.usage_in_bytes": "5",
    }
    groups("4:memory:/a\n", FIRST.format("/", "/"), files)
    assert memory_free() == memory_total() == 2**40


@pytest.mark.parametrize(("group", "mounts"), [("", ""), ("0::/../outside\n", SECOND), ("nonsense", SECOND)])
def test_groups_that_are_not_seen(group: str, mounts: str, groups: Groups) -> None:
    groups(group, mounts, {})
    assert (usable_cores(), memory_total()) == (8, 2**40)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux")
def test_an_affinity_counts() -> None:
    code = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
    code += "from config.machine import usable_cores; print(usable_cores())"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_a_real_group_with_a_quota() -> None:
    folder = Path(f"/sys/fs/cgroup/cpu/reviewduel-{os.getpid()}")
    try:
        folder.mkdir()
        (folder / "cpu.cfs_quota_us").write_text("100000")
    except OSError:
        pytest.skip("no group may be made here")
    code = f"import os; open('{folder}/cgroup.procs', 'w').write(str(os.getpid()))\n"
    code += "from config.machine import usable_cores; print(usable_cores())"
    root = Path(__file__).parents[2]
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
        )
    finally:
        folder.rmdir()
    assert done.stdout == "1\n"
