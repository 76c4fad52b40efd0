"""Runs as a list: how far each one is, and whether anybody works on it.

Knows the tables `run` and `answer`; knows nothing of pages, and nothing of what the answers say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from compare.run_process import RunProcess
from compare.runner import Failure
from database import Database

# "elsewhere": noted as being worked on by another machine, where alone it can be told.
RunState = Literal["running", "elsewhere", "stopped", "finished"]


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run: `answered` of the `planned` answers are there. `failures`: of its last attempt."""

    run_id: str
    started_at: datetime
    contestants: tuple[str, ...]
    planned: int
    answered: int
    failures: tuple[Failure, ...]
    process: RunProcess | None

    @property
    def state(self) -> RunState:
        """Told by the process. Finished: all was tried; with failures, some of it in vain."""
        if self.process and self.process.find():
            return "running"
        if self.process and not self.process.here:
            return "elsewhere"
        return "finished" if self.answered >= self.planned or self.failures else "stopped"


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
        with self._database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT run_id, started_at, coalesce(plan -> 'models', '[]'),
                    jsonb_array_length(coalesce(plan -> 'contestants', '[]')) * (
                        SELECT coalesce(sum(repeats::integer), 0)
                        FROM jsonb_path_query(tasks, '$[*].repeats') AS repeats
                    ),
                    (SELECT count(*) FROM answer WHERE answer.run_id = run.run_id), failures, process
                FROM run ORDER BY started_at DESC, run_id LIMIT %s
                """,
                (limit,),
            )
            return [
                ListedRun(
                    run_id,
                    started_at,
                    tuple(contestants),
                    int(planned),
                    answered,
                    tuple(Failure(**failure) for failure in failures),
                    RunProcess(**process) if process else None,
                )
                for run_id, started_at, contestants, planned, answered, failures, process in cursor
            ]

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


def _pace(given: Sequence[tuple[str, datetime]], left: int) -> Pace:
    if not given:
        return Pace(None, None)
    contestant, last = given[-1]
    if len(given) == 1:
        return Pace(contestant, None)
    each = (last - given[0][1]).total_seconds() / (len(given) - 1)
    return Pace(contestant, each * max(left, 0))
