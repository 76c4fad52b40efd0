"""The judgements in PostgreSQL, a row each, stored as they come. Knows `judgement`, `answer`, `run`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json

from compare.judge.judge import Judgement, Rating
from compare.judge.judgements import Judgements
from compare.judge.pairs import Preference
from compare.judge.trial import Trial
from config.errors import RunError
from database import Database, Patience
from generator.log.answer_log import Row

_INSERT = """
    INSERT INTO judgement (first, second, judge, file_sha256, itself, marks, forth, back)
    VALUES (%(first)s, %(second)s, %(judge)s, %(file_sha256)s, %(itself)s, %(marks)s, %(forth)s, %(back)s)
    ON CONFLICT DO NOTHING
"""


class JudgementLog:
    """Writes judgements, each in a transaction of its own, and reads those on a run back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(
        self, judge: str, file_sha256: str | None, judgement: Judgement, patience: Patience = Patience()
    ) -> None:
        """Store one; a database that is away is waited for.

        Raises RunError if it is stored already: somebody else judges the same run.
        """
        row = {"judge": judge, "file_sha256": file_sha256, "itself": judgement.itself, **_columns(judgement)}

        def insert(connection: Connection) -> None:
            with connection.cursor() as cursor:
                cursor.execute(_INSERT, row)
                if cursor.rowcount == 0:
                    raise RunError("Another process is judging the same answers. Wait for it, or stop it.")

        patience.transact(self._database, insert)

    def record_trial(
        self, run_id: str, judge: str, file_sha256: str | None, trial: Trial, patience: Patience = Patience()
    ) -> None:
        """Store what this judge said before it judged the run; a database that is away is waited for."""
        row = {judge: {"file_sha256": file_sha256, **asdict(trial)}}

        def update(connection: Connection) -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE run SET judge_trials = judge_trials || %s WHERE run_id = %s", (Json(row), run_id)
                )

        patience.transact(self._database, update)

    def latest_trial(self, judge: str) -> tuple[Trial, str | None] | None:
        """What a judge of this name said the last time, in any run, and the SHA-256 of its file."""
        with self._database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT judge_trials -> %(judge)s FROM run WHERE jsonb_exists(judge_trials, %(judge)s) "
                "ORDER BY started_at DESC LIMIT 1",
                {"judge": judge},
            )
            found = cursor.fetchone()
        return (_trial(found[0]), found[0]["file_sha256"]) if found else None

    def judgements(self, run_id: str, judge: str) -> Judgements:
        """What this judge has said of the run so far."""
        with self._database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT first, second, marks, forth, back, itself, judgement.file_sha256, a.words, b.words
                FROM judgement
                JOIN answer AS a ON a.answer_id = first LEFT JOIN answer AS b ON b.answer_id = second
                WHERE a.run_id = %s AND judge = %s ORDER BY first, second NULLS FIRST
                """,
                (run_id, judge),
            )
            rows = cursor.fetchall()
            cursor.execute("SELECT judge_trials -> %s FROM run WHERE run_id = %s", (judge, run_id))
            tried = cursor.fetchone()
        return Judgements(
            judge,
            next((row[6] for row in rows), None),
            tuple(_rating(row) for row in rows if row[1] is None),
            tuple(_preference(row) for row in rows if row[1] is not None),
            _trial(tried[0]) if tried and tried[0] else None,
        )


def _trial(row: Row) -> Trial:
    return Trial(tuple(map(_pair, row["chosen"])), tuple(map(_pair, row["marks"])))


def _pair(values: Sequence[int | None]) -> tuple[int | None, int | None]:
    first, second = values
    return first, second


def _columns(judgement: Judgement) -> dict[str, Any]:
    if isinstance(judgement, Rating):
        marks = None if judgement.marks is None else Json(dict(judgement.marks))
        return {"first": judgement.answer_id, "second": None, "marks": marks, "forth": None, "back": None}
    return {
        "first": judgement.first,
        "second": judgement.second,
        "marks": None,
        "forth": judgement.forth,
        "back": judgement.back,
    }


def _rating(row: Sequence[Any]) -> Rating:
    first, _, marks, _, _, itself, *_ = row
    return Rating(first, marks, itself)


def _preference(row: Sequence[Any]) -> Preference:
    first, second, _, forth, back, itself, _, words, other_words = row
    return Preference(first, second, forth, back, (words, other_words), itself)
