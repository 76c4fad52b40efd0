"""A model as a row of the table: where it is, what it takes, whether it fits, how fast it would be.

Knows what is known of a model; knows nothing of Streamlit.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.catalogue.facts import Fact
from models.catalogue.inventory import Listed
from models.files import adapter_in_words
from models.gguf.architecture import beyond_training
from models.gguf.quantisation import quantisation_in_words
from models.memory.room import GIB, Room, gib
from models.probe.probe_log import Remembered

_IN_MEMORY = "in memory"


@dataclass(frozen=True, slots=True)
class Row:
    """`file` and `memory` in GiB, `parameters` in billions, `speed` in tokens written a second."""

    model: str
    where: str
    fit: str
    speed: float | None
    file: float | None
    memory: float | None
    parameters: float | None
    quantisation: str
    remark: str
    source: str

    @property
    def in_memory(self) -> bool:
        """Whether it could answer at once."""
        return self.where == _IN_MEMORY


def row_of(
    listed: Listed, fact: Fact, room: Room, loaded: Collection[str], probes: Mapping[str, Remembered]
) -> Row:
    """The row of a model; `loaded`: names of those in memory."""
    in_memory = listed.name in loaded
    size, need = listed.foretold_size, memory_of(listed, fact)
    count = parameters_of(listed, fact)
    probed = probe_of(listed, fact, probes)
    return Row(
        model=listed.name,
        where=_IN_MEMORY if in_memory else _where(listed, fact),
        fit="in memory now" if in_memory else _fit(listed, fact, room),
        speed=_short(probed.decode_tok_s.value if probed else None),
        file=_short(size / GIB if size else None),
        memory=_short(need / GIB if need else None),
        parameters=_short(count / 1e9 if count else None),
        quantisation=_quantisation(listed, fact),
        remark=_remark(listed, fact),
        source=_source(listed),
    )


def _where(listed: Listed, fact: Fact) -> str:
    """Where the model is, in a word or two."""
    spec = listed.spec
    if spec is None:
        return "not for llama.cpp"
    if spec.remote:
        return "server, being asked" if fact.pending else f"server, {'un' if fact.problem else ''}reachable"
    if listed.path is None:
        return "built in"
    if listed.here:
        return "on disk"
    return "to be pulled" if listed.fetchable else "missing"


def _fit(listed: Listed, fact: Fact, room: Room) -> str:
    """Whether it fits the memory that is free now, and why."""
    spec = listed.spec
    if spec is None:
        return "cannot run here"
    if spec.remote:
        return "runs on its server"
    if listed.path is None:
        return "takes no memory of its own"
    if fact.pending:
        return "being worked out"
    if fact.problem:
        return "cannot be used"
    need = memory_of(listed, fact)
    if need is None:
        return "known once it is here"
    least = "" if fact.examined else "at least "
    return f"{room.verdict_of(need)}: takes {least}{gib(need)}, {gib(room.size)} are free"


def memory_of(listed: Listed, fact: Fact) -> int | None:
    """Bytes that its process will take: of a file here foretold by llama.cpp, else the catalogue's least."""
    if fact.examined:
        return fact.examined.predicted.process
    return round(listed.entry.memory_gib * GIB) if listed.entry and not listed.here else None


def parameters_of(listed: Listed, fact: Fact) -> float | None:
    """Number of weights: the header's, else the catalogue's."""
    if fact.examined:
        return fact.examined.header.parameters
    return listed.entry.parameters * 1e9 if listed.entry else None


def _quantisation(listed: Listed, fact: Fact) -> str:
    """As `models.gguf.quantisation.quantisation_in_words`; empty for a model without a file."""
    if listed.path is None:
        return ""
    return quantisation_in_words(listed.path.name, fact.examined.header if fact.examined else None)


def probe_of(listed: Listed, fact: Fact, probes: Mapping[str, Remembered]) -> Remembered | None:
    """What a probe of this model's file found; None if that was another file of the same name."""
    # A probe is of the file alone: an adapter costs time too.
    found = probes.get(listed.path.name) if listed.path and not listed.adapter else None
    if found and fact.examined and fact.examined.header.weight_bytes != found.weights:
        return None
    return found


def _remark(listed: Listed, fact: Fact) -> str:
    """What must be known before it is used."""
    if fact.problem:
        return fact.problem
    if (
        listed.spec
        and fact.examined
        and (warning := beyond_training(fact.examined.header, listed.spec.n_ctx))
    ):
        return warning
    if listed.spec and listed.adapter:
        return f"with the adapter {adapter_in_words(listed.spec)}"
    return (listed.entry.remark if listed.entry else None) or ""


def _short(value: float | None) -> float | None:
    """Three significant digits: a screen reader is told the number as it is."""
    return None if value is None else float(f"{value:.3g}")


def _source(listed: Listed) -> str:
    if listed.configured:
        return "settings"
    return "catalogue" if listed.entry else "built in"
