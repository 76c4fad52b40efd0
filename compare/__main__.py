"""`python -m compare`: the published experiment, or any products, questions and models, unattended."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from compare.contestant import Contestant, find_contestants
from compare.experiment import PRODUCTS, QUESTIONS, Task, prepare_tasks
from compare.report import comparison_tables, write_files
from compare.runner import Failure, run_contestants
from compare.statistics import summarise
from config import Settings, load_settings
from config.command import console, error_console, run
from database import Database
from generator import Answer, AnswerLog
from retriever import Embedder, Retriever

app = typer.Typer()


@app.command(help=__doc__)
def compare(
    models: Annotated[
        str,
        typer.Option(
            help="Names from settings or catalogue: a,b,b:verbatim. Default: all on disk, and extractive."
        ),
    ] = "",
    products: Annotated[int, typer.Option(help="How many of the first products.", min=1)] = PRODUCTS,
    product: Annotated[
        list[str] | None, typer.Option(help="Any id of a product, in place of the first ones; repeatable.")
    ] = None,
    question: Annotated[
        list[str] | None, typer.Option(help="A question, in place of the experiment's two; repeatable.")
    ] = None,
    k: Annotated[int | None, typer.Option("-k", help="Passages for each question.", min=1, max=50)] = None,
    seed: Annotated[int, typer.Option(help="Shuffles models and questions.")] = 0,
    name: Annotated[str, typer.Option(help="Name of the run; default: the time.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder for the files; default: in the home.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Load models even if they do not fit.")] = False,
) -> None:
    """Run the comparison and write its report."""
    settings = load_settings()
    contestants = find_contestants(models, settings)
    run_id = name or datetime.now(UTC).strftime("%Y-%m-%d-%H%M%S")
    with Database.open(settings) as database:
        embedder = Embedder(settings.embedder)
        retriever = Retriever(database, embedder, settings.retrieval)
        chosen = [retriever.product(name) for name in product or ()] or retriever.products(limit=products)
        tasks = prepare_tasks(retriever, chosen, question or QUESTIONS, k or settings.retrieval.k)
        plan = {
            "models": [contestant.name for contestant in contestants],
            "products": [product.product_id for product in chosen],
            "questions": question or list(QUESTIONS),
            "k": k or settings.retrieval.k,
            "seed": seed,
            "mode": "measured",
        }
        log = AnswerLog(database)
        log.begin_run(run_id, plan)
        failures = _run_with_progress(contestants, tasks, settings, embedder, log, run_id, seed, force)
        rows = log.answers(run_id)
    folder = out or settings.home / "runs" / run_id
    summaries = summarise(rows)
    write_files(folder, {"run_id": run_id, "plan": plan}, rows, summaries, failures)
    for table in comparison_tables(summaries):
        console.print(table)
    console.print(f"Report: {folder / 'report.md'}", soft_wrap=True)
    for failure in failures:
        error_console.print(f"failed: {failure.model}: {failure.reason}", markup=False, soft_wrap=True)
    if failures:
        sys.exit(1)


def _run_with_progress(
    contestants: list[Contestant],
    tasks: list[Task],
    settings: Settings,
    embedder: Embedder,
    log: AnswerLog,
    run_id: str,
    seed: int,
    force: bool,
) -> list[Failure]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("answers, remaining"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=error_console, disable=not error_console.is_terminal) as progress:
        bar = progress.add_task("", total=len(contestants) * len(tasks))

        def on_answer(answer: Answer) -> None:
            progress.update(bar, advance=1, description=answer.model)

        return run_contestants(contestants, tasks, settings, embedder, log, run_id, seed, on_answer, force)


if __name__ == "__main__":
    run(app)
