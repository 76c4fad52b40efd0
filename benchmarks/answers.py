"""Every way and every prompt in which a model can answer, beside each other: which one serves it best.

    python -m benchmarks.answers --models smollm2,smollm2@short,smollm2:verbatim,extractive

Two sets of questions are asked. The 40 of data/experiment-questions.yaml go through the search, as a run of
`python -m compare` asks them, and the answers are scored as in its report. The 80 of data/questions.yaml show
labelled sentences; they are asked of contestants that choose sentences. The model draws nothing by chance:
its temperature is 0 unless `--temperature` says otherwise.

The last line is JSON: `questions`, `labelled_questions` and `contestants`, by name: `groundedness`,
`held_citations` and `coverage` (means, 0 to 1, as compare/scores defines them); `abstention`, the share of
the questions that no review answers to which it says so; `false_abstention`, the share of the others to
which it gives no answer; `evidence_f1` and `evidence_abstention` (benchmarks/evidence_scores.py; null for
those that write freely); `ttft_s`, `decode_tok_s` and `words` (medians), and `memory_mib` (the highest).
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.table import Table

from benchmarks.database import ingested
from benchmarks.evidence import ask_labelled
from benchmarks.evidence_scores import Scores
from benchmarks.questions import read_questions
from compare.plan.contestant import contestant_of, find_contestants
from compare.plan.experiment import Experiment
from compare.plan.plan import Plan
from compare.plan.planning import make_plan
from compare.run.runner import Answered, Failure, Runner
from compare.scores import AnswerScores, score_answers
from compare.statistics import summarise
from config import Settings, load_settings
from config.command import console, run, tell
from config.errors import UserError
from generator import AnswerLog
from generator.log.answer_log import Row
from retriever import Retriever

DATA = Path(__file__).parent.parent / "data"
RUN = "answers"

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Result:
    """One contestant; shares are from 0 to 1, and None where no answer has the figure."""

    groundedness: float | None
    """Mean share of an answer's sentences that its passages support."""
    held_citations: float | None
    """Mean share of the cited sentences that the passages cited there support."""
    abstention: float | None
    """Of the questions that no review answers, the share to which it says so."""
    false_abstention: float | None
    """Of the other questions, the share to which it gives no answer."""
    coverage: float | None
    """Mean share of the expected points that an answer makes."""
    evidence_f1: float | None
    """Mean F1 of the chosen sentences against the labelled ones."""
    evidence_abstention: float | None
    """Of the labelled questions without evidence, the share to which no sentence is chosen."""
    ttft_s: float | None
    """Seconds to the first visible word, the median."""
    decode_tok_s: float | None
    """Tokens a second after the first one, the median."""
    memory_mib: int | None
    """The highest resident memory of the model's process."""
    words: float | None
    """Words of an answer, the median."""


@app.command(help=__doc__)
def main(
    models: Annotated[str, typer.Option(help="Contestants, comma-separated.")] = "smollm2,extractive",
    questions: Annotated[Path, typer.Option(help="Questions about products.", exists=True)] = DATA
    / "experiment-questions.yaml",
    labelled: Annotated[Path, typer.Option(help="Questions with labelled sentences.", exists=True)] = DATA
    / "questions.yaml",
    reviews: Annotated[Path, typer.Option(help="The reviews that both are about.", exists=True)] = DATA
    / "reviews.csv",
    temperature: Annotated[float, typer.Option(help="Of the sampling.", min=0, max=2)] = 0.0,
    max_tokens: Annotated[int, typer.Option(help="Of an answer.", min=1)] = 160,
    show: Annotated[int, typer.Option(help="Print each one's answers to so many questions.")] = 3,
) -> None:
    """Ask, score, print."""
    settings = load_settings()
    names = tuple(name.strip() for name in models.split(","))
    experiment = Experiment(
        models=names, questions=questions, temperature=temperature, max_tokens=max_tokens, repeats=1
    )
    with tempfile.TemporaryDirectory() as folder, ingested(reviews, Path(folder)) as retriever:
        plan, rows, scores = asked(experiment, settings, retriever, Path(folder))
    labels = read_questions(labelled, reviews, settings.passages)
    contestants = find_contestants(names, settings)
    results = {}
    for one in contestants:
        chosen = (
            None if one.answers == "free" else ask_labelled(one, labels, settings, retriever.embedder).scores
        )
        results[one.name] = result_of(one.name, rows, scores, plan, chosen)
    _print_answers(plan, rows, show)
    console.print(_table(results, len(plan.tasks), len(labels)))
    print(
        json.dumps(
            {
                "questions": len(plan.tasks),
                "labelled_questions": len(labels),
                "contestants": {name: asdict(result) for name, result in results.items()},
            }
        )
    )


def asked(
    experiment: Experiment, settings: Settings, retriever: Retriever, folder: Path
) -> tuple[Plan, Sequence[Row], Sequence[AnswerScores]]:
    """The plan of the experiment, the answers that were logged, and their scores.

    Raises UserError if a contestant fails: a table without it would not be the one that was asked for.
    """
    plan = make_plan(experiment, settings, retriever, folder, "python -m benchmarks.answers")
    log = AnswerLog(retriever.database)
    log.begin_run(RUN, plan.to_row(), plan.task_rows(), False)
    for number, event in enumerate(Runner(settings, retriever.embedder, log).run(RUN, plan)):
        if isinstance(event, Failure):
            raise UserError(f"{event.model} failed: {event.reason}")
        if isinstance(event, Answered) and number % 20 == 0:
            tell(f"{number} of {plan.answers} answers")
    rows = log.answers(RUN)
    expectations = {task.key: task.expectation for task in plan.tasks}
    return plan, rows, score_answers(rows, expectations, retriever.embedder)


def result_of(
    name: str,
    rows: Sequence[Row],
    scores: Sequence[AnswerScores],
    plan: Plan,
    chosen: Scores | None,
) -> Result:
    """What the answers of this contestant came to; `chosen`: how well it chose among labelled sentences."""
    own = [row for row in rows if contestant_of(row) == name]
    by_answer = {one.answer_id: one.values for one in scores}
    answerable = {task.key: task.expectation.answerable for task in plan.tasks}
    values = [by_answer[row["answer_id"]] for row in own]
    (summary,) = summarise(own)

    def right(wanted: bool) -> float | None:
        """How often it was right to answer, or right not to, where the reviews tell or do not."""
        return _mean(
            [
                one["abstention"]
                for row, one in zip(own, values, strict=True)
                if answerable[row["product_id"], row["question"]] is wanted
            ]
        )

    answered = right(True)
    return Result(
        groundedness=_mean([one["groundedness"] for one in values]),
        held_citations=_mean([one["held_citations"] for one in values]),
        abstention=right(False),
        false_abstention=None if answered is None else round(1 - answered, 3),
        coverage=_mean([one["coverage"] for one in values]),
        evidence_f1=_rounded(chosen.f1) if chosen else None,
        evidence_abstention=_rounded(chosen.abstention) if chosen else None,
        ttft_s=_rounded(summary.figures["ttft_s"].median),
        decode_tok_s=_rounded(summary.figures["decode_tok_s"].median),
        memory_mib=round(summary.peak_rss_bytes / 2**20) if summary.peak_rss_bytes else None,
        words=summary.figures["words"].median,
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(mean(known), 3) if known else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _table(results: Mapping[str, Result], questions: int, labelled: int) -> Table:
    table = Table(
        title=f"{questions} questions, and {labelled} with labelled sentences",
        box=SIMPLE,
        padding=(0, 1, 0, 0),
    )
    table.add_column(no_wrap=True)
    for column in _COLUMNS:
        table.add_column(column, justify="right")
    for name, result in results.items():
        shown = asdict(result)
        table.add_row(
            name,
            *("-" if shown[key] is None else format(shown[key], form) for key, form in _COLUMNS.values()),
        )
    return table


_COLUMNS = {
    "held": ("groundedness", ".2f"),
    "cited": ("held_citations", ".2f"),
    "none, right": ("abstention", ".2f"),
    "wrong": ("false_abstention", ".2f"),
    "covered": ("coverage", ".2f"),
    "F1": ("evidence_f1", ".2f"),
    "TTFT s": ("ttft_s", ".2f"),
    "tok/s": ("decode_tok_s", ".0f"),
    "MiB": ("memory_mib", "d"),
    "words": ("words", ".0f"),
}


def _print_answers(plan: Plan, rows: Sequence[Row], questions: int) -> None:
    for task in plan.tasks[:questions]:
        console.print(f"\n{task.question}", style="bold")
        for row in rows:
            if (row["product_id"], row["question"]) == task.key:
                console.print(f"\n{contestant_of(row)}:", style="bold")
                console.print(row["answer"], markup=False, highlight=False)


if __name__ == "__main__":
    run(app)
