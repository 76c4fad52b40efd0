"""The votes in PostgreSQL: which of the answers that a person read side by side was preferred.

Knows the tables `vote` and `answer`; knows nothing of pages, and nothing of what votes add up to.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal

from psycopg2.extras import execute_values

from compare.plan.contestant import logged_name
from compare.statistics import Vote
from database import Database
from generator.log.answer_log import Row


class VoteLog:
    """Writes votes as they are given, and reads them back as votes between contestants."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, answers: Sequence[int], winner: int | Literal["tie", "bad"], blind: bool) -> None:
        """Note a vote on two or more logged answers, by their ids, in place of an earlier one on them.

        `winner`: the id of the best; of the others nothing is said then. "tie": all are as good; "bad": none
        is any good. `blind`: given without the models' names. Raises ValueError for a winner not among them,
        and for less than two answers.
        """
        ordered = sorted(set(answers))
        if len(ordered) < 2:
            raise ValueError(f"a vote needs two answers, not {ordered}")
        if isinstance(winner, int) and winner not in ordered:
            raise ValueError(f"answer {winner} is none of {ordered}")
        rows = [
            (first, second, verdict, blind)
            for first, second in combinations(ordered, 2)
            if (verdict := _verdict(first, second, winner))
        ]
        with self._database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM vote WHERE first = ANY(%(ids)s) AND second = ANY(%(ids)s)", {"ids": ordered}
            )
            execute_values(cursor, "INSERT INTO vote (first, second, winner, blind) VALUES %s", rows)

    def votes(self, run_ids: Sequence[str] | None = None) -> list[Vote]:
        """All votes, in the order they were given; or those on answers of these runs."""
        with self._database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT a.model, a.answers, a.model_settings,
                       b.model, b.answers, b.model_settings, winner, blind
                FROM vote JOIN answer AS a ON a.answer_id = first JOIN answer AS b ON b.answer_id = second
                WHERE %(runs)s::text[] IS NULL OR (a.run_id = ANY(%(runs)s) AND b.run_id = ANY(%(runs)s))
                ORDER BY voted_at, first, second
                """,
                {"runs": None if run_ids is None else list(run_ids)},
            )
            return list(_votes(cursor.fetchall()))


def _verdict(first: int, second: int, winner: int | Literal["tie", "bad"]) -> str | None:
    """What the vote says of this pair; None: nothing."""
    if not isinstance(winner, int):
        return winner
    return "a" if winner == first else "b" if winner == second else None


def _votes(
    rows: Sequence[tuple[str, str, Row, str, str, Row, Literal["a", "b", "tie", "bad"], bool]],
) -> Iterator[Vote]:
    for first, second, winner, blind in ((row[:3], row[3:6], row[6], row[7]) for row in rows):
        a, b = logged_name(*first), logged_name(*second)
        if a != b:  # the same one, asked twice: its repeats are no rivals
            yield Vote(a, b, winner, blind)
