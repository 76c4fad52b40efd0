"""Where the marks of a chart stand. Knows lengths in a drawing 360 wide; knows nothing of how it is drawn."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from compare.report.facts import Entrant
from compare.statistics import Estimate

WIDTH, HEIGHT = 360.0, 260.0
# Of a plot of two figures: room for the numbers beside its axes.
LEFT, RIGHT, TOP, BOTTOM = 58.0, 348.0, 14.0, 214.0


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale that holds 0, from the first of the `ticks` to the last; `start` and `end`: in the drawing."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Where the value stands, rounded to a tenth."""
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


@dataclass(frozen=True, slots=True)
class Mark:
    """A value at `at`, its interval from `low` to `high`; both None where there is no interval."""

    entrant: Entrant
    at: float
    low: float | None
    high: float | None
    shown: str


@dataclass(frozen=True, slots=True)
class Strip:
    """One figure, a line for each contestant: bars from 0, or dots."""

    label: str
    axis: Axis
    marks: tuple[Mark, ...]
    bars: bool


@dataclass(frozen=True, slots=True)
class Point:
    """A contestant at two figures."""

    x: Mark
    y: Mark


@dataclass(frozen=True, slots=True)
class Plot:
    """One figure against another."""

    x_label: str
    y_label: str
    x_axis: Axis
    y_axis: Axis
    points: tuple[Point, ...]


Value = tuple[Entrant, Estimate]
Format = Callable[[float | None], str]


def strip(label: str, values: Sequence[Value], shown: Format, bars: bool) -> Strip:
    """The values in the order given."""
    axis = axis_of([estimate for _, estimate in values], 8, WIDTH - 8)
    return Strip(label, axis, tuple(_mark(axis, value, shown) for value in values), bars)


def plot(
    labels: tuple[str, str], xs: Sequence[Value], ys: Sequence[Value], formats: tuple[Format, Format]
) -> Plot | None:
    """The contestants that have both figures; None for fewer than two, which show no relation."""
    by_name = {entrant.name: estimate for entrant, estimate in ys}
    both = [(entrant, x, by_name[entrant.name]) for entrant, x in xs if entrant.name in by_name]
    if len(both) < 2:
        return None
    x_axis = axis_of([x for _, x, _ in both], LEFT, RIGHT)
    y_axis = axis_of([y for _, _, y in both], BOTTOM, TOP)
    points = tuple(
        Point(_mark(x_axis, (entrant, x), formats[0]), _mark(y_axis, (entrant, y), formats[1]))
        for entrant, x, y in both
    )
    return Plot(*labels, x_axis, y_axis, points)


def axis_of(estimates: Sequence[Estimate], start: float, end: float) -> Axis:
    """A scale with a few round ticks that holds 0, all values and all intervals."""
    ends = [0.0, *(end for one in estimates for end in (one.value, one.low, one.high) if end is not None)]
    step = _round_step((max(ends) - min(ends)) / 4 or 1.0)
    first, last = math.floor(min(ends) / step), max(1, math.ceil(max(ends) / step))
    ticks = tuple(number * step for number in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], start, end, ticks)


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is at least so large."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def _mark(axis: Axis, value: Value, shown: Format) -> Mark:
    entrant, estimate = value
    low = None if estimate.low is None else axis.at(estimate.low)
    high = None if estimate.high is None else axis.at(estimate.high)
    return Mark(entrant, axis.at(estimate.value), low, high, shown(estimate.value))
