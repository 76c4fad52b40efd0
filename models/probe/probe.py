"""Speed and memory of a model that is not there, from measurements of two stand-ins with fewer layers.

The time per token is a + b x layers: `a` for the embedding, the output and choosing a token, `b` for one
layer. Two counts of layers give both. Knows headers and stand-ins; knows nothing of settings or catalogues.
"""

import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from config.errors import ModelUnavailable
from config.folders import private_folder, writing_to
from config.machine import usable_cores
from models.gguf.header import Header
from models.gguf.parts import size_and_time
from models.memory.memory import vocabulary_bytes
from models.memory.room import GIB, this_machine
from models.probe.extrapolation import Estimate, extrapolate
from models.probe.probe_process import ProbeProcess
from models.probe.stand_in import layer_bytes, layers_of, shortened, write_stand_in

# A selection of layers counts as fair when its mean layer is within this share of the whole model's.
_FAIR = 0.01
# Beside its weights a worker takes this much, cache included: to refuse in time, not to report.
_WORKER_BYTES = GIB // 2
_REMEDY = "Make room there, measure smaller files, or name another folder with REVIEWDUEL_HOME."


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: tokens read and written per round, and how large a stand-in's file may be."""

    n_ctx: int = 1024
    prompt: int = 256
    answer: int = 64
    rounds: int = 5
    file_bytes: int = 2 * GIB


@dataclass(frozen=True, slots=True)
class Measured:
    """One file, measured: seconds per round for the prompt and for a token, and bytes resident at the end."""

    layers: int
    weights: int
    prefill_s: tuple[float, ...]
    token_s: tuple[float, ...]
    resident: int

    def prefill_tok_s(self, plan: Plan) -> float:
        """Tokens of the prompt read per second, in the median round."""
        return plan.prompt / median(self.prefill_s)

    @property
    def decode_tok_s(self) -> float:
        """Tokens written per second, in the median round."""
        return 1 / median(self.token_s)


@dataclass(frozen=True, slots=True)
class Probed:
    """The whole model, foretold. `memory`, `weights`: bytes. `full`: the whole model itself, if measured."""

    layers: int
    parameters: int
    weights: int
    memory: int
    prefill_tok_s: Estimate
    decode_tok_s: Estimate
    threads: int
    few: Measured
    many: Measured
    full: Measured | None = None


def choose_layers(header: Header, file_bytes: int) -> tuple[int, int]:
    """The two counts: the larger as large as a file of `file_bytes` allows, both with a fair mix of layers.

    Raises ModelUnavailable if not even two layers fit, or the model has only one.
    """
    total = layers_of(header)
    average = layer_bytes(header) / max(total, 1)
    sizes = {count: shortened(header, count) for count in range(1, total)}
    fitting = {count: short for count, short in sizes.items() if short.weight_bytes <= file_bytes}
    if len(fitting) < 2:
        needed = sizes[2].weight_bytes if 2 in sizes else header.weight_bytes
        raise ModelUnavailable(
            f"Two stand-ins are needed, the larger of at least 2 of {total} layers: {needed / GIB:.1f} GiB. "
            f"There is room for files of {file_bytes / GIB:.1f} GiB: make more, or give a larger --file-gib."
        )

    fair = [
        count for count, short in fitting.items() if abs(layer_bytes(short) / count / average - 1) <= _FAIR
    ]
    many = max((count for count in fair if count > 1), default=max(fitting))
    # Far apart, they show a layer's time best.
    return min((count for count in fair if count <= many // 2), default=1), many


def probe(
    header: Header, plan: Plan, folder: Path, full: Path | None, on_step: Callable[[str], None]
) -> Probed:
    """Measure stand-ins of the header's model, written into `folder` and deleted in any case.

    `full`: a file of the whole model, measured in the same rounds. Raises ModelUnavailable if disk or
    memory do not suffice, or the model cannot be stood in for, and CannotWrite.
    """
    few, many = (shortened(header, count) for count in choose_layers(header, _room(plan, folder, full)))
    threads = usable_cores()
    with ExitStack() as stack:
        with writing_to(folder, _REMEDY):
            private_folder(folder)
            place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".probe-", dir=folder)))
        workers = []
        for number, short in enumerate((few, many)):
            on_step(f"writing {layers_of(short)} of {layers_of(header)} layers")
            file = place / f"{number}.gguf"
            with writing_to(folder, _REMEDY):
                write_stand_in(short, file)
            workers.append(ProbeProcess(file, short, plan.n_ctx, threads, stack))
            # It is in memory now; the disk is free for the next.
            file.unlink()
        if full:
            on_step("loading the whole model")
            workers.append(ProbeProcess(full, header, plan.n_ctx, threads, stack))
        measured = _measure(workers, plan, on_step)
    return _conclude(header, plan, threads, measured)


def _room(plan: Plan, folder: Path, full: Path | None) -> int:
    """How large the larger file may be: as planned, unless disk or memory are short."""
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    disk = shutil.disk_usage(existing).free
    memory = this_machine().size - 2 * _WORKER_BYTES
    if full:
        memory -= size_and_time(full)[0] + _WORKER_BYTES
    # Both stand-ins are in memory together, the smaller about a third of the larger.
    return int(min(plan.file_bytes, disk * 0.9, memory / 1.5))


def _measure(workers: list[ProbeProcess], plan: Plan, on_step: Callable[[str], None]) -> list[Measured]:
    for worker in workers:
        worker.run(plan.prompt, 1)
    runs: list[list[dict[str, Any]]] = [[] for _ in workers]
    for number in range(plan.rounds):
        on_step(f"round {number + 1} of {plan.rounds}")
        # To and fro, so that a machine that gets slower is no one's disadvantage.
        order = range(len(workers)) if number % 2 == 0 else reversed(range(len(workers)))
        for index in order:
            runs[index].append(workers[index].run(plan.prompt, plan.answer))
    return [
        Measured(
            layers=layers_of(worker.header),
            weights=worker.header.weight_bytes,
            prefill_s=tuple(run["prefill_s"] for run in own),
            token_s=tuple(median(run["token_s"]) for run in own),
            resident=worker.resident(),
        )
        for worker, own in zip(workers, runs, strict=True)
    ]


def _conclude(header: Header, plan: Plan, threads: int, measured: list[Measured]) -> Probed:
    few, many = measured[:2]
    total = layers_of(header)
    average = layer_bytes(header) / total
    # A selection whose layers are larger than average counts as more layers.
    outside = header.weight_bytes - layer_bytes(header)
    places = ((few.weights - outside) / average, (many.weights - outside) / average, float(total))
    prefill = extrapolate(few.prefill_s, many.prefill_s, places)
    token = extrapolate(few.token_s, many.token_s, places)
    beside_weights = extrapolate(
        [few.resident - few.weights], [many.resident - many.weights], (few.layers, many.layers, total)
    )
    return Probed(
        layers=total,
        parameters=header.parameters,
        weights=header.weight_bytes,
        # Stand-ins have no vocabulary.
        memory=header.weight_bytes + round(beside_weights.value) + vocabulary_bytes(header),
        prefill_tok_s=_per_second(prefill, plan.prompt),
        decode_tok_s=_per_second(token, 1),
        threads=threads,
        few=few,
        many=many,
        full=measured[2] if len(measured) > 2 else None,
    )


def _per_second(seconds: Estimate, tokens: int) -> Estimate:
    if seconds.value <= 0:
        raise ModelUnavailable(
            "More layers took no longer than fewer: the machine was too busy to measure. Try again when it "
            "is idle, with more rounds or larger files."
        )
    fastest = tokens / seconds.low if seconds.low > 0 else float("inf")
    return Estimate(tokens / seconds.value, tokens / seconds.high, fastest)
