"""A model in parts: which files they are, and what they take together.

llama.cpp's gguf-split names them `NAME-00001-of-00003.gguf` and so on, and llama.cpp finds the others by the
name of the first one, which stands for all. Knows names and files; knows nothing of what is in them.
"""

import re
from pathlib import Path

_PART = re.compile(r"(?P<name>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.DOTALL)


def part_names(first: str) -> tuple[str, ...]:
    """All parts' names, in order, for the name of the first one; for any other name only itself."""
    found = _PART.fullmatch(first)
    if not found or int(found["number"]) != 1:
        return (first,)
    name, count = found["name"], found["count"]
    return tuple(f"{name}-{number:05}-of-{count}.gguf" for number in range(1, max(int(count), 1) + 1))


def part_name(name: str, number: int, count: int) -> str:
    """What part `number` of `count`, from 1, must be called beside a file that is called `name`."""
    found = _PART.fullmatch(name)
    return f"{found['name'] if found else name.removesuffix('.gguf')}-{number:05}-of-{count:05}.gguf"


def part_paths(path: Path) -> tuple[Path, ...]:
    """The files of the model at `path`, in order: more than one if that is the first of several parts."""
    return tuple(path.with_name(name) for name in part_names(path.name))


def missing_parts(path: Path) -> tuple[Path, ...]:
    """Those of the model's files that are not there; none: it can be loaded."""
    return tuple(part for part in part_paths(path) if not part.is_file())


def size_and_time(path: Path) -> tuple[int, int]:
    """Bytes of all parts, and when one of them was changed last, in nanoseconds. Raises OSError."""
    states = [part.stat() for part in part_paths(path)]
    return sum(state.st_size for state in states), max(state.st_mtime_ns for state in states)
