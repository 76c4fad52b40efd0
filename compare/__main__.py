"""`python -m compare`: the published experiment, or any other, unattended; and the reports of what was run.

Exit codes of a run: 0 fine, 1 a model failed, 2 wrong use, 3 a threshold (--fail-if) failed, 130 interrupted.
"""

import shlex
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from compare import options
from compare.batch import Batch, finished_run, tell
from compare.dry_run import print_forecast
from compare.experiment import read_experiment
from compare.forecast import forecast, judge_forecast
from compare.load_command import load
from compare.machine import observe
from compare.planning import make_plan, require_run_name, resumed_plan, usual_run_name
from compare.report import write_files
from compare.run_process import require_idle, working_on
from compare.runner import Runner
from config import load_settings
from config.command import console, run, with_default
from config.errors import ConfigError
from database import Database, Patience
from generator import AnswerLog
from retriever import Embedder, Retriever

WRONG_USE = 2


# `python -m compare …` is `python -m compare run …`.
app = typer.Typer(help=__doc__, cls=with_default("run"), add_completion=False)


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
    judge: options.Judge = None,
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
    given = _given(
        models=models, products=product or products, questions=question or questions, k=k, passages=passages,
        answers=answers, mode="throughput" if throughput else mode, seed=seed, repeats=repeats, n_ctx=n_ctx,
        temperature=temperature, max_tokens=max_tokens, scores=scores, judge=judge, fail_if=fail_if,
    )  # fmt: skip
    conditions = observe()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # an end by a time limit can be resumed, too
    settings = load_settings()
    if resume and (experiment or given.keys() - {"judge"} or name or replace or dry_run or out):
        raise ConfigError("--resume goes by the run's stored plan; --judge, --json and --force go with it.")
    run_id = resume or _new_name(name)
    embedder = Embedder(settings.embedder)
    with Database.open(settings) as database:
        log = AnswerLog(database)
        if resume:
            plan = resumed_plan(log, run_id, judge, settings)
        else:
            if not dry_run:
                _require_startable(log, run_id, replace)  # before a minute of embedding and searching
            folder = (out or settings.home / "runs" / run_id).resolve()
            retriever = Retriever(database, embedder, settings.retrieval)
            plan = make_plan(read_experiment(experiment, given), settings, retriever, folder, _command())
            if dry_run:
                print_forecast(plan, forecast(plan, settings, log), judge_forecast(plan, settings))
                return
            _require_startable(log, run_id, replace)
            log.begin_run(run_id, plan.to_row(), plan.task_rows(), replace)
        with working_on(database, run_id):
            runner = Runner(settings, embedder, log, force, Patience(tell))
            sys.exit(Batch(run_id, plan, runner, as_json).work(conditions))


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


def _given(**keys: object) -> dict[str, object]:
    """The keys of an experiment that the command line says."""
    return {key: value for key, value in keys.items() if value is not None}


def _new_name(name: str) -> str:
    """The name of a new run: the given one, or the time. Raises ConfigError."""
    run_id = name or usual_run_name()
    require_run_name(run_id)
    return run_id


def _require_startable(log: AnswerLog, run_id: str, replace: bool) -> None:
    """Raise RunError for a name that is taken; if it is to be replaced, for a run that is being worked on."""
    if replace:
        require_idle(log.database, run_id)
    else:
        log.require_new(run_id)


def _command() -> str:
    return f"python -m compare {shlex.join(sys.argv[1:])}".strip()


if __name__ == "__main__":
    run(app, WRONG_USE)
