"""What a plan takes, before anything is loaded: prompts, memory, time, and what will not fit.

Knows files' headers, and what was answered before; loads no model and writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from compare.contestant import Contestant
from compare.plan import Plan
from compare.prompt_sizes import PromptSizes, prompt_sizes
from config import ModelSpec, Settings
from config.errors import ModelUnavailable
from generator import AnswerLog
from generator.answer_log import Row, machine_name
from models.catalogue import known_header
from models.files import how_to_get, model_path
from models.header import Header, read_header
from models.memory import MemoryPrediction, predict_memory
from models.room import this_machine


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one contestant will take.

    `sizes` of its prompts: None for who reads no tokens. `memory`: None where it is not known, or not this
    machine's. `seconds` for all its answers, as far as earlier ones tell. `remarks`: sentences for people.
    """

    contestant: Contestant
    sizes: PromptSizes | None
    memory: MemoryPrediction | None
    seconds: float | None
    remarks: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """Whether it fits into this machine's memory as it is now; empty: not known."""
        return this_machine().verdict(self.memory) if self.memory else ""


def forecast(plan: Plan, settings: Settings, log: AnswerLog) -> list[Forecast]:
    """One for each contestant, in the plan's order."""
    return [_forecast(plan, settings, contestant, log) for contestant in plan.contestants]


def _forecast(plan: Plan, settings: Settings, contestant: Contestant, log: AnswerLog) -> Forecast:
    spec = contestant.spec
    remarks: list[str] = []
    earlier = _earlier(log, contestant)
    if spec.kind == "extractive":
        return Forecast(contestant, None, None, _seconds(plan, spec, None, earlier), ())
    file = _file(spec, settings)
    memory = None
    if not spec.remote:
        if file is None:
            remarks.append(f"There is no file of {spec.name} here. {how_to_get(spec)}")
        try:
            header = _header(spec, file)
            memory = predict_memory(header, spec.n_ctx) if header else None
        except ModelUnavailable as error:
            remarks.append(f"{spec.name} cannot be loaded: {error}")
            file = None
    sizes = prompt_sizes(contestant, plan.tasks, plan.verbatim, file)
    return Forecast(contestant, sizes, memory, _seconds(plan, spec, sizes, earlier), tuple(remarks))


def _file(spec: ModelSpec, settings: Settings) -> Path | None:
    """The model's file, if it has one and it is here."""
    if spec.remote:
        return None
    path = model_path(spec, settings)
    return path if path.is_file() else None


def _header(spec: ModelSpec, file: Path | None) -> Header | None:
    """The file's header, or what the catalogue tells of one that is not here."""
    return read_header(file) if file else known_header(spec)


def _earlier(log: AnswerLog, contestant: Contestant) -> list[Row]:
    """Answers of this contestant, timed on this machine while nothing else was."""
    return [
        row
        for row in log.select(model=contestant.spec.name)
        if (row["answers"], row["machine"], row["mode"]) == (contestant.answers, machine_name(), "measured")
        and not row["shared"]
    ]


def _seconds(plan: Plan, spec: ModelSpec, sizes: PromptSizes | None, earlier: Sequence[Row]) -> float | None:
    """Loading, a warm-up and all answers: tokens over the medians of earlier speeds, or times of answers.

    An answer is taken to be as long as the earlier ones, or `max_tokens` if that is less.
    """
    if not earlier:
        return None
    load_s = _median(earlier, "load_s") or 0.0
    answers = sum(task.repeats for task in plan.tasks) + 1
    prefill, decode, n_out = (_median(earlier, key) for key in ("prefill_tok_s", "decode_tok_s", "n_out"))
    if sizes is None or not prefill or not decode or n_out is None:
        e2e_s = _median(earlier, "e2e_s")
        return None if e2e_s is None else load_s + answers * e2e_s
    read = sum((size or 0) * task.repeats for size, task in zip(sizes.tokens, plan.tasks, strict=True)) + max(
        sizes.fitting, default=0
    )
    return load_s + read / prefill + answers * min(n_out, spec.max_tokens) / decode


def _median(rows: Sequence[Row], key: str) -> float | None:
    known = [row[key] for row in rows if row[key] is not None]
    return median(known) if known else None
