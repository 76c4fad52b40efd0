"""`python -m compare`: the published experiment, or any other, unattended; and the reports of what was run.

Exit codes of a run: 0 fine, 1 a model failed, 2 wrong use, 3 a threshold (--fail-if) failed, 130 interrupted.
"""

import shlex
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from compare import options
from compare.batch import Batch, finished_run
from compare.contestant import Contestant, find_contestants
from compare.dry_run import print_forecast
from compare.experiment import Experiment, read_experiment
from compare.forecast import forecast
from compare.load_command import load
from compare.machine import observe
from compare.plan import Plan
from compare.report import write_files
from compare.runner import Runner
from compare.tasks import prepare_tasks
from compare.threshold import Threshold
from config import Settings, load_settings
from config.command import console, run
from config.errors import ConfigError
from config.settings import did_you_mean
from database import Database
from generator import AnswerLog
from retriever import Embedder, Retriever

WRONG_USE = 2


class _RunUnlessTold(TyperGroup):
    """`python -m compare …` is `python -m compare run …`, unless it begins with another command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        first = args[0] if args else ""
        return super().parse_args(ctx, args if first in (*self.commands, "--help") else ["run", *args])


app = typer.Typer(help=__doc__, cls=_RunUnlessTold, add_completion=False)


@app.command("run")
def run_experiment(
    experiment: options.File = None,
    models: options.Models = None,
    products: options.Products = None,
    product: options.Product = None,
    questions: options.Questions = None,
    question: options.Question = None,
    k: options.K = None,
    passages: options.Passages = None,
    answers: options.Answers = None,
    mode: options.Mode = None,
    throughput: options.Throughput = False,
    repeats: options.Repeats = None,
    seed: options.Seed = None,
    n_ctx: options.Context = None,
    temperature: options.Temperature = None,
    max_tokens: options.MaxTokens = None,
    scores: options.Scores = None,
    fail_if: options.FailIf = None,
    name: options.Name = "",
    replace: options.Replace = False,
    resume: options.Resume = "",
    out: options.Out = None,
    as_json: options.AsJson = False,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Run a comparison, or finish one, and write its report. `python -m compare` alone does so too."""
    keys = {
        "models": models, "products": product or products, "questions": question or questions, "k": k,
        "passages": passages, "answers": answers, "mode": "throughput" if throughput else mode,
        "repeats": repeats, "seed": seed, "n_ctx": n_ctx, "temperature": temperature,
        "max_tokens": max_tokens, "scores": scores, "fail_if": fail_if,
    }  # fmt: skip
    given = {key: value for key, value in keys.items() if value is not None}
    conditions = observe()
    # So that an end by a time limit is one that can be resumed in words, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings = load_settings()
    if resume and (experiment or given or name or replace or dry_run or out):
        raise ConfigError("--resume goes by the run's stored plan; only --json and --force go with it.")
    run_id = resume or name or datetime.now(UTC).strftime("%Y-%m-%d-%H%M%S")
    _require_file_name(run_id)
    folder = (out or settings.home / "runs" / run_id).resolve()
    embedder = Embedder(settings.embedder)
    with Database.open(settings) as database:
        log = AnswerLog(database)
        if resume:
            plan = Plan.from_run(log.run(run_id))
        else:
            retriever = Retriever(database, embedder, settings.retrieval)
            plan = _plan(read_experiment(experiment, given), settings, retriever, folder)
        if dry_run:
            print_forecast(plan, forecast(plan, settings, log))
            return
        if not resume:
            log.begin_run(run_id, plan.to_row(), plan.task_rows(), replace)
        code = Batch(run_id, plan, Runner(settings, embedder, log, force), as_json).work(conditions)
    sys.exit(code)


@app.command()
def report(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Names of runs.")],
    out: options.Out = None,
) -> None:
    """Write a report once more, from the log of answers; of several runs beside each other, one report."""
    settings = load_settings()
    embedder = Embedder(settings.embedder)
    with Database.open(settings) as database:
        log = AnswerLog(database)
        finished = [finished_run(log, run_id, embedder) for run_id in dict.fromkeys(runs)]
    if out is None and len(finished) == 1:
        out = Path(finished[0].run["plan"].get("out") or settings.home / "runs" / finished[0].run_id)
    folder = out or settings.home / "runs" / "+".join(run.run_id for run in finished)
    console.print(f"Report: {write_files(folder, finished)}", soft_wrap=True)


app.command()(load)


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


def _plan(experiment: Experiment, settings: Settings, retriever: Retriever, folder: Path) -> Plan:
    # First what needs no database and no embedder: wrong names are to be told at once.
    contestants = _contestants(experiment, settings)
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
        fail_if=experiment.fail_if,
        command=f"python -m compare {shlex.join(sys.argv[1:])}".strip(),
        out=str(folder),
    )


def _require_file_name(run_id: str) -> None:
    if Path(run_id).name != run_id:
        raise ConfigError(f"'{run_id}' cannot be a run's name: a folder is named like it, so no slashes.")


if __name__ == "__main__":
    run(app, WRONG_USE)
