"""What probing found, remembered in the home, so that the page need not measure what the command did.

Knows one file; knows nothing of how speeds are measured.
"""

import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from models.json_file import read_object, write_object
from models.llama_process import machine_name
from models.probe.extrapolation import Estimate
from models.probe.probe import Plan, Probed

_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Remembered:
    """One model's probe: tokens per second, `memory` in bytes with `n_ctx` tokens of context.

    `weights`: bytes of the model's tensors, by which a result is known to be of this model. `machine`: what
    it was measured on; `at`: when, in ISO 8601, UTC.
    """

    weights: int
    memory: int
    prefill_tok_s: Estimate
    decode_tok_s: Estimate
    n_ctx: int
    machine: str
    at: str


def remember(file: str, probed: Probed, plan: Plan, home: Path) -> None:
    """Keep the result under the model file's name, in place of an earlier one."""
    result = Remembered(
        weights=probed.weights,
        memory=probed.memory,
        prefill_tok_s=probed.prefill_tok_s,
        decode_tok_s=probed.decode_tok_s,
        n_ctx=plan.n_ctx,
        machine=machine_name(),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    # A home that cannot be written to costs the memory, not the result.
    with _LOCK, suppress(OSError):
        write_object(_memory(home), read_object(_memory(home)) | {Path(file).name: asdict(result)})


def recall(home: Path) -> dict[str, Remembered]:
    """File name → its result; only what was measured on a machine like this one."""
    here = machine_name()
    results = {name: _parsed(fields) for name, fields in read_object(_memory(home)).items()}
    return {name: result for name, result in results.items() if result and result.machine == here}


def _parsed(fields: object) -> Remembered | None:
    """None for what another version wrote."""
    try:
        assert isinstance(fields, dict)
        rates = {key: Estimate(**fields[key]) for key in ("prefill_tok_s", "decode_tok_s")}
        return Remembered(**(fields | rates))
    except (AssertionError, KeyError, TypeError):
        return None


def _memory(home: Path) -> Path:
    return home / "model-probes.json"
