"""Everything that was ever answered, in figures: medians per contestant, summed up in the database.

Knows the answer log's columns; knows nothing of pages. What must not be mixed is not: answers of one form
with another's, and times of answers that shared the machine with those that had it alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from psycopg2.extras import RealDictCursor
from psycopg2.sql import SQL, Composable, Identifier
from psycopg2.sql import Literal as Quoted

from compare.report.overview import LINES
from compare.statistics import MEASURES, ModelSummary, Spread
from database import Database
from generator.events import BROKEN_OFF, StopReason
from generator.log.answer_log import Row

Source = Literal["all", "chats", "runs"]
# What each contestant's answers are divided by.
Division = Literal["nothing", "product", "day"]

_KEYS = tuple(dict.fromkeys(key for keys in LINES.values() for key in keys))
_DIVIDED_BY: Mapping[Division, Composable] = {
    "nothing": SQL("''"),
    "product": SQL("product_id"),
    "day": SQL("to_char(answered_at, 'YYYY-MM-DD')"),
}
_COUNTED = {"sentences": SQL("jsonb_array_length(quotes)")}
_WHOLE = SQL("stop_reason <> ALL({})").format(Quoted(list(BROKEN_OFF)))


@dataclass(frozen=True, slots=True)
class AnswerFilter:
    """Which answers are meant. None named: all `models`, all `products` (their ids). `until` is included.

    `measured`: only those timed one at a time on purpose. `shared`: times count also of answers that shared
    the cores with others; those of a throughput run never do.
    """

    models: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    source: Source = "all"
    measured: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class LoggedFigures:
    """A contestant's `summary`, of one `part` where answers are divided: a product's id, or a day in UTC.

    `timed`: how many of its answers count in its times and speeds.
    """

    part: str
    timed: int
    summary: ModelSummary


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be filtered by: models by name; ids of products with their names; first and last day."""

    models: tuple[str, ...]
    products: dict[str, str]
    first_day: date
    last_day: date


class AnswerFigures:
    """Reads the answer log in sums."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest(self) -> int:
        """The id of the latest answer, 0 without one: while it stays, sums stay."""
        return int(self._one("SELECT coalesce(max(answer_id), 0) FROM answer")[0])

    def choices(self) -> Choices | None:
        """None: nothing was answered yet."""
        first, last = self._one("SELECT min(answered_at)::date, max(answered_at)::date FROM answer")
        if first is None:
            return None
        with self._database.connection() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT model FROM answer ORDER BY model")
            models = tuple(model for (model,) in cursor)
            cursor.execute(
                "SELECT asked.product_id, coalesce(product.name, '') "
                "FROM (SELECT DISTINCT product_id FROM answer) AS asked "
                "LEFT JOIN product_alias ON alias = asked.product_id "
                "LEFT JOIN product ON product.id = product_alias.product ORDER BY 2, 1"
            )
            return Choices(models, dict(cursor.fetchall()), first, last)

    def figures(self, wanted: AnswerFilter, by: Division = "nothing") -> list[LoggedFigures]:
        """One per contestant, or one for each of its parts, in alphabetical order."""
        with (
            self._database.connection() as connection,
            connection.cursor(cursor_factory=RealDictCursor) as cursor,
        ):
            cursor.execute(_sums(by), _values(wanted))
            return [LoggedFigures(row["part"], row["timed"], _summary(row)) for row in cursor]

    def broken_off(self, wanted: AnswerFilter) -> int:
        """How many of these answers broke off, and count in no figure."""
        statement = SQL("SELECT count(*) FROM answer WHERE NOT ({}) AND {}").format(_WHOLE, _WHERE)
        return int(self._one(statement, _values(wanted))[0])

    def rows(self, wanted: AnswerFilter) -> Iterator[Row]:
        """These answers as they are logged, those that broke off too; fetched piece by piece."""
        with (
            self._database.connection() as connection,
            connection.cursor("logged", cursor_factory=RealDictCursor) as cursor,
        ):
            cursor.execute(
                SQL("SELECT * FROM answer WHERE {} ORDER BY answer_id").format(_WHERE), _values(wanted)
            )
            yield from map(dict, cursor)

    def _one(self, statement: str | Composable, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        with self._database.connection() as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchone() or ()


_WHERE = SQL(
    "(%(models)s::text[] IS NULL OR model = ANY(%(models)s))"
    " AND (%(products)s::text[] IS NULL OR product_id = ANY(%(products)s))"
    " AND (%(since)s::date IS NULL OR answered_at >= %(since)s)"
    " AND (%(until)s::date IS NULL OR answered_at < %(until)s::date + 1)"
    " AND (%(source)s = 'all' OR (run_id IS NULL) = (%(source)s = 'chats'))"
    " AND (NOT %(measured)s OR mode = 'measured')"
)
_TIMED = SQL("(mode <> 'throughput' AND (%(shared)s OR NOT shared))")


def _values(wanted: AnswerFilter) -> dict[str, Any]:
    return {
        "models": list(wanted.models) or None,
        "products": list(wanted.products) or None,
        "since": wanted.since,
        "until": wanted.until,
        "source": wanted.source,
        "measured": wanted.measured,
        "shared": wanted.shared,
    }


def _sums(by: Division) -> Composable:
    spreads = [
        SQL(
            "percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY {}) FILTER (WHERE {}) AS {}"
        ).format(
            _COUNTED.get(key, Identifier(key)),
            _TIMED if MEASURES[key].timed else SQL("true"),
            Identifier(key),
        )
        for key in _KEYS
    ]
    reasons = [
        SQL("count(*) FILTER (WHERE stop_reason = {}) AS {}").format(
            Quoted(reason), Identifier(f"ended {reason}")
        )
        for reason in get_args(StopReason)
    ]
    return SQL(
        """
        SELECT model, answers AS answering, coalesce(model_settings ->> 'kind', 'gguf') AS kind,
            model_settings ->> 'prompt' AS prompt, {part} AS part,
            count(*) AS answers, count(*) FILTER (WHERE {timed}) AS timed,
            max(load_s) AS load_s, max(peak_rss_bytes) AS peak_rss_bytes,
            max(predicted_bytes) AS predicted_bytes,
            avg((cardinality(citations) > 0)::integer)::double precision AS cited,
            sum(cardinality(invalid_citations)) AS invalid_citations,
            count(*) FILTER (WHERE abstained) AS abstained, {columns}
        FROM answer WHERE {whole} AND {where} GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 4 NULLS FIRST, 2, 3, 5
        """
    ).format(
        part=_DIVIDED_BY[by],
        timed=_TIMED,
        columns=SQL(", ").join([*spreads, *reasons]),
        whole=_WHOLE,
        where=_WHERE,
    )


def _summary(row: Row) -> ModelSummary:
    return ModelSummary(
        model=row["model"],
        answering=row["answering"],
        kind=row["kind"],
        prompt=row["prompt"],
        remote=row["kind"] == "openai",
        answers=row["answers"],
        figures={key: _spread(row[key]) for key in _KEYS},
        load_s=row["load_s"],
        peak_rss_bytes=row["peak_rss_bytes"],
        predicted_bytes=row["predicted_bytes"],
        cited=row["cited"],
        invalid_citations=row["invalid_citations"],
        abstained=row["abstained"],
        stop_reasons={reason: count for reason in get_args(StopReason) if (count := row[f"ended {reason}"])},
    )


def _spread(quartiles: Sequence[float] | None) -> Spread:
    low, median, high = quartiles or (None, None, None)
    return Spread(median=median, p25=low, p75=high)
