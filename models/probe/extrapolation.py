"""A line through two places, extended to a third, with an interval. Knows numbers only."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, stdev

# Quantiles of Student's t for a two-sided interval of 95 %, by degrees of freedom from 1.
_T95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23)
_T95_MANY = 2.0
# The standard error of a median of normally distributed values over that of their mean.
_MEDIAN_ERROR = 1.253


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval of 95 %, which knows only how much the rounds differed."""

    value: float
    low: float
    high: float


def extrapolate(few: Sequence[float], many: Sequence[float], places: tuple[float, float, float]) -> Estimate:
    """Figures measured at the first and the second place, as they are at the third if they lie on a line.

    Element i of both was measured in the same round, so that a slow moment of the machine meets both.
    """
    at_few, at_many, wanted = places
    reach = (wanted - at_many) / (at_many - at_few)
    rounds = [more + reach * (more - less) for less, more in zip(few, many, strict=True)]
    # One disturbed round must not move the figure, but does widen the interval.
    centre = median(rounds)
    if len(rounds) < 2:
        return Estimate(centre, centre, centre)
    freedom = len(rounds) - 1
    quantile = _T95[freedom - 1] if freedom <= len(_T95) else _T95_MANY
    half = quantile * _MEDIAN_ERROR * stdev(rounds) / len(rounds) ** 0.5
    return Estimate(centre, centre - half, centre + half)
