"""A run on the terminal and as files: answers.jsonl, summary.json, report.md. All from the same rows."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from compare.contestant import contestant_name
from compare.runner import Failure
from compare.statistics import ModelSummary
from generator.answer_log import Row
from generator.figures import EXTRACTIVE, REMOTE, VERBATIM, figure, format_figure, format_memory
from generator.markdown import literal

# The lines of each table; memory and citations are appended. Free and verbatim answers have tables of their
# own, because the tokens of a choice are decisions. The contestant without a language model stands with those
# that choose: it does the same task in the same form, and the models' figures show what they add to it.
LINES = {
    "free": ("ttft_s", "decode_tok_s", "prefill_tok_s", "e2e_s", "words", "words_per_s"),
    "verbatim": ("ttft_s", "n_out", "prefill_tok_s", "e2e_s", "sentences", "words"),
}
TITLES = {"free": "Comparison", "verbatim": "Comparison of verbatim answers"}


def comparison_tables(summaries: Sequence[ModelSummary]) -> list[Table]:
    """The terminal's: a line per figure, a column per contestant, medians over a contestant's answers."""
    tables = []
    for answering, group in _by_answering(summaries):
        table = Table("median of", title=TITLES[answering])
        for summary in group:
            table.add_column(summary.label, justify="right")
        for heading, *cells in zip(_headings(answering), *map(_cells, group), strict=True):
            table.add_row(heading, *cells)
        tables.append(table)
    return tables


def _by_answering(summaries: Sequence[ModelSummary]) -> Iterator[tuple[str, list[ModelSummary]]]:
    for answering in LINES:
        group = [summary for summary in summaries if summary.answering == answering]
        if group:
            yield answering, group


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
        "models": {item.name: asdict(item) for item in summaries},
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
    if any(item.kind == "openai" for item in summaries):
        yield f"\n{REMOTE} The machine named above is the one that asked."
    if any(item.kind == "extractive" for item in summaries):
        yield f"\n{EXTRACTIVE}"
    yield "\n## Figures"
    for answering, group in _by_answering(summaries):
        yield from _figures(answering, group)
    yield (
        "\nMedians over a contestant's answers; memory is the highest, cited the share with a valid "
        "citation, abstained how many of the answers say that the reviews do not tell.\n"
    )
    shown = [line for answering, _ in _by_answering(summaries) for line in LINES[answering]]
    for key in dict.fromkeys((*shown, "peak_rss_bytes", "predicted_bytes")):
        yield f"- **{figure(key).label}**: {figure(key).meaning}"
    if failures:
        yield "\n## Failed\n"
        yield from (f"- {failure.model}: {failure.reason}" for failure in failures)
    yield "\n## Answers"
    yield from _answers(run, rows)


def _figures(answering: str, group: Sequence[ModelSummary]) -> Iterator[str]:
    if answering == "verbatim":
        yield f"\n### Verbatim answers\n\n{VERBATIM}"
    yield f"\n| median of | {' | '.join(summary.label for summary in group)} |"
    yield f"|---|{'---:|' * len(group)}"
    for heading, *cells in zip(_headings(answering), *map(_cells, group), strict=True):
        yield f"| {heading} | {' | '.join(cells)} |"


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
                _contestant(row): row
                for row in rows
                if (row["product_id"], row["question"]) == (product_id, question)
            }
            for name in sorted(answers):
                row = answers[name]
                text = " ".join(row["answer"].split()) or "(nothing)"
                yield f"- **{name}** ({row['stop_reason']}): {literal(text)}"


def _contestant(row: Row) -> str:
    return contestant_name(row["model"], row["answers"], row["model_settings"].get("kind", "gguf"))


def _headings(answering: str) -> list[str]:
    return [
        "answers",
        *(figure(key).label for key in LINES[answering]),
        "memory",
        "memory, predicted",
        "cited",
        "abstained",
    ]


def _cells(summary: ModelSummary) -> list[str]:
    return [
        str(summary.answers),
        *(format_figure(key, summary.figures[key].median) for key in LINES[summary.answering]),
        format_memory("peak_rss_bytes", summary.peak_rss_bytes, summary.kind),
        format_memory("predicted_bytes", summary.predicted_bytes, summary.kind),
        f"{summary.cited:.0%}",
        str(summary.abstained),
    ]
