"""Figures and votes as charts, drawn by Altair in Streamlit's colours. Knows what is drawn against what."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from compare.answer_figures import LoggedFigures
from compare.statistics import WinRate
from generator.figures import figure, format_figure

if TYPE_CHECKING:
    import altair as alt

# Choosing sentences has no speed in words or tokens of its own, so there it is the time.
SPEED = {"free": "decode_tok_s", "verbatim": "e2e_s"}
_HEIGHT = 360
_SCALE = {"bytes": 2**-30}


def scatter_chart(
    found: Sequence[LoggedFigures], parts: Sequence[str], form: str, x: str
) -> "alt.LayerChart":
    """A point for each, its speed against `x` (a figure's key); the line through it spans the middle half."""
    import altair as alt

    rows = [_row(one, part, form, x) for one, part in zip(found, parts, strict=True)]
    points = alt.Chart(pd.DataFrame(rows, columns=list(rows[0]))).encode(
        x=alt.X("x:Q", title=_title(x), scale=alt.Scale(zero=False, padding=20)),
        color=_colours(found),
        tooltip=["contestant", *(["part"] if any(parts) else []), "answers", "speed", "reached"],
    )
    speed = _title(SPEED[form])
    drawn: alt.LayerChart = (
        points.mark_rule().encode(y=alt.Y("low:Q", title=speed), y2="high:Q")
        + points.mark_point(filled=True, size=110, opacity=1).encode(y=alt.Y("median:Q", title=speed))
    ).properties(height=_HEIGHT)
    return drawn


def place_on(one: LoggedFigures, x: str) -> float | None:
    """Where a contestant stands on the axis of this figure; None where it has no value of its own."""
    summary = one.summary
    if x == "peak_rss_bytes":
        return summary.peak_rss_bytes if summary.kind == "gguf" else None
    return summary.figures[x].median


def daily_chart(found: Sequence[LoggedFigures], form: str) -> "alt.Chart":
    """The median speed of each contestant, day after day."""
    import altair as alt

    rows = [_row(one, one.part, form, "words") for one in found]
    drawn: alt.Chart = (
        alt.Chart(pd.DataFrame(rows, columns=list(rows[0])))
        .mark_line(point=True)
        .encode(
            x=alt.X("part:T", title="day (UTC)"),
            y=alt.Y("median:Q", title=_title(SPEED[form])),
            color=_colours(found),
            tooltip=["contestant", "part", "answers", "speed"],
        )
        .properties(height=_HEIGHT)
    )
    return drawn


def win_rate_chart(rates: Sequence[WinRate]) -> "alt.LayerChart":
    """Each pair's win rate with its interval; the line in the middle: as often the one as the other."""
    import altair as alt

    rows = [
        {"pair": f"{one.a} against {one.b}", "rate": one.rate, "low": one.low, "high": one.high}
        for one in rates
        if one.rate is not None
    ]
    pairs = alt.Chart(pd.DataFrame(rows, columns=["pair", "rate", "low", "high"])).encode(
        y=alt.Y("pair:N", title=None, axis=alt.Axis(labelLimit=260)),
        tooltip=["pair", *(alt.Tooltip(f"{key}:Q", format=".0%") for key in ("rate", "low", "high"))],
    )
    share = alt.X(
        "low:Q", title="win rate of the first", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%")
    )
    half = (
        alt.Chart(pd.DataFrame({"half": [0.5]})).mark_rule(strokeDash=[4, 4], color="gray").encode(x="half:Q")
    )
    drawn: alt.LayerChart = (
        half
        + pairs.mark_bar(size=3).encode(x=share, x2="high:Q")
        + pairs.mark_point(filled=True, size=110, opacity=1).encode(x="rate:Q")
    ).properties(height=alt.Step(36))
    return drawn


def _colours(found: Sequence[LoggedFigures]) -> "alt.Color":
    """The same colour for the same contestant in each chart, whether it has a place there or not."""
    import altair as alt

    names = list(dict.fromkeys(one.summary.label for one in found))
    legend = alt.Legend(title=None, orient="bottom", columns=2, labelLimit=165)
    return alt.Color("contestant:N", legend=legend, scale=alt.Scale(domain=names))


def _row(one: LoggedFigures, part: str, form: str, x: str) -> dict[str, Any]:
    summary = one.summary
    speed = summary.figures[SPEED[form]]
    value = place_on(one, x)
    return {
        "contestant": summary.label,
        "part": part,
        "answers": summary.answers,
        "x": None if value is None else value * _SCALE.get(figure(x).unit, 1),
        "median": speed.median,
        "low": speed.p25,
        "high": speed.p75,
        "speed": format_figure(SPEED[form], speed.median),
        "reached": f"{format_figure(x, value)} {figure(x).unit}" if x == "words" else format_figure(x, value),
    }


def _title(key: str) -> str:
    one = figure(key)
    unit = {"bytes": "GiB", "tokens/s": ""}.get(one.unit, one.unit)
    return f"{one.label} ({unit})" if unit and unit != one.label else one.label
