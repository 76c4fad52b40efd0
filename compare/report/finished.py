"""What a report is made of: runs as they are stored, with scores, a judge's marks and people's votes.

Knows the log's columns; knows nothing of how a report looks.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from compare.judge import MARKS, Judgements, mark_columns
from compare.plan.contestant import contestant_of, logged_name
from compare.plan.threshold import Threshold
from compare.run.runner import Failure
from compare.scores import SCORES, AnswerScores
from compare.statistics import Vote
from generator.log.answer_log import Row


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """`run`: the columns of the log's run. `rows`: its answers. `scores`: theirs in that order, or none.

    `judged`: what its judge said so far, None without a judge. `votes`: people's, on its answers.
    """

    run: Row
    rows: Sequence[Row]
    scores: Sequence[AnswerScores] = ()
    judged: Judgements | None = None
    votes: Sequence[Vote] = ()

    @property
    def run_id(self) -> str:
        """The run's name."""
        return str(self.run["run_id"])

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Who could not answer or judge, in the last attempt."""
        return tuple(Failure(**failure) for failure in self.run["failures"])

    @property
    def thresholds(self) -> tuple[Threshold, ...]:
        """What the run fails for."""
        return tuple(map(Threshold.parse, self.run["plan"].get("fail_if", ())))

    def scored_rows(self) -> Iterator[Row]:
        """The answers with a column for each score and mark, and `unsupported`: start and end of sentences.

        `words` stays the log's own, which is the same.
        """
        marks = {one.answer_id: one for one in self.judged.ratings} if self.judged else {}
        for index, row in enumerate(self.rows):
            scored = {**_scored(self.scores[index]), **row} if self.scores else row
            yield {**scored, **mark_columns(marks.get(row["answer_id"]))} if self.judged else scored

    @property
    def score_keys(self) -> tuple[str, ...]:
        """Scores to report, those of the plan or else all; without words, which are a figure."""
        chosen: Any = self.run["plan"].get("scores")
        known = [score.key for score in SCORES if score.key != "words"]
        return tuple(key for key in known if self.scores and (not chosen or key in chosen))


def _scored(scored: AnswerScores) -> Row:
    spans = [{"start": span.start, "end": span.end} for span in scored.unsupported]
    return {**scored.values, "unsupported": spans}


def mark_keys(runs: Sequence[FinishedRun]) -> tuple[str, ...]:
    """Marks to report: of one judge, or none at all, for those of different judges do not compare."""
    judges = {(run.judged.judge, run.judged.file_sha256) for run in runs if run.judged and run.judged.ratings}
    return tuple(MARKS) if len(judges) == 1 else ()


def joined(runs: Sequence[FinishedRun]) -> list[Row]:
    """All answers; of several runs, each model's name says whose it is: the same model twice is two."""
    return [_joined(row, told_apart(row["model"], run, runs)) for run in runs for row in run.scored_rows()]


def own_names(runs: Sequence[FinishedRun]) -> dict[str, str]:
    """What `joined` calls each contestant → what its run calls it; by that name, then in the runs' order."""
    places = {
        (contestant_of(row), index, contestant_of(_joined(row, told_apart(row["model"], run, runs))))
        for index, run in enumerate(runs)
        for row in run.rows
    }
    return {name: own for own, _, name in sorted(places)}


def names_among(run: FinishedRun, runs: Sequence[FinishedRun]) -> dict[str, str]:
    """What the run calls each contestant → what `joined` calls it."""
    return {
        contestant_of(row): contestant_of(_joined(row, told_apart(row["model"], run, runs)))
        for row in run.rows
    }


def _joined(row: Row, model: str) -> Row:
    return {**row, "model": model, "contestant": logged_name(model, row["answers"], row["model_settings"])}


def told_apart(name: str, run: FinishedRun, runs: Sequence[FinishedRun]) -> str:
    """The name, with the run's after it where there are several."""
    return f"{name} @ {run.run_id}" if len(runs) > 1 else name
