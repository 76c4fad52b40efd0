"""A report's files, all from the same rows. Knows their names and formats; what they say is the contents'."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from compare.report.contents import contents
from compare.report.finished import FinishedRun
from compare.report.markdown import markdown
from compare.report.measured import Measured
from compare.report.page import page
from compare.report.summary import preference_rows, summary_json
from compare.report.visible import visible
from compare.statistics import finding
from config.folders import writing_to
from generator.log.answer_log import Row
from generator.log.export import write_csv

PAGE, SUMMARY = "report.html", "summary.json"
# Files that some reports do not have: beside them an earlier one's would tell of other answers.
_NOT_IN_ALL = {SUMMARY, "preferences.jsonl", "preferences.csv"}
# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_files(folder: Path, runs: Sequence[FinishedRun]) -> Path:
    """Write the report of one run, or of several beside each other; returns the page. Raises CannotWrite.

    Files are replaced, all or none; what an earlier report had besides goes.

    report.html and report.md for people; as JSON lines and as CSV: answers, figures (what each contestant
    reaches), comparisons (of each two), preferences (of the judge, where there is one). summary.json, of one
    run. In the CSV, text that a spreadsheet would take for a formula (it begins with = + - @, tab or carriage
    return) has an apostrophe before it, and invisible characters are spelled out; the JSON lines hold every
    text as it is.
    """
    told = contents(runs)
    names = shlex.join(run.run_id for run in runs)
    remedy = (
        "Make room there, or name another folder with --out. The answers are in the database: "
        f"python -m compare report {names} writes them anew."
    )
    with writing_to(folder, remedy), _all_or_none(folder) as place:
        (place / PAGE).write_text(page(told), encoding="utf-8")
        (place / "report.md").write_text(markdown(told), encoding="utf-8")
        _write_rows(place, "answers", [row for run in runs for row in run.scored_rows()])
        _write_rows(place, "figures", list(_figure_rows(told.measured)))
        _write_rows(place, "comparisons", list(_comparison_rows(told.measured)))
        if any(run.judged for run in runs):
            _write_rows(place, "preferences", [row for run in runs for row in preference_rows(run)])
        if len(runs) == 1:
            (place / SUMMARY).write_text(summary_json(runs[0], told.measured) + "\n", encoding="utf-8")
    return folder / PAGE


@contextmanager
def _all_or_none(folder: Path) -> Iterator[Path]:
    """Where to write the files of `folder`: they take their places when all are written, or go."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".unfinished-", dir=folder) as unfinished:
        yield Path(unfinished)
        written = list(Path(unfinished).iterdir())
        for file in written:
            file.replace(folder / file.name)
        for name in _NOT_IN_ALL - {file.name for file in written}:
            (folder / name).unlink(missing_ok=True)


def _figure_rows(found: Measured) -> Iterator[Row]:
    for section in found.sections:
        for one in section.reached:
            yield {
                "figure": section.measure.key,
                "form": section.form,
                "contestant": one.contestant,
                "average": section.typical,
                **asdict(one.estimate),
                "missing": one.missing,
            }


def _comparison_rows(found: Measured) -> Iterator[Row]:
    for one in found.comparisons:
        said = finding(one)
        yield {
            "figure": one.measure.key,
            "first": one.first,
            "second": one.second,
            "scale": one.measure.scale,
            **asdict(one.estimate),
            "left_out": one.left_out,
            "effect": one.effect,
            "share_better": one.share_better,
            "p": one.p,
            "p_holm": one.p_holm,
            "looked_at": one.looked_at,
            "outcome": said.outcome,
            "winner": said.winner,
            "verdict": said.text,
        }


def _write_rows(folder: Path, stem: str, rows: Sequence[Row]) -> None:
    with (folder / f"{stem}.jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with (folder / f"{stem}.csv").open("w", encoding="utf-8", newline="") as file:
        write_csv(columns, [guarded(row, columns) for row in rows], file)


def guarded(row: Mapping[str, Any], columns: Sequence[str]) -> Row:
    """The row with all columns, harmless to a spreadsheet."""
    return {column: _harmless(row.get(column)) for column in columns}


def _harmless(value: object) -> object:
    if isinstance(value, list | dict):
        return visible(json.dumps(value, ensure_ascii=False))
    if not isinstance(value, str):
        return value
    return f"'{visible(value)}" if value.startswith(_FORMULA) else visible(value)
