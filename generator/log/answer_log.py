"""The log of answers in PostgreSQL: one row each, with every figure.

Knows the tables `run` and `answer`; knows nothing of prompts, processes or reports.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json, RealDictCursor
from psycopg2.sql import SQL, Identifier, Placeholder

from config import ModelSpec
from config.errors import RunError
from config.settings import did_you_mean
from database import Database, Patience
from generator.answer import Answer
from generator.log.answer_row import Row as Row
from generator.log.answer_row import answer_row
from models.llama_process import machine_name

# Of an answer in its run: contestant, product_id, question, repeat.
AnswerKey = tuple[str, str, str, int]

LISTED_RUNS = 5


class AnswerLog:
    """Writes answers as they come, each in a transaction of its own, and reads a run's back."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._machine = machine_name()

    def require_new(self, run_id: str) -> None:
        """Raise RunError if there is a run of this name."""
        with self.database.connection() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT FROM run WHERE run_id = %s", (run_id,))
            if cursor.rowcount:
                raise _taken(run_id)

    def begin_run(self, run_id: str, plan: Row, tasks: Sequence[Row] = (), replace: bool = False) -> None:
        """Note a batch run and what it is to ask, both as JSON.

        `replace`: a run of the same name is forgotten, with its answers; else it raises RunError.
        """
        with self.database.connection() as connection, connection.cursor() as cursor:
            if replace:
                cursor.execute("DELETE FROM run WHERE run_id = %s", (run_id,))
            cursor.execute(
                "INSERT INTO run (run_id, plan, tasks) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (run_id, Json(plan), Json(list(tasks))),
            )
            if cursor.rowcount == 0:
                raise _taken(run_id)

    def run(self, run_id: str) -> Row:
        """The columns of a run: started_at, plan, tasks, conditions, failures. Raises RunError."""
        with (
            self.database.connection() as connection,
            connection.cursor(cursor_factory=RealDictCursor) as cursor,
        ):
            cursor.execute("SELECT * FROM run WHERE run_id = %s", (run_id,))
            if row := cursor.fetchone():
                return dict(row)
            cursor.execute("SELECT run_id FROM run ORDER BY started_at DESC")
            known = [row["run_id"] for row in cursor]
        raise RunError(
            f"There is no run '{run_id}'{did_you_mean(run_id, known)} "
            f"The latest: {', '.join(known[:LISTED_RUNS]) or 'none yet'}."
        )

    def change_plan(self, run_id: str, plan: Row) -> None:
        """Put another plan, as JSON, in the place of the run's; what it asked stays."""
        with self.database.connection() as connection, connection.cursor() as cursor:
            cursor.execute("UPDATE run SET plan = %s WHERE run_id = %s", (Json(plan), run_id))

    def note_condition(self, run_id: str, condition: Row) -> None:
        """Add the machine's state, as it was when the run began or went on."""
        with self.database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "UPDATE run SET conditions = conditions || %s WHERE run_id = %s", (Json([condition]), run_id)
            )

    def note_failures(self, run_id: str, failures: Sequence[Row]) -> None:
        """Put the failures of this attempt in the place of those of an earlier one."""
        with self.database.connection() as connection, connection.cursor() as cursor:
            cursor.execute("UPDATE run SET failures = %s WHERE run_id = %s", (Json(list(failures)), run_id))

    def answered(self, run_id: str) -> set[AnswerKey]:
        """What has been answered in a run."""
        with self.database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT contestant, product_id, question, repeat FROM answer WHERE run_id = %s", (run_id,)
            )
            return set(cursor.fetchall())

    def origins(self, run_id: str) -> dict[str, tuple[str | None, str | None, str | None]]:
        """Contestant → what its latest answer in this run came from: SHA-256 of the file, engine, SHA-256 of
        the prompt's text; None where it was not logged.
        """
        with self.database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT contestant, file_sha256, engine, model_settings -> 'template' ->> 'sha256' "
                "FROM answer WHERE run_id = %s ORDER BY answer_id",
                (run_id,),
            )
            return {contestant: (file, engine, prompt) for contestant, file, engine, prompt in cursor}

    def record(
        self,
        answer: Answer,
        spec: ModelSpec,
        product_id: str,
        retrieval_s: float,
        run_id: str | None = None,
        contestant: str | None = None,
        repeat: int = 0,
        patience: Patience = Patience(),
    ) -> int:
        """Log one answer and return its id; `retrieval_s` are the seconds that finding its passages took.

        `spec`: the model as it was asked, its seed and its prompt's name too; beside these the prompt's words
        are logged. In a run the answer is `contestant`'s, the `repeat`-th to its question, from 0. A database
        that is away is waited for, so that it is not lost. Raises RunError if the run has it: somebody else
        resumed it too.
        """
        row = answer_row(answer) | {
            "run_id": run_id,
            "contestant": contestant,
            "repeat": repeat,
            "model_settings": Json({**spec.model_dump(mode="json"), "template": _template(answer)}),
            "product_id": product_id,
            "retrieval_s": retrieval_s,
            "machine": self._machine,
        }
        statement = SQL(
            "INSERT INTO answer ({}) VALUES ({}) ON CONFLICT DO NOTHING RETURNING answer_id"
        ).format(SQL(", ").join(map(Identifier, row)), SQL(", ").join(map(Placeholder, row)))

        def insert(connection: Connection) -> int:
            with connection.cursor() as cursor:
                cursor.execute(statement, row)
                if (logged := cursor.fetchone()) is None:
                    raise RunError(
                        f"Another process is answering the run '{run_id}'. Wait for it, or stop it."
                    )
                return int(logged[0])

        return patience.transact(self.database, insert)

    def answers(self, run_id: str) -> list[Row]:
        """The rows of a run in the order they were answered, columns as in the table."""
        return list(self.select(run_id=run_id))

    def select(
        self, run_id: str | None = None, model: str | None = None, since: datetime | None = None
    ) -> Iterator[Row]:
        """Rows in the order they were answered; all, or of one run, of one model, from a time on.

        Fetched piece by piece: the log may be larger than memory.
        """
        with (
            self.database.connection() as connection,
            connection.cursor("answers", cursor_factory=RealDictCursor) as cursor,
        ):
            cursor.execute(
                "SELECT * FROM answer WHERE (%(run)s IS NULL OR run_id = %(run)s) "
                "AND (%(model)s IS NULL OR model = %(model)s) "
                "AND (%(since)s::timestamptz IS NULL OR answered_at >= %(since)s) ORDER BY answer_id",
                {"run": run_id, "model": model, "since": since},
            )
            yield from map(dict, cursor)

    def logged(self, answer_ids: Sequence[int]) -> list[Row]:
        """The rows of these ids, in the order they were answered, columns as in the table."""
        with (
            self.database.connection() as connection,
            connection.cursor(cursor_factory=RealDictCursor) as cursor,
        ):
            cursor.execute(
                "SELECT * FROM answer WHERE answer_id = ANY(%s) ORDER BY answer_id", (list(answer_ids),)
            )
            return [dict(row) for row in cursor]

    def columns(self) -> list[str]:
        """The names of the table's columns, in its order."""
        with self.database.connection() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT * FROM answer LIMIT 0")
            return [column.name for column in cursor.description or ()]


def _template(answer: Answer) -> Row | None:
    if (words := answer.template) is None:
        return None
    return {"prompt": words.prompt, "sha256": words.sha256, "text": words.text}


def _taken(run_id: str) -> RunError:
    return RunError(
        f"There is a run '{run_id}' already. Finish it with --resume {run_id}, put this one in its place "
        "with --replace, or give this one another name with --name."
    )
