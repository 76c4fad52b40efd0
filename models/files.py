"""Where a configured model's file lies, and what to do when it is not there."""

import shlex
from pathlib import Path

from config import ModelSpec, Settings
from config.errors import ModelUnavailable


def model_path(spec: ModelSpec, settings: Settings) -> Path:
    """The file's place: as given if that is a path, else in the models folder. It need not exist."""
    file = Path(spec.file).expanduser()
    return file if file.is_absolute() else settings.models_folder / file


def require_file(spec: ModelSpec, settings: Settings) -> Path:
    """The same, but raises ModelUnavailable, with the way to get the file, if it is not there."""
    if spec.remote:
        raise ModelUnavailable(f"{spec.name} runs on the server at {spec.url}: there is no file of it here.")
    path = model_path(spec, settings)
    if path.is_file():
        return path
    raise ModelUnavailable(f"There is no file {path} for {spec.name}. {how_to_get(spec, settings)}")


def how_to_get(spec: ModelSpec, settings: Settings) -> str:
    """One sentence: the command that brings this model's file."""
    if spec.random_weights:
        return "Write it with `python -m models tiny`."
    if spec.repository:
        path = Path(spec.file).expanduser()
        # The repository knows the file by its name, not by a place on this machine.
        name, folder = (path.name, path.parent) if path.is_absolute() else (spec.file, settings.models_folder)
        command = shlex.join(["hf", "download", spec.repository, name, "--local-dir", str(folder)])
        return f"Get it with `{command}`."
    return "Put it there, or correct its `file` in the settings."
