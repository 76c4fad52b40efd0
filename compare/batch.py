"""A run as a person or a script meets it: begun or resumed, watched, reported, and judged by an exit code.

Knows the run's parts and the terminal; knows nothing of how options are spelled.
"""

import json
import shlex
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from compare.machine import Conditions
from compare.plan import Plan, tasks_of
from compare.progress import RunProgress
from compare.report import FinishedRun, comparison_tables, write_files
from compare.runner import Failure, Runner
from compare.scores import score_answers
from compare.statistics import ModelSummary, summarise
from compare.threshold import SCORE_KEYS, Judgement, judge_thresholds
from config.command import console, error_console
from config.errors import UserError
from generator import AnswerLog
from generator.answer_log import Row
from retriever import Embedder

# Exit codes; what was wrong before anything ran is 2, as for every wrong option.
FINE, MODEL_FAILED, THRESHOLD_FAILED, INTERRUPTED = 0, 1, 3, 130


@dataclass(frozen=True, slots=True)
class Batch:
    """A run under its name. `as_json`: the summary, for machines, is all that goes to standard output."""

    run_id: str
    plan: Plan
    runner: Runner
    as_json: bool = False

    def work(self, conditions: Conditions) -> int:
        """Give the answers that are missing, write the report, and return the exit code.

        `conditions`: the machine as it was before.
        """
        log = self.runner.log
        log.note_condition(self.run_id, asdict(conditions))
        for warning in conditions.warnings():
            tell(f"note: {warning}")
        failures: list[Failure] = []
        done = len(log.answered(self.run_id))
        progress = RunProgress(error_console, self.plan.answers, done)
        try:
            with progress, closing(self.runner.run(self.run_id, self.plan)) as events:
                for event in events:
                    progress.show(event)
                    if isinstance(event, Failure):
                        failures.append(event)
            log.note_failures(self.run_id, [asdict(failure) for failure in failures])
            for failure in failures:
                tell(f"failed: {failure.model}: {failure.reason}")
            tell("Scoring the answers, and writing the report.")
            return self._report(failures)
        except KeyboardInterrupt:
            self._tell_rest(progress.done)
            return INTERRUPTED
        except UserError as error:
            tell(f"error: {error}")
            self._tell_rest(progress.done)
            return MODEL_FAILED

    def _tell_rest(self, done: int) -> None:
        tell(
            f"Stopped after {done} of {self.plan.answers} answers, which are kept. Go on with: "
            f"python -m compare --resume {shlex.quote(self.run_id)}"
        )

    def _report(self, failures: Sequence[Failure]) -> int:
        finished = finished_run(self.runner.log, self.run_id, self.runner.embedder)
        summaries = summarise(finished.rows)
        file = write_files(Path(self.plan.out), [finished])
        judgements = judge_thresholds(self.plan.thresholds, summaries, self._score_means(finished))
        if self.as_json:
            run = {"run_id": self.run_id, "plan": self.plan.to_row()}
            print(summary_json(run, summaries, failures, judgements))
        else:
            for table in comparison_tables(summaries):
                console.print(table)
            console.print(f"Report: {file}", soft_wrap=True)
        broken = [judgement for judgement in judgements if judgement.failed]
        for judgement in broken:
            tell(f"threshold: {judgement}")
        if failures:
            return MODEL_FAILED
        return THRESHOLD_FAILED if broken else FINE

    def _score_means(self, finished: FinishedRun) -> dict[tuple[str, str], float]:
        """Means of the scores that a threshold asks for, by contestant and key."""
        keys = {one.figure for one in self.plan.thresholds} & set(SCORE_KEYS)
        values: dict[tuple[str, str], list[float]] = {}
        for row in finished.scored_rows():
            for key in keys:
                if (value := row[key]) is not None:
                    values.setdefault((row["contestant"], key), []).append(value)
        return {place: sum(found) / len(found) for place, found in values.items()}


def finished_run(log: AnswerLog, run_id: str, embedder: Embedder) -> FinishedRun:
    """A stored run with the scores of its answers. Raises RunError, and ConfigError for the embedder."""
    run, rows = log.run(run_id), log.answers(run_id)
    expectations = {(task.product_id, task.question): task.expectation for task in tasks_of(run)}
    return FinishedRun(run, rows, score_answers(rows, expectations, embedder))


def summary_json(
    run: Row,
    summaries: Sequence[ModelSummary],
    failures: Sequence[Failure],
    judgements: Sequence[Judgement],
) -> str:
    """What a script wants to know of a run: one JSON object."""
    summary = {
        **run,
        "models": {summary.name: asdict(summary) for summary in summaries},
        "failures": [asdict(failure) for failure in failures],
        "thresholds": [asdict(judgement) for judgement in judgements],
    }
    return json.dumps(summary, ensure_ascii=False, indent=2, default=str)


def tell(line: str) -> None:
    """A line on standard error, as it is."""
    error_console.print(line, markup=False, highlight=False, soft_wrap=True)
