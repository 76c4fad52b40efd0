"""A run on the terminal and as files: answers.jsonl, summary.json, report.md. All from the same rows."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from compare.runner import Failure
from compare.statistics import ModelSummary
from generator.answer_log import Row
from generator.figures import REMOTE, figure, format_figure
from generator.markdown import literal

# The lines of the comparison table; memory and citations are appended.
LINES = ("ttft_s", "decode_tok_s", "prefill_tok_s", "e2e_s", "words", "words_per_s")


def comparison_table(summaries: Sequence[ModelSummary]) -> Table:
    """The terminal's table: a line per figure, a column per model, medians over a model's answers."""
    table = Table("median of", title="Comparison")
    for summary in summaries:
        table.add_column(summary.label, justify="right")
    for heading, *cells in zip(_headings(), *map(_cells, summaries), strict=True):
        table.add_row(heading, *cells)
    return table


def write_files(
    folder: Path,
    run: Row,
    rows: Sequence[Row],
    summaries: Sequence[ModelSummary],
    failures: Sequence[Failure],
) -> None:
    """Write the three files of a run; `run` is its id and plan. Existing ones are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "answers.jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
    summary = {
        **run,
        "models": {item.model: asdict(item) for item in summaries},
        "failures": [asdict(failure) for failure in failures],
    }
    (folder / "summary.json").write_text(
        json.dumps(summary, ensure_ascii=False, indent=2, default=str) + "\n", encoding="utf-8"
    )
    (folder / "report.md").write_text(
        "\n".join(_report(run, rows, summaries, failures)) + "\n", encoding="utf-8"
    )


def _report(
    run: Row, rows: Sequence[Row], summaries: Sequence[ModelSummary], failures: Sequence[Failure]
) -> Iterator[str]:
    yield f"# Comparison {run['run_id']}\n"
    yield _about(rows)
    if any(summary.random_weights for summary in summaries):
        yield (
            "\nModels marked *random weights* answer with noise: their speed and memory are measured for "
            "real, but are those of a tiny file."
        )
    if any(summary.remote for summary in summaries):
        yield f"\n{REMOTE} The machine named above is the one that asked."
    yield "\n## Figures\n"
    yield f"| median of | {' | '.join(summary.label for summary in summaries)} |"
    yield f"|---|{'---:|' * len(summaries)}"
    for heading, *cells in zip(_headings(), *map(_cells, summaries), strict=True):
        yield f"| {heading} | {' | '.join(cells)} |"
    yield (
        "\nMedians over a model's answers; memory is the highest, cited the share with a valid citation, "
        "abstained how many of the answers say that the reviews do not tell.\n"
    )
    for key in (*LINES, "peak_rss_bytes", "predicted_bytes"):
        yield f"- **{figure(key).label}**: {figure(key).meaning}"
    if failures:
        yield "\n## Failed\n"
        yield from (f"- {failure.model}: {failure.reason}" for failure in failures)
    yield "\n## Answers"
    yield from _answers(run, rows)


def _about(rows: Sequence[Row]) -> str:
    if not rows:
        return "No model answered."
    products = len({row["product_id"] for row in rows})
    questions = len({row["question"] for row in rows})
    modes = ", ".join(sorted({row["mode"] for row in rows}))
    return (
        f"{len(rows)} answers: {products} products x {questions} questions x "
        f"{len({row['model'] for row in rows})} models, timing mode: {modes}. Machine: {rows[0]['machine']}."
    )


def _answers(run: Row, rows: Sequence[Row]) -> Iterator[str]:
    """In the plan's order; the rows themselves are in the shuffled order in which they were answered."""
    for product_id in run["plan"]["products"]:
        for question in run["plan"]["questions"]:
            yield f"\n### {product_id}: {literal(question)}\n"
            answers = {
                row["model"]: row
                for row in rows
                if (row["product_id"], row["question"]) == (product_id, question)
            }
            for model in sorted(answers):
                row = answers[model]
                text = " ".join(row["answer"].split()) or "(nothing)"
                yield f"- **{model}** ({row['stop_reason']}): {literal(text)}"


def _headings() -> list[str]:
    return [
        "answers",
        *(figure(key).label for key in LINES),
        "memory",
        "memory, predicted",
        "cited",
        "abstained",
    ]


def _cells(summary: ModelSummary) -> list[str]:
    return [
        str(summary.answers),
        *(format_figure(key, summary.figures[key].median) for key in LINES),
        "remote" if summary.remote else format_figure("peak_rss_bytes", summary.peak_rss_bytes),
        "remote" if summary.remote else format_figure("predicted_bytes", summary.predicted_bytes),
        f"{summary.cited:.0%}",
        str(summary.abstained),
    ]
