"""The judge's part of a run, once the answers are given: what is not judged yet is, and kept as it comes.

Knows a run's rows and its judge; knows nothing of reports or terminals.
"""

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial

from compare.judge import Judge, JudgementLog, case_key, cases, judge_cases, open_judge, question_of
from compare.plan.plan import Plan
from compare.plan.withdrawn import why_withdrawn
from compare.run.runner import Failure, Runner, Started
from config import ModelSpec
from config.errors import DatabaseError, ModelUnavailable, RunError, UserError


@dataclass(frozen=True, slots=True)
class Tried:
    """The judge was asked about pairs with an obvious answer; `said`: what it showed, in sentences."""

    contestant: str
    said: str
    useless: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A judgement was given and stored."""

    contestant: str


class Judging:
    """A run's answers before its judge. `total`: judgements of all; `done`: those given before.

    The judge is loaded only when there is something left, and all contestants are closed by then: one model
    at a time is in memory. Before its first judgement it is tried. It is a model like them: what is withdrawn
    from the run is not shown to it either.
    """

    def __init__(self, runner: Runner, run_id: str, judge: ModelSpec) -> None:
        self._runner = runner
        self._run_id = run_id
        self._judge = judge
        self._log = JudgementLog(runner.log.database)
        repeat = runner.patience.repeat
        self._earlier = repeat(partial(self._log.judgements, run_id, judge.name))
        all_cases = cases(repeat(partial(runner.log.answers, run_id)))
        missing = [case for case in all_cases if case_key(case) not in self._earlier.keys]
        withdrawn = runner.withdrawn(Plan.from_run(repeat(partial(runner.log.run, run_id))))
        self._gone = withdrawn & set(map(question_of, missing))
        self._left = [case for case in missing if question_of(case) not in self._gone]
        self.total, self.done = len(all_cases), len(all_cases) - len(missing)

    def run(self) -> Generator[Started | Tried | Judged | Failure]:
        """Give the judgements that are missing; a judge that fails has judged only so far.

        May raise DatabaseError, and RunError if another process does the same.
        """
        name = f"{self._judge.name}, the judge"
        if self._gone:
            yield Failure(name, why_withdrawn(self._gone))
        if not self._left:
            return
        yield Started(name, len(self._left))
        try:
            with open_judge(self._judge, self._runner.settings, self._runner.force) as judge:
                self._require_same_file(judge.file_sha256)
                if self._earlier.trial is None:
                    yield self._try_out(judge, name)
                for judgement in judge_cases(judge, self._left):
                    self._log.record(self._judge.name, judge.file_sha256, judgement, self._runner.patience)
                    yield Judged(name)
        except (RunError, DatabaseError):
            raise
        except UserError as error:
            yield Failure(name, str(error))

    def _try_out(self, judge: Judge, name: str) -> Tried:
        trial = judge.try_out()
        self._log.record_trial(
            self._run_id, self._judge.name, judge.file_sha256, trial, self._runner.patience
        )
        return Tried(name, trial.said_of(self._judge.name), trial.useless)

    def _require_same_file(self, file_sha256: str | None) -> None:
        if self._earlier.keys and self._earlier.file_sha256 != file_sha256:
            raise ModelUnavailable(
                f"The file of {self._judge.name} is another one than when it began to judge: these marks "
                "cannot stand beside the earlier ones. Bring the old one back, or name another with --judge."
            )
