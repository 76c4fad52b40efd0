"""A run's summary for scripts: one JSON object, the same in summary.json and on standard output.

Knows what is in it; knows no files.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict

from compare.judge import Judgements, outcomes
from compare.plan.contestant import contestant_of
from compare.plan.threshold import MEAN_KEYS, Check, check_thresholds
from compare.report.finished import FinishedRun
from compare.report.measured import Measured
from compare.statistics import summarise, win_rates
from generator.log.answer_log import Row


def summary_json(run: FinishedRun, found: Measured) -> str:
    """What a script wants to know of a run; `found`: its figures.

    `judge` is there if the run has one, `votes` if people voted.
    """
    summary = {
        "run_id": run.run_id,
        "plan": run.run["plan"],
        "verdict": " ".join(found.verdicts),
        "looked_at": found.looked_at,
        "models": {one.name: asdict(one) for one in summarise(run.rows)},
        "failures": [asdict(failure) for failure in run.failures],
        "thresholds": [asdict(check) for check in checks(run)],
    }
    if run.judged:
        summary["judge"] = _judge(run, run.judged, found)
    if run.votes:
        summary["votes"] = [asdict(rate) for rate in win_rates(run.votes)]
    return json.dumps(summary, ensure_ascii=False, indent=2, default=str)


def checks(run: FinishedRun) -> list[Check]:
    """The run's thresholds with what was found."""
    return check_thresholds(run.thresholds, summarise(run.rows), _means(run))


def _means(run: FinishedRun) -> dict[tuple[str, str], float]:
    """Means of the scores and marks that a threshold asks for, by contestant and key."""
    keys = {one.figure for one in run.thresholds} & set(MEAN_KEYS)
    values: dict[tuple[str, str], list[float]] = {}
    for row in run.scored_rows() if keys else ():
        for key in keys:
            if (value := row.get(key)) is not None:
                values.setdefault((row["contestant"], key), []).append(value)
    return {place: sum(found) / len(found) for place, found in values.items()}


def _judge(run: FinishedRun, said: Judgements, found: Measured) -> Row:
    marks: dict[str, Row] = {}
    for section in found.marks:
        for one in section.reached:
            marks.setdefault(one.contestant, {})[section.measure.key] = asdict(one.estimate)
    return {
        "model": said.judge,
        "file_sha256": said.file_sha256,
        "marks": marks,
        "pairs": [asdict(one) for one in outcomes(said.preferences, run.rows, _names(run))],
        "bias": asdict(said.bias),
        "trial": said.trial and {**asdict(said.trial), "useless": said.trial.useless},
    }


def preference_rows(run: FinishedRun) -> Iterator[Row]:
    """What the judge said of each two answers."""
    if not run.judged:
        return
    rows = {row["answer_id"]: row for row in run.rows}
    for one in run.judged.preferences:
        first, second = rows[one.first], rows[one.second]
        yield {
            "run_id": run.run_id,
            "judge": run.judged.judge,
            "product_id": first["product_id"],
            "question": first["question"],
            "repeat": first["repeat"],
            "first": contestant_of(first),
            "second": contestant_of(second),
            "first_answer_id": one.first,
            "second_answer_id": one.second,
            "forth": one.forth,
            "back": one.back,
            "winner": one.winner,
            "itself": one.itself,
        }


def _names(run: FinishedRun) -> dict[int, str]:
    return {row["answer_id"]: contestant_of(row) for row in run.rows}
