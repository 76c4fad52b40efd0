"""A run as a person or a script meets it: begun or resumed, watched, reported, and judged by an exit code.

Knows the run's parts and the terminal; knows nothing of how options are spelled.
"""

import shlex
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from compare.judge import JudgementLog
from compare.log.vote_log import VoteLog
from compare.plan.contestant import contestant_of
from compare.plan.plan import Plan, tasks_of
from compare.report import SUMMARY, FinishedRun, checks, comparison_tables, write_files
from compare.report.visible import visible
from compare.run.judging import Judged, Judging, Tried
from compare.run.machine import Conditions
from compare.run.progress import RunProgress
from compare.run.runner import Failure, RunEvent, Runner
from compare.scores import score_answers
from compare.statistics import summarise
from config.command import console, error_console, tell
from config.errors import UserError
from generator import AnswerLog
from retriever import Embedder

# Exit codes; what was wrong before anything ran is 2, as for every wrong option.
FINE, MODEL_FAILED, THRESHOLD_FAILED, INTERRUPTED = 0, 1, 3, 130


@dataclass(frozen=True, slots=True)
class Batch:
    """A run under its name. `as_json`: the summary, for machines, is all that goes to standard output.

    `show_answers`: whether the answers to the first question are printed at the end.
    """

    run_id: str
    plan: Plan
    runner: Runner
    as_json: bool = False
    show_answers: bool = False

    def work(self, conditions: Conditions) -> int:
        """Give the answers that are missing, have them judged, write the report, and return the exit code.

        `conditions`: the machine as it was before.
        """
        log = self.runner.log
        log.note_condition(self.run_id, asdict(conditions))
        for warning in conditions.warnings():
            tell(f"note: {warning}")
        answering = RunProgress(error_console, self.plan.answers, len(log.answered(self.run_id)))
        try:
            failures = [
                *self._watch(answering, self.runner.run(self.run_id, self.plan)),
                *self._failures_of_the_judge(),
            ]
            told = [asdict(failure) for failure in failures]
            self.runner.patience.repeat(partial(log.note_failures, self.run_id, told))
            for failure in failures:
                tell(f"failed: {failure.model}: {failure.reason}")
            tell("Scoring the answers, and writing the report.")
            return self._report(failures)
        except KeyboardInterrupt:
            self._tell_rest(answering.done)
            return INTERRUPTED
        except UserError as error:
            tell(f"error: {error}")
            self._tell_rest(answering.done)
            return MODEL_FAILED

    def _failures_of_the_judge(self) -> Iterator[Failure]:
        if self.plan.judge:
            judging = Judging(self.runner, self.run_id, self.plan.judge)
            progress = RunProgress(error_console, judging.total, judging.done, "judgements")
            yield from self._watch(progress, judging.run())

    def _watch(
        self, progress: RunProgress, events: Generator[RunEvent] | Generator[RunEvent | Tried | Judged]
    ) -> Iterator[Failure]:
        """Show the events; who failed."""
        with progress, closing(events):
            for event in events:
                progress.show(event)
                if isinstance(event, Tried):
                    tell(f"{'warning' if event.useless else 'note'}: {event.said}")
                if isinstance(event, Failure):
                    yield event

    def _tell_rest(self, done: int) -> None:
        tell(
            f"Stopped after {done} of {self.plan.answers} answers, which are kept"
            f"{', as is what the judge has said' if self.plan.judge else ''}. Go on with: "
            f"python -m compare --resume {shlex.quote(self.run_id)}"
        )

    def _report(self, failures: Sequence[Failure]) -> int:
        finished = self.runner.patience.repeat(
            partial(finished_run, self.runner.log, self.run_id, self.runner.embedder)
        )
        file = write_files(Path(self.plan.out), [finished])
        if self.as_json:
            print(file.with_name(SUMMARY).read_text(encoding="utf-8"), end="")
        else:
            for table in comparison_tables(summarise(finished.rows)):
                console.print(table)
            if self.show_answers:
                self._print_answers(finished)
            console.print(f"Report: {file}", soft_wrap=True)
        broken = [check for check in checks(finished) if check.failed]
        for check in broken:
            tell(f"threshold: {check}")
        if failures:
            return MODEL_FAILED
        return THRESHOLD_FAILED if broken else FINE

    def _print_answers(self, finished: FinishedRun) -> None:
        """What each contestant answered to the first question, the first time."""
        task = self.plan.tasks[0]
        console.print(f"\n{visible(task.question)}", style="bold")
        console.print(f"{visible(task.product_name)}\n")
        places = {one.name: place for place, one in enumerate(self.plan.contestants)}
        for row in sorted(finished.rows, key=lambda row: places[contestant_of(row)]):
            if (row["product_id"], row["question"], row["repeat"]) == (*task.key, 0):
                console.print(f"{visible(contestant_of(row))}:", style="bold")
                console.print(f"{visible(row['answer'])}\n")


def finished_run(log: AnswerLog, run_id: str, embedder: Embedder) -> FinishedRun:
    """A stored run with the scores of its answers, what its judge said, and the votes on them.

    Raises RunError, and ConfigError for the embedder.
    """
    run = log.run(run_id)
    judge = run["plan"].get("judge")
    # The run may go on meanwhile: what was said of answers is read before them, and so is of none but these.
    judged = JudgementLog(log.database).judgements(run_id, judge["name"]) if judge else None
    votes = VoteLog(log.database).votes([run_id])
    rows = log.answers(run_id)
    expectations = {task.key: task.expectation for task in tasks_of(run)}
    return FinishedRun(run, rows, score_answers(rows, expectations, embedder), judged, votes)
