"""Ratings: the scale is found from all values of a file, and stars follow from it."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.ratings import RatingScale, RatingSurvey, is_missing, read_value, scale_of, told_scale


@pytest.mark.parametrize(
    ("written", "stars"),
    [
        ("4", 4), ("4.5", 4.5), ("4,5", 4.5), ("4.0 out of 5 stars", 4), ("5/5", 5), ("Arvosana 5/5", 5),
        ("2 star rating", 2), ("3 stars", 3), ("★★★☆☆", 3), ("⭐⭐⭐⭐", 4), ("Rated 4 stars", 4),
        ("10/10", 5),
        ("1/10", 1), ("80%", 4.2), ("100 %", 5), ("True", 5), ("False", 1), ("Recommended", 5),
        ("Not Recommended", 1), ("Olumlu", 5), ("Tarafsız", 3), ("👎", 1), ("50/100", 3),  # noqa: RUF001
    ],
)  # fmt: skip
def test_a_rating_is_read_however_it_is_written(written: str, stars: float) -> None:
    value = read_value(written)
    assert value
    scale = value.scale or RatingScale(1, 5)
    assert scale.stars(value.number) == pytest.approx(stars)


@pytest.mark.parametrize("written", ["", "NA", "nan", "None", "-", "NaT", "null", "No overall review"])
def test_missing_ratings_are_known(written: str) -> None:
    assert is_missing(written)


@pytest.mark.parametrize(
    "written",
    ["soon", "a while", "★★★★★★★", "good value for 5", "12:30", "2024-01-01", "1e999", "-1e400", "1e999%"],
)
def test_what_is_no_rating_is_not_read_as_one(written: str) -> None:
    assert read_value(written) is None


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1, 2, 3, 4, 5], "1-5"), ([3, 4], "1-5"), ([5], "1-5"), ([1], "1-5"), ([0, 4, 5], "1-5"),
        ([4.5, 2], "1-5"),
        ([0, 1], "0-1"), ([0.2, 0.9], "0-1"), ([-1, 1], "-1-1"), ([-1, 0, 1], "-1-1"),
        ([1, 7, 10], "1-10"), ([0, 7, 10], "0-10"), ([2.5, 9.6], "1-10"), ([7.1, 9.9], "1-10"),
        ([80, 100], "20-100"), ([55, 91], "0-100"), ([0, 100], "0-100"),
    ],
)  # fmt: skip
def test_the_scale_follows_from_all_values(values: list[float], scale: str) -> None:
    assert str(scale_of(Counter(values))) == scale


@pytest.mark.parametrize("values", [[0, 1, 2, 3, 4], [3, 15], [400, 900], [-5, 5]])
def test_a_scale_that_cannot_be_told_stays_open(values: list[float]) -> None:
    assert isinstance(scale_of(Counter(values)), str)


def test_a_column_that_says_yes_or_no_is_no_stars() -> None:
    assert str(scale_of(Counter([1]), verdict=True)) == "0-1"
    assert isinstance(scale_of(Counter([0, 1, 4]), verdict=True), str)


def test_a_slip_of_the_pen_does_not_change_the_scale() -> None:
    assert str(scale_of(Counter({5.0: 500, 1.0: 400, 55.0: 1}))) == "1-5"
    # Too many for slips and too few for ten points: both would store something false.
    assert "at most 5" in str(scale_of(Counter({5.0: 50, 1.0: 40, 9.0: 2})))
    assert "at most 5" in str(scale_of(Counter({5.0: 2, 4.0: 2, 3.0: 1, 50.0: 1})))
    assert "at most 5" in str(scale_of(Counter({5.0: 9, 7.0: 1})))
    assert str(scale_of(Counter({5.0: 50, 1.0: 40, 9.0: 6, 8.0: 6}))) == "1-10"


def test_ten_points_do_not_lose_their_low_half() -> None:
    survey = RatingSurvey()
    for value in ("2", "4", "5", "3", "9", "NA", "4/5"):
        survey.add(value)
    scale = survey.scale()
    assert isinstance(scale, RatingScale)
    assert scale.stars(2) == pytest.approx(1.444, abs=0.001)


@pytest.mark.parametrize(
    ("text", "scale"), [("0-10", (0, 10)), ("-1-1", (-1, 1)), ("thumbs", (0, 1)), ("1..6", (1, 6))]
)
def test_a_scale_can_be_told(text: str, scale: tuple[float, float]) -> None:
    found = told_scale(text)
    assert (found.low, found.high) == scale


@pytest.mark.parametrize("text", ["", "10", "5-1", "a-b", "3-3"])
def test_what_is_no_scale_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no scale"):
        told_scale(text)


@given(
    low=st.integers(-1, 1), span=st.integers(1, 100),
    values=st.lists(st.floats(0, 1, allow_nan=False), min_size=2, max_size=9),
)  # fmt: skip
def test_stars_keep_the_order_and_the_ends(low: int, span: int, values: list[float]) -> None:
    scale = RatingScale(low, low + span)
    stars = [scale.stars(low + span * value) for value in sorted(values)]
    known = [one for one in stars if one is not None]
    assert known == sorted(known)
    assert all(1 <= one <= 5 for one in known)
    assert (scale.stars(low), scale.stars(low + span)) == (1, 5)
    assert scale.stars(low - 1) is scale.stars(low + span + 1) is None
