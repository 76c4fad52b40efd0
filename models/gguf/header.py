"""The header of a GGUF file: its metadata and the shapes of its tensors, without their data.

The `gguf` package reads the whole vocabulary into memory for that, which takes seconds on a large model;
`header_reader` reads scalars and skips over arrays. What contradicts itself is refused here, before
llama.cpp sees it (`header_checks`).
"""

import io
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
)

__all__ = ["LONGEST_HEADER", "ArrayLength", "Header", "Scalar", "Tensor", "header_length", "read_header"]


@dataclass(frozen=True, slots=True)
class Header:
    """`metadata` holds the scalars, and of each array its ArrayLength; `path`: the file, if there is one."""

    metadata: dict[str, Scalar]
    tensors: tuple[Tensor, ...]
    path: Path | None = None

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
    """Read a GGUF file's header; raises ModelUnavailable if it is none, is cut off, or contradicts itself."""
    try:
        with path.open("rb") as file:
            metadata, tensors = HeaderReader(file, path.stat().st_size).read()
        tensors += _tensors_of_other_parts(metadata, path)
        require_consistent(metadata, tensors)
        return Header(metadata, tensors, path)
    except OSError as error:
        raise ModelUnavailable(f"{path} cannot be read: {error.strerror}.") from error
    except Malformed as error:
        raise ModelUnavailable(
            f"{path} is not a usable GGUF file: {error}. Fetch it again, or correct the settings."
        ) from error


def _tensors_of_other_parts(metadata: dict[str, Scalar], path: Path) -> tuple[Tensor, ...]:
    """A large model may come in parts, `name-00001-of-00003.gguf` and so on; the first stands for all."""
    count = metadata.get("split.count", 1)
    name, first, _ = (
        path.name.partition(f"-00001-of-{count:05}.gguf") if isinstance(count, int) else ("", "", "")
    )
    if not first:
        return ()
    parts = (path.with_name(f"{name}-{number:05}-of-{count:05}.gguf") for number in range(2, int(count) + 1))
    return tuple(tensor for part in parts for tensor in read_header(part).tensors)


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
