"""From an experiment to its plan: who takes part, which passages they get, and what the run is called.

Knows settings, contestants and the retriever; knows nothing of command lines, pages or how a run is stored.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from compare.judge import require_judge
from compare.plan.contestant import Contestant, find_contestants, left_out
from compare.plan.experiment import Experiment
from compare.plan.plan import Plan
from compare.plan.tasks import prepare_tasks
from compare.plan.threshold import Threshold
from config import Settings
from config.errors import ConfigError, ModelUnavailable
from config.settings import did_you_mean
from generator import AnswerLog
from models.catalogue.catalogue import find_spec
from retriever import Retriever

# A file name holds 255 bytes, and a character of UTF-8 has up to four.
LONGEST_NAME = 60


def make_plan(
    experiment: Experiment,
    settings: Settings,
    retriever: Retriever,
    folder: Path,
    command: str,
    skip_missing: bool = False,
) -> Plan:
    """The plan of a new run. `folder`: where its files go; `command`: how a person starts it.

    `skip_missing`: contestants whose file is missing do not take part. Raises UserError for names that nobody
    bears, and where there is nothing to ask.
    """
    # First what needs no database and no embedder: wrong names are to be told at once.
    contestants = _contestants(experiment, settings)
    missing: tuple[str, ...] = ()
    if skip_missing:
        contestants, missing = _without_missing(contestants, settings)
    judge = find_spec(experiment.judge, settings) if experiment.judge else None
    if judge:
        require_judge(judge)
    _require_checkable(experiment)
    k = experiment.k or settings.retrieval.k
    return Plan(
        contestants=contestants,
        tasks=prepare_tasks(retriever, experiment, k),
        k=k,
        passages=experiment.passages,
        mode=experiment.mode,
        seed=experiment.seed,
        verbatim=settings.verbatim,
        scores=experiment.scores,
        judge=judge,
        fail_if=experiment.fail_if,
        command=command,
        out=str(folder),
        left_out=missing,
    )


def resumed_plan(log: AnswerLog, run_id: str, judge: str | None, settings: Settings) -> Plan:
    """The plan of a stored run; with another `judge`, a model's name, in place of its own if one is given.

    Stores nothing. Raises RunError, UnknownModel, and ConfigError for what cannot judge.
    """
    plan = Plan.from_run(log.run(run_id))
    if judge is None or (plan.judge and plan.judge.name == judge):
        return plan
    spec = find_spec(judge, settings)
    require_judge(spec)
    return replace(plan, judge=spec)


def _contestants(experiment: Experiment, settings: Settings) -> tuple[Contestant, ...]:
    """Who takes part, with the experiment's settings in place of their own. Raises ConfigError."""
    changes = {
        key: value
        for key in ("n_ctx", "temperature", "max_tokens")
        if (value := getattr(experiment, key)) is not None
    }
    found = find_contestants(experiment.models, settings, experiment.answers)
    names = [contestant.name for contestant in found]
    for threshold in map(Threshold.parse, experiment.fail_if):
        if threshold.contestant not in names:
            raise ConfigError(
                f"'{threshold.text}': {threshold.contestant} does not take part"
                f"{did_you_mean(threshold.contestant, names)} There are: {', '.join(names)}."
            )
    return tuple(Contestant(one.spec.model_copy(update=changes), one.answers) for one in found)


def _without_missing(
    contestants: Sequence[Contestant], settings: Settings
) -> tuple[tuple[Contestant, ...], tuple[str, ...]]:
    """Those whose file is here, and a sentence about each other one. Raises ModelUnavailable if none is."""
    looked_at = [(one, left_out(one, settings)) for one in contestants]
    missing = tuple(why for _, why in looked_at if why)
    if len(missing) == len(contestants):
        raise ModelUnavailable(f"{' '.join(missing)} Or name a model that is here: no contestant is left.")
    return tuple(one for one, why in looked_at if not why), missing


def _require_checkable(experiment: Experiment) -> None:
    """Raise ConfigError for a threshold that would fail in any case: nothing this run gives can decide it."""
    for threshold in map(Threshold.parse, experiment.fail_if):
        if threshold.timed and experiment.mode == "throughput":
            raise ConfigError(
                f"'{threshold.text}' cannot be judged: a throughput run writes several answers at a time, "
                "and the time of each alone is not known. Leave out the condition, or --throughput."
            )
        if threshold.judged and not experiment.judge:
            raise ConfigError(f"'{threshold.text}' cannot be judged without a judge: name one with --judge.")


def require_run_name(name: str) -> None:
    """Raise ConfigError unless a folder can be named like that, and a person can read it and type it."""
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or "/" in name or "\\" in name:
        wrong = f"it must have 1 to {LONGEST_NAME} visible characters, and no slashes"
    elif name[0] in ".-" or name != name.strip():
        wrong = "it must not begin with a dot or a dash, nor begin or end with a space"
    else:
        return
    raise ConfigError(
        f"'{name[:LONGEST_NAME]}' cannot be a run's name: a folder is named like it, so {wrong}."
    )


def usual_run_name() -> str:
    """The time, for a run that is given no name."""
    return datetime.now(UTC).strftime("%Y-%m-%d-%H%M%S")
