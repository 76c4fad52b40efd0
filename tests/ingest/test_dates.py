"""Days, in the forms of the world; the order of day and month from the whole file."""

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.dates import DateSurvey, DayReader, NoDay, read_day

DAYS = {
    "2017-01-13": [
        "2017-01-13", "20170113", "2017-01-13 22:09:11+02:00", "January 13, 2017", "1484265600",
        "1484265600.0",
        "1484265600000", "1484265600000000", "201701131530", "20170113153000", "2017-01-13T00:00:00.000Z",
        "2017/1/13 16:13", "2017.01.13", "13.1.2017", "13/01/2017", "1/13/2017", "13-Jan-17",
        "13 January 2017",
        "on 13 January 2017", "13 January, 2017", "2017年1月13日", "2017年1月13日に日本でレビュー済み",
        "Fri Jan 13 13:55:02 -0700 2017", "2017-01-13 10:12:00 UTC", "Updated Jan 13, 2017",
        "13. Januar 2017",
        "Reviewed in the United States on January 13, 2017", "Rezension aus Deutschland vom 13. Januar 2017",
        "le 13 janvier 2017", "13 de enero de 2017", "13 de janeiro de 2017", "13 gennaio 2017",
        "13 ocak 2017",
        "13 stycznia 2017", "13 января 2017 г.", "13 januari 2017", "13. tammikuuta 2017",  # noqa: RUF001
        "Fri, 13 Jan 2017 13:00:00 GMT",
        "January 13th, 2017", "01 13, 2017", "January 13, 2017Unprompted review", "1.4842656E+09",
        "13 Jan. 2017",
    ],
    "2014-09-30": ["1412101512359"],  # as digits: the 15th of October 1412
    "2018-08-31": ["31-Aug-18", "31/8/18", "31 août 2018"],
}  # fmt: skip


@pytest.mark.parametrize(("day", "written"), [(day, one) for day, some in DAYS.items() for one in some])
def test_a_day_is_the_same_however_it_is_written(day: str, written: str) -> None:
    assert read_day(written) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("a month ago", "relative"), ("6 days ago", "relative"), ("hace 2 meses", "relative"),
        ("il y a 3 mois", "relative"), ("25 February", "incomplete"), ("May 2019", "incomplete"),
        ("2016-1", "incomplete"), ("8/3/2017", "open"), ("04-02-2024", "open"), ("soon", "not understood"),
        ("2017-02-30", "not understood"), ("0000-00-00", "not understood"), ("31/31/2020", "not understood"),
        ("1e999", "not understood"), ("99999999999999999999", "not understood"),
        ("32 May 2020", "not understood"),
        ("13/04/2567", "not understood"),
    ],
)  # fmt: skip
def test_what_says_no_day_says_why(written: str, reason: str) -> None:
    assert read_day(written) == NoDay(reason)  # type: ignore[arg-type]


@given(
    st.lists(st.dates(date(1990, 1, 1), date(2026, 1, 1)), min_size=1, max_size=30), st.sampled_from("/-.")
)
def test_a_file_in_one_order_is_read_in_it_or_left_open(days: list[date], sign: str) -> None:
    for form, order in (("{d}{s}{m}{y}", "dmy"), ("{m}{s}{d}{y}", "mdy")):
        written = [form.format(d=day.day, m=day.month, y=f"{sign}{day.year}", s=sign) for day in days]
        survey = DateSurvey()
        for one in written:
            survey.add(one)
        assert survey.order in (None, order)
        assert (survey.order is None) == all(day.day <= 12 or day.day == day.month for day in days)
        reader = DayReader(survey.order)
        for one, day in zip(written, days, strict=True):
            found = reader.read(one)
            assert found == day or found == NoDay("open")
            if survey.order:
                assert found == day


def test_dates_that_contradict_each_other_leave_the_order_open() -> None:
    survey = DateSurvey()
    for one in ("13/1/2020", "1/14/2020", "2/3/2020"):
        survey.add(one)
    assert survey.order is None
    found = [DayReader(survey.order).read(one) for one in ("13/1/2020", "1/14/2020", "2/3/2020")]
    assert found == [date(2020, 1, 13), date(2020, 1, 14), NoDay("open")]


def test_an_order_can_be_told() -> None:
    assert [DayReader(order).read("3/4/2024") for order in ("dmy", "mdy")] == [
        date(2024, 4, 3),
        date(2024, 3, 4),
    ]


@given(st.text(max_size=30))
def test_any_text_is_a_day_or_has_a_reason(text: str) -> None:
    assert isinstance(read_day(text), date | NoDay)


def test_a_month_is_looked_up_once() -> None:
    from ingest.dates import _month

    before = _month.cache_info().misses
    for day, hour in itertools.product(range(1, 28), range(24)):
        read_day(f"Fri Aug {day} {hour:02}:55:02 -0700 2017")
    assert _month.cache_info().misses - before <= 2
