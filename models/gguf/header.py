"""The header of a GGUF file: its metadata and the shapes of its tensors, without their data.

Of a model in parts (`models.gguf.parts`) that is the metadata of the first and the tensors of all.

The `gguf` package reads the whole vocabulary into memory for that, which takes seconds on a large model;
`header_reader` reads scalars and skips over arrays. What contradicts itself is refused here, before
llama.cpp sees it (`header_checks`).
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.errors import ModelUnavailable
from models.gguf.header_checks import require_consistent
from models.gguf.header_reader import (
    LONGEST_HEADER,
    ArrayLength,
    CutOff,
    HeaderReader,
    Malformed,
    Scalar,
    Tensor,
    read_text,
)
from models.gguf.parts import missing_parts, part_name, part_paths

__all__ = [
    "LONGEST_HEADER",
    "ArrayLength",
    "Header",
    "Scalar",
    "Tensor",
    "header_length",
    "read_header",
    "token_text",
]


# What gguf-split of llama.cpp writes into each part: which one it is, from 0; of how many; tensors of all.
_SPLIT = ("split.no", "split.count", "split.tensors.count")


@dataclass(frozen=True, slots=True)
class Header:
    """`metadata` holds the scalars, and of each array its ArrayLength; `path`: the file, if there is one.

    `tokens_at`: where the file's vocabulary begins, if it has one. What a file says of its being a part is
    left out: the header is the whole model's.
    """

    metadata: dict[str, Scalar]
    tensors: tuple[Tensor, ...]
    path: Path | None = None
    tokens_at: int | None = None

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the architecture, the prefix of its keys."""
        return str(self.metadata.get("general.architecture", "unknown"))

    @property
    def parameters(self) -> int:
        """Number of weights in all tensors."""
        return sum(tensor.parameters for tensor in self.tensors)

    @property
    def weight_bytes(self) -> int:
        """Bytes of all tensors."""
        return sum(tensor.nbytes for tensor in self.tensors)

    def number(self, key: str, default: int) -> int:
        """The architecture's number under `key`, for example "block_count".

        Raises ModelUnavailable if the file holds something else there than a whole number from 0 up.
        """
        value = self.metadata.get(f"{self.architecture}.{key}", default)
        if not isinstance(value, int) or isinstance(value, ArrayLength) or value < 0:
            raise ModelUnavailable(
                f"Not a usable GGUF file: its {self.architecture}.{key} is {value!r}. Fetch it again."
            )
        return value


def read_header(path: Path) -> Header:
    """Read a GGUF file's header; of the first of several parts, the whole model's.

    Raises ModelUnavailable if it is none, is cut off, contradicts itself, or if a part is missing.
    """
    metadata, tensors, tokens_at = _read(path)
    split = {key: metadata.pop(key) for key in _SPLIT if key in metadata}
    with _in_words(path):
        count = _whole(split, "split.count", 1)
        _require_first(path, _whole(split, "split.no", 0), count)
    for number, part in enumerate(part_paths(path)[1:], 1) if count > 1 else ():
        tensors += _tensors_of_part(part, number, count)
    with _in_words(path):
        if count > 1 and len(tensors) != (said := _whole(split, "split.tensors.count", len(tensors))):
            raise Malformed(f"its {count} parts hold {len(tensors)} tensors, {said} were expected")
        require_consistent(metadata, tensors)
    return Header(metadata, tensors, path, tokens_at)


def token_text(header: Header, number: int) -> str:
    """What the vocabulary calls a token; empty if that is not to be had."""
    if header.path is None or header.tokens_at is None or number < 0:
        return ""
    try:
        with header.path.open("rb") as file:
            file.seek(header.tokens_at)
            return read_text(file, number)
    except OSError:
        return ""


def _read(path: Path) -> tuple[dict[str, Scalar], tuple[Tensor, ...], int | None]:
    with _in_words(path), path.open("rb") as file:
        reader = HeaderReader(file, path.stat().st_size)
        return (*reader.read(), reader.tokens_at)


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ModelUnavailable(f"{path} cannot be read: {error.strerror}.") from error
    except Malformed as error:
        raise ModelUnavailable(
            f"{path} is not a usable GGUF file: {error}. Fetch it again, or correct the settings."
        ) from error


def _whole(metadata: dict[str, Scalar], key: str, default: int) -> int:
    value = metadata.get(key, default)
    if not isinstance(value, int) or isinstance(value, ArrayLength) or value < 0:
        raise Malformed(f"its {key} is {value!r}")
    return value


def _require_first(path: Path, number: int, count: int) -> None:
    """Of a model in parts, llama.cpp takes the first one, and finds the others by its name."""
    if count <= 1:
        return
    first = part_name(path.name, 1, count)
    if number != 0:
        raise ModelUnavailable(f"{path} is part {number + 1} of a model in {count}: name its first, {first}.")
    if path.name != first:
        raise ModelUnavailable(
            f"{path} is the first of {count} parts, which llama.cpp finds by their names: call it {first}, "
            "and the others accordingly."
        )
    if missing := missing_parts(path):
        raise ModelUnavailable(
            f"{path} is the first of {count} parts, and not all are there: {missing[0].name} is missing from "
            f"{path.parent}. Fetch it too."
        )


def _tensors_of_part(path: Path, number: int, count: int) -> tuple[Tensor, ...]:
    metadata, tensors, _ = _read(path)
    with _in_words(path):
        found = _whole(metadata, "split.no", 0), _whole(metadata, "split.count", 1)
        if found != (number, count):
            raise Malformed(
                f"it says that it is part {found[0] + 1} of {found[1]}, not {number + 1} of {count}"
            )
    return tensors


def header_length(beginning: bytes | bytearray, size: int) -> int | None:
    """Bytes of the header of a file of `size` bytes; None if it does not end within its `beginning`.

    Raises ModelUnavailable if that is no GGUF.
    """
    file = io.BytesIO(beginning)
    try:
        HeaderReader(file, size).read()
    except CutOff:
        return None
    except Malformed as error:
        raise ModelUnavailable(f"No usable GGUF file: {error}.") from error
    # Arrays are skipped without being read: they may reach beyond the beginning.
    return file.tell() if file.tell() <= len(beginning) else None
