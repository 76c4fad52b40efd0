"""Figures and votes as charts, in Vega-Lite and in Streamlit's colours. Knows what is drawn against what.

Vega-Lite itself, not Altair, which takes 40 ms to build and check each chart, at each look at the page.
"""

from collections.abc import Sequence
from typing import Any

from compare.log.answer_figures import LoggedFigures
from compare.statistics import WinRate
from generator.figures import figure, format_figure

# What `st.vega_lite_chart` draws: https://vega.github.io/vega-lite/docs/spec.html
Spec = dict[str, Any]

# Choosing sentences has no speed in words or tokens of its own, so there it is the time.
SPEED = {"free": "decode_tok_s", "verbatim": "e2e_s", "grounded": "e2e_s"}
# In pixels: with the axes, and what each line of the legend below takes.
_HEIGHT, _LEGEND_LINE = 330, 30
_BAR_HEIGHT = 36
_SCALE = {"bytes": 2**-30}
_POINT = {"type": "point", "filled": True, "size": 110, "opacity": 1}


def scatter_chart(found: Sequence[LoggedFigures], parts: Sequence[str], form: str, x: str) -> Spec:
    """A point for each, its speed against `x` (a figure's key); the line through it spans the middle half."""
    rows = [_row(one, part, form, x) for one, part in zip(found, parts, strict=True)]
    speed = _title(SPEED[form])
    return {
        "data": {"values": rows},
        "height": _height(found),
        "encoding": {
            "x": _number("x", title=_title(x), scale={"zero": False, "padding": 20}),
            "color": _colours(found),
            "tooltip": [
                _text("contestant"),
                *([_text("part")] if any(parts) else []),
                _number("answers"),
                _text("speed"),
                _text("reached"),
            ],
        },
        "layer": [
            {"mark": "rule", "encoding": {"y": _number("low", title=speed), "y2": {"field": "high"}}},
            {"mark": _POINT, "encoding": {"y": _number("median", title=speed)}},
        ],
    }


def place_on(one: LoggedFigures, x: str) -> float | None:
    """Where a contestant stands on the axis of this figure; None where it has no value of its own."""
    summary = one.summary
    if x == "peak_rss_bytes":
        return summary.peak_rss_bytes if summary.kind == "gguf" else None
    return summary.figures[x].median


def daily_chart(found: Sequence[LoggedFigures], form: str) -> Spec:
    """The median speed of each contestant, day after day."""
    return {
        "data": {"values": [_row(one, one.part, form, "words") for one in found]},
        "height": _height(found),
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "part", "type": "temporal", "title": "day (UTC)"},
            "y": _number("median", title=_title(SPEED[form])),
            "color": _colours(found),
            "tooltip": [_text("contestant"), _text("part"), _number("answers"), _text("speed")],
        },
    }


def win_rate_chart(rates: Sequence[WinRate]) -> Spec:
    """Each pair's win rate with its interval; the line in the middle: as often the one as the other."""
    rows = [
        {"pair": f"{one.a} against {one.b}", "rate": one.rate, "low": one.low, "high": one.high}
        for one in rates
        if one.rate is not None
    ]
    pairs: Spec = {
        "y": _text("pair", title=None, axis={"labelLimit": 260}),
        "tooltip": [_text("pair"), *(_number(key, format=".0%") for key in ("rate", "low", "high"))],
    }
    share = _number("low", title="win rate of the first", scale={"domain": [0, 1]}, axis={"format": ".0%"})
    return {
        "data": {"values": rows},
        "height": {"step": _BAR_HEIGHT},
        "layer": [
            {
                "mark": {"type": "rule", "strokeDash": [4, 4], "color": "gray"},
                "encoding": {"x": {"datum": 0.5, "type": "quantitative"}},
            },
            {"mark": {"type": "bar", "size": 3}, "encoding": pairs | {"x": share, "x2": {"field": "high"}}},
            {"mark": _POINT, "encoding": pairs | {"x": _number("rate")}},
        ],
    }


def _number(field: str, **more: Any) -> Spec:
    return {"field": field, "type": "quantitative", **more}


def _text(field: str, **more: Any) -> Spec:
    return {"field": field, "type": "nominal", **more}


def _colours(found: Sequence[LoggedFigures]) -> Spec:
    """The same colour for the same contestant in each chart, whether it has a place there or not."""
    names = list(dict.fromkeys(one.summary.label for one in found))
    legend = {"title": None, "orient": "bottom", "columns": 1, "labelLimit": 260}
    return _text("contestant", legend=legend, scale={"domain": names})


def _height(found: Sequence[LoggedFigures]) -> int:
    return _HEIGHT + _LEGEND_LINE * len({one.summary.label for one in found})


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
