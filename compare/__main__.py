"""`python -m compare`: the published experiment, or any other, unattended; and the reports of what was run.

Exit codes of a run: 0 fine, 1 a model or the database failed, 2 wrong use, 3 a threshold (--fail-if)
failed, 130 interrupted.
"""

import shlex
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from compare import options
from compare.forecast.dry_run import print_forecast
from compare.forecast.forecast import forecast, judge_forecast
from compare.load.load_command import load
from compare.plan.experiment import Experiment, read_experiment
from compare.plan.plan import Plan
from compare.plan.planning import make_plan, require_run_name, resumed_plan, usual_run_name
from compare.report import write_files
from compare.run.batch import Batch, finished_run
from compare.run.machine import observe
from compare.run.run_process import require_idle, working_on
from compare.run.runner import Runner
from config import load_settings
from config.command import console, run, tell, with_default
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
    skip_missing: options.SkipMissing = False,
    show_answers: options.ShowAnswers = False,
    resume: options.Resume = None,
    out: options.Out = None,
    as_json: options.AsJson = False,
    dry_run: options.DryRun = False,
    force: options.Force = False,
) -> None:
    """Run a comparison, or finish one, and write its report. The word `run` may be left out."""
    given = _given(
        models=models, products=product or products, questions=question or questions, k=k, passages=passages,
        answers=answers, mode="throughput" if throughput else mode, seed=seed, repeats=repeats, n_ctx=n_ctx,
        temperature=temperature, max_tokens=max_tokens, scores=scores, judge=judge, fail_if=fail_if,
    )  # fmt: skip
    of_new = (experiment, given.keys() - {"judge"}, name, replace, dry_run, out, skip_missing)
    if resume is not None and any(of_new):
        raise ConfigError(
            "--resume goes by the run's stored plan; --judge, --json, --show-answers and --force go with it."
        )
    conditions = observe()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # an end by a time limit can be resumed, too
    settings = load_settings()
    run_id = _new_name(name) if resume is None else resume
    with Database.open(settings) as database:
        runner = Runner(settings, Embedder(settings.embedder), AnswerLog(database), force, Patience(tell))
        if resume is not None:
            plan = resumed_plan(runner.log, run_id, judge, settings)
        elif dry_run:
            _foretell(runner, _planned(runner, run_id, read_experiment(experiment, given), out, skip_missing))
            return
        else:
            wanted = read_experiment(experiment, given)
            plan = _begun(runner, run_id, wanted, out, replace, skip_missing)
        with working_on(database, run_id):
            if resume is not None and judge:
                runner.log.change_plan(run_id, plan.to_row())  # now that nobody else works by it
            sys.exit(Batch(run_id, plan, runner, as_json, show_answers).work(conditions))


@app.command()
def report(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Names of runs.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the files; default: the run's own, of several runs/A+B beside them."),
    ] = None,
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


def _foretell(runner: Runner, plan: Plan) -> None:
    """Print what the plan will take."""
    settings, log = runner.settings, runner.log
    print_forecast(plan, forecast(plan, settings, log), judge_forecast(plan, settings, log))


def _new_name(name: str) -> str:
    """The name of a new run: the given one, or the time. Raises ConfigError."""
    run_id = name or usual_run_name()
    require_run_name(run_id)
    return run_id


def _begun(
    runner: Runner, run_id: str, experiment: Experiment, out: Path | None, replace: bool, skip_missing: bool
) -> Plan:
    """The plan of a new run, which is stored. Raises UserError."""
    _require_startable(runner.log, run_id, replace)  # before a minute of embedding and searching
    plan = _planned(runner, run_id, experiment, out, skip_missing)
    _require_startable(runner.log, run_id, replace)
    runner.log.begin_run(run_id, plan.to_row(), plan.task_rows(), replace)
    return plan


def _planned(
    runner: Runner, run_id: str, experiment: Experiment, out: Path | None, skip_missing: bool
) -> Plan:
    """The plan of a new run; who is left out is told. `out`: the folder of its files, if not in the home."""
    settings = runner.settings
    folder = (out or settings.home / "runs" / run_id).resolve()
    retriever = Retriever(runner.log.database, runner.embedder, settings.retrieval)
    plan = make_plan(experiment, settings, retriever, folder, _command(), skip_missing)
    for sentence in plan.left_out:
        tell(f"left out: {sentence}")
    return plan


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
