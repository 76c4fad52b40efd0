"""Runs as a list: how far each one is, and whether anybody works on it.

Knows the tables `run`, `answer` and `judgement`; knows nothing of pages, and nothing of what the answers say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import mean
from typing import Any, Literal

from psycopg2.extras import RealDictCursor

from compare.run.run_process import RunProcess
from compare.run.runner import Failure
from database import Database

# "elsewhere": noted as being worked on by another machine, where alone it can be told. "unjudged": stopped
# when all was answered, but not all judged.
RunState = Literal["running", "elsewhere", "stopped", "unjudged", "finished"]

_LATEST = """
    SELECT run_id, started_at, coalesce(plan -> 'models', '[]') AS contestants,
        jsonb_array_length(coalesce(plan -> 'contestants', '[]')) * (
            SELECT coalesce(sum(repeats::integer), 0) FROM jsonb_path_query(tasks, '$[*].repeats') AS repeats
        ) AS planned,
        (SELECT count(*) FROM answer WHERE answer.run_id = run.run_id) AS answered,
        -- Each answer by itself, and each two to the same question in the same repeat.
        CASE WHEN plan #>> '{judge,name}' IS NULL THEN 0 ELSE (
            SELECT coalesce(sum(answers + answers * (answers - 1) / 2), 0) FROM (
                SELECT count(*) AS answers FROM answer WHERE answer.run_id = run.run_id
                GROUP BY product_id, question, repeat
            ) AS asked
        ) END AS judgements,
        (
            SELECT count(*) FROM judgement JOIN answer ON answer_id = first
            WHERE answer.run_id = run.run_id AND judge = plan #>> '{judge,name}'
        ) AS judged,
        failures, process
    FROM run ORDER BY started_at DESC, run_id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run: `answered` of the `planned` answers are there. `failures`: of its last attempt.

    `judged`: of the `judgements` on these answers, those that its judge has given; 0 of 0 without a judge.
    """

    run_id: str
    started_at: datetime
    contestants: tuple[str, ...]
    planned: int
    answered: int
    judgements: int
    judged: int
    failures: tuple[Failure, ...]
    process: RunProcess | None

    @property
    def state(self) -> RunState:
        """Told by the process. Finished: all was tried; with failures, some of it in vain."""
        if self.process and self.process.find():
            return "running"
        if self.process and not self.process.here:
            return "elsewhere"
        if self.failures:
            return "finished"
        if self.answered < self.planned:
            return "stopped"
        return "finished" if self.judged >= self.judgements else "unjudged"


@dataclass(frozen=True, slots=True)
class Pace:
    """How a running run gets on: who answered last, and the seconds that the rest will take.

    None: no answer since it went on; or one only, which tells nothing of the next.
    """

    contestant: str | None
    seconds_left: float | None


class RunList:
    """Reads what the log knows of runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self, limit: int) -> list[ListedRun]:
        """The runs begun last, the newest first."""
        with (
            self._database.connection() as connection,
            connection.cursor(cursor_factory=RealDictCursor) as cursor,
        ):
            cursor.execute(_LATEST, (limit,))
            return [_listed(row) for row in cursor]

    def pace(self, run: ListedRun) -> Pace:
        """Of a run that is worked on, by the answers since then."""
        if run.process is None:
            return Pace(None, None)
        with self._database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT contestant, answered_at FROM answer "
                "WHERE run_id = %s AND answered_at >= to_timestamp(%s) ORDER BY answer_id",
                (run.run_id, run.process.started),
            )
            return _pace(cursor.fetchall(), run.planned - run.answered)


def _listed(row: dict[str, Any]) -> ListedRun:
    process = row["process"]
    return ListedRun(
        row["run_id"],
        row["started_at"],
        tuple(row["contestants"]),
        int(row["planned"]),
        row["answered"],
        int(row["judgements"]),
        row["judged"],
        tuple(Failure(**failure) for failure in row["failures"]),
        RunProcess(**process) if process else None,
    )


def _pace(given: Sequence[tuple[str, datetime]], left: int) -> Pace:
    if not given:
        return Pace(None, None)
    contestant, _ = given[-1]
    if len(given) == 1:
        return Pace(contestant, None)
    gaps = sorted((later[1] - earlier[1]).total_seconds() for earlier, later in pairwise(given))
    # Without the longest and the shortest: a clock that is set makes one of an hour, or one below nothing.
    each = max(mean(gaps[1:-1] or gaps), 0.0)
    return Pace(contestant, each * max(left, 0))
