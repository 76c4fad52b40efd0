"""Sums over the answer log agree with what the report's own statistics find in the same rows."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from compare.log.answer_figures import AnswerFigures, AnswerFilter
from compare.report.overview import LINES
from compare.statistics import summarise
from database import Database
from generator import AnswerLog
from tests.compare.logged import GIB, log_answer


@pytest.fixture
def figures(database: Database) -> AnswerFigures:
    return AnswerFigures(database)


def names(figures: AnswerFigures, wanted: AnswerFilter) -> list[tuple[str, int]]:
    return [(one.summary.name, one.summary.answers) for one in figures.figures(wanted)]


def test_an_empty_log(figures: AnswerFigures) -> None:
    assert figures.latest() == 0
    assert figures.choices() is None
    assert figures.figures(AnswerFilter()) == []


def test_the_same_as_the_reports_summary(database: Database, figures: AnswerFigures) -> None:
    for speed in (4, 8, 9, 20):
        log_answer(database, "a", speed=speed, memory=speed * GIB)
        log_answer(database, "a", speed=speed, quoted=2)
        log_answer(database, "a", speed=speed + 1, prompt="short")
        log_answer(database, "a", speed=speed + 2, prompt="short", quoted=1)
    log_answer(
        database,
        "far",
        kind="openai",
        memory=None,
        text="The reviews do not say. [42]",
        stop_reason="max_tokens",
    )
    log_answer(database, "extractive", kind="extractive", memory=None)
    found = figures.figures(AnswerFilter())
    expected = summarise(list(AnswerLog(database).select()))
    assert [one.summary.name for one in found] == [
        "a", "a:verbatim", "a@short", "a@short:verbatim", "extractive", "far",
    ]  # fmt: skip
    for one, other in zip(found, expected, strict=True):
        for key in LINES[other.answering]:
            assert one.summary.figures[key].median == pytest.approx(other.figures[key].median)
            assert one.summary.figures[key].p25 == pytest.approx(other.figures[key].p25)
        assert replace(one.summary, figures={}) == replace(other, figures={})


def test_times_that_were_shared_do_not_count_unless_it_is_said(
    database: Database, figures: AnswerFigures
) -> None:
    log_answer(database, speed=10)
    log_answer(database, speed=2, shared=True, text="One two three four five six.")
    log_answer(database, speed=100, mode="throughput", shared=True)

    def speed(**changes: Any) -> tuple[float | None, float | None, int]:
        (one,) = figures.figures(AnswerFilter(**changes))
        return one.summary.figures["decode_tok_s"].median, one.summary.figures["words"].median, one.timed

    assert speed() == pytest.approx((10, 3, 1))
    assert speed(shared=True) == pytest.approx((6, 3, 2))


def test_answers_that_broke_off_count_in_no_figure(database: Database, figures: AnswerFigures) -> None:
    log_answer(database, text="One two three four.")
    log_answer(database, stop_reason="cancelled")
    (one,) = figures.figures(AnswerFilter())
    assert one.summary.answers == 1 and one.summary.figures["words"].median == 4
    assert figures.broken_off(AnswerFilter()) == 1
    assert len(list(figures.rows(AnswerFilter()))) == 2


def test_filters(database: Database, figures: AnswerFigures) -> None:
    AnswerLog(database).begin_run("night", {})
    log_answer(database, "a")
    log_answer(database, "b", product="B02")
    log_answer(database, "b", run="night", contestant="b", mode="measured")
    today = date.today()
    assert names(figures, AnswerFilter()) == [("a", 1), ("b", 2)]
    assert names(figures, AnswerFilter(models=("b",))) == [("b", 2)]
    assert names(figures, AnswerFilter(products=("B02", "B09"))) == [("b", 1)]
    assert names(figures, AnswerFilter(source="chats")) == [("a", 1), ("b", 1)]
    assert names(figures, AnswerFilter(source="runs")) == [("b", 1)]
    assert names(figures, AnswerFilter(measured=True)) == [("b", 1)]
    day = timedelta(days=1)
    assert names(figures, AnswerFilter(since=today - day, until=today + day)) == [("a", 1), ("b", 2)]
    assert names(figures, AnswerFilter(since=today + 2 * day)) == []
    assert names(figures, AnswerFilter(until=today - 2 * day)) == []
    assert [row["model"] for row in figures.rows(AnswerFilter(models=("b",), source="runs"))] == ["b"]


def test_the_last_day_counts_whole(database: Database, figures: AnswerFigures) -> None:
    log_answer(database)
    choices = figures.choices()
    assert choices and choices.first_day == choices.last_day
    assert names(figures, AnswerFilter(since=choices.last_day, until=choices.last_day)) == [("a", 1)]


def test_divided_by_product_or_day(database: Database, figures: AnswerFigures) -> None:
    log_answer(database, "a", speed=5)
    log_answer(database, "a", speed=7, product="B02")
    log_answer(database, "a", speed=9, product="B02")
    by_product = figures.figures(AnswerFilter(), "product")
    assert [one.part for one in by_product] == ["B01", "B02"]
    medians = [one.summary.figures["decode_tok_s"].median for one in by_product]
    assert medians == pytest.approx([5, 8])
    (day,) = figures.figures(AnswerFilter(), "day")
    choices = figures.choices()
    assert choices and day.part == choices.first_day.isoformat()


def test_choices_name_products_as_they_are_called_now(database: Database, figures: AnswerFigures) -> None:
    log_answer(database, "b", product="B01")
    log_answer(database, "a", product="gone")
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO product (product_id, name) VALUES ('B00', 'Kettle') RETURNING id")
        cursor.execute("INSERT INTO product_alias (alias, id, product) SELECT 'B01', 'B01', id FROM product")
    choices = figures.choices()
    assert choices and choices.models == ("a", "b")
    assert choices.products == {"gone": "", "B01": "Kettle"}
