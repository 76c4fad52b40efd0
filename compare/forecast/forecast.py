"""What a plan takes, before anything is loaded: prompts, memory, time, and what will not fit.

Knows files' headers, and what was answered before; loads no model and writes nothing.
"""

from dataclasses import dataclass
from pathlib import Path

from compare.forecast.foretold_time import seconds_foretold
from compare.forecast.prompt_sizes import JudgeSizes, PromptSizes, judge_sizes, prompt_sizes
from compare.judge import JudgementLog, Trial
from compare.plan.contestant import Contestant
from compare.plan.plan import Plan
from compare.run.throughput import at_once
from config import ModelSpec, Settings
from config.errors import ModelUnavailable
from generator import AnswerLog
from models.adapter import fitting_adapter
from models.catalogue.catalogue import known_header
from models.files import require_file
from models.gguf.architecture import beyond_training
from models.gguf.header import Header, read_header
from models.gguf.identity import file_sha256
from models.memory.memory import MemoryPrediction, predict_memory
from models.memory.room import most_sequences, this_machine


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one contestant will take.

    `sizes` of its prompts: None for who reads no tokens, or reads them sentence by sentence. `memory`: None
    where it is not known, or not this machine's. `seconds` for all its answers, as far as earlier ones tell.
    `remarks`: sentences for people. `at_once`: how many answers it writes at a time.
    """

    contestant: Contestant
    sizes: PromptSizes | None
    memory: MemoryPrediction | None
    seconds: float | None
    remarks: tuple[str, ...]
    at_once: int = 1

    @property
    def verdict(self) -> str:
        """Whether it fits into this machine's memory as it is now; empty: not known."""
        return fits(self.memory)


@dataclass(frozen=True, slots=True)
class JudgeForecast:
    """What the judge will take if everybody answers: `ratings` of an answer each, `pairs` asked both ways.

    `sizes` of its prompts; `tokens` of all together; `longest`: the most that an answer may have. `trial`:
    what it said, the last time, of pairs with an obvious answer. The rest as in `Forecast`.
    """

    judge: ModelSpec
    ratings: int
    pairs: int
    sizes: JudgeSizes
    tokens: int
    longest: int
    memory: MemoryPrediction | None
    remarks: tuple[str, ...]
    trial: Trial | None = None

    @property
    def prompts(self) -> int:
        """How many it reads."""
        return self.ratings + 2 * self.pairs

    @property
    def longest_prompt(self) -> int:
        """Tokens, if the answers in it are as long as they may be."""
        alone = max(self.sizes.rating, default=0) + self.longest
        return max(alone, max(self.sizes.pair, default=0) + 2 * self.longest) if self.pairs else alone

    @property
    def verdict(self) -> str:
        """As in `Forecast`."""
        return fits(self.memory)


def fits(memory: MemoryPrediction | None) -> str:
    """What `models.memory.room` says of so much memory, as it is now; empty: not known."""
    return this_machine().verdict(memory) if memory else ""


def forecast(plan: Plan, settings: Settings, log: AnswerLog) -> list[Forecast]:
    """One for each contestant, in the plan's order."""
    return [_forecast(plan, settings, contestant, log) for contestant in plan.contestants]


def judge_forecast(plan: Plan, settings: Settings, log: AnswerLog) -> JudgeForecast | None:
    """The judge's; None for a plan without one."""
    if plan.judge is None:
        return None
    rivals = len(plan.contestants)
    pairs = rivals * (rivals - 1) // 2
    located = _locate(plan.judge, settings, 1)
    sizes = judge_sizes(plan.judge, plan.tasks, located.file)
    tokens = sum(
        task.repeats * (rivals * rating + 2 * pairs * pair)
        for task, rating, pair in zip(plan.tasks, sizes.rating, sizes.pair, strict=True)
    )
    return JudgeForecast(
        judge=plan.judge,
        ratings=plan.answers,
        pairs=pairs * sum(task.repeats for task in plan.tasks),
        sizes=sizes,
        tokens=tokens,
        longest=max((one.spec.max_tokens for one in plan.contestants if one.answers == "free"), default=0),
        memory=located.memory,
        remarks=located.remarks,
        trial=_earlier_trial(plan.judge, located.file, settings, log),
    )


def _earlier_trial(judge: ModelSpec, file: Path | None, settings: Settings, log: AnswerLog) -> Trial | None:
    """Of the same model, as far as its file tells."""
    found = JudgementLog(log.database).latest_trial(judge.name)
    if not found:
        return None
    trial, sha256 = found
    # It was loaded then, so that its hash is remembered, unless the file is another one.
    return trial if sha256 == (file_sha256(file, settings.home) if file else None) else None


@dataclass(frozen=True, slots=True)
class _Located:
    """A model as far as it can be known unloaded. `file`: None if it has none here that can be read."""

    file: Path | None
    memory: MemoryPrediction | None
    remarks: tuple[str, ...]
    at_once: int


def _forecast(plan: Plan, settings: Settings, contestant: Contestant, log: AnswerLog) -> Forecast:
    spec = contestant.spec
    if spec.kind == "extractive":
        return Forecast(contestant, None, None, seconds_foretold(plan, contestant, None, log), ())
    answers = sum(task.repeats for task in plan.tasks)
    located = _locate(spec, settings, at_once(answers) if plan.mode == "throughput" else 1)
    settings = settings.model_copy(update={"verbatim": plan.verbatim})
    # The prompts of a grounded answer are as many as the embedder chooses sentences.
    grounded = contestant.answers == "grounded"
    sizes = None if grounded else prompt_sizes(contestant, plan.tasks, settings, located.file)
    seconds = seconds_foretold(plan, contestant, sizes, log)
    return Forecast(contestant, sizes, located.memory, seconds, located.remarks, located.at_once)


def _locate(spec: ModelSpec, settings: Settings, wanted: int) -> _Located:
    """The model, and how many of the `wanted` answers at a time it can write."""
    if spec.remote:
        return _Located(None, None, (), min(wanted, spec.concurrency))
    file: Path | None = None
    remarks: list[str] = []
    try:
        file = require_file(spec, settings)
    except ModelUnavailable as error:
        remarks.append(str(error))
    try:
        header = _header(spec, file)
        if header is None:
            return _Located(file, None, tuple(remarks), 1)
        if warning := beyond_training(header, spec.n_ctx):
            remarks.append(f"{spec.name}: {warning}")
        adapter = fitting_adapter(spec, settings, header)
        sequences = most_sequences(header, spec.n_ctx, wanted, adapter)
        memory = predict_memory(header, spec.n_ctx, sequences, adapter)
        return _Located(file, memory, tuple(remarks), sequences)
    except ModelUnavailable as error:
        return _Located(None, None, (*remarks, f"{spec.name} cannot be loaded: {error}"), 1)


def _header(spec: ModelSpec, file: Path | None) -> Header | None:
    """The file's header, or what the catalogue tells of one that is not here."""
    return read_header(file) if file else known_header(spec)
