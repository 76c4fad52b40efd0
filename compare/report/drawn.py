"""Which charts a report shows, of which figures. Knows units; knows nothing of how charts are drawn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from compare.report.charts import Plot, Strip, Value, plot, strip
from compare.report.contents import Contents
from compare.report.measured import MAIN, Section
from compare.report.overview import FORMS
from compare.statistics import Estimate
from generator.figures import figure

_LENGTH = "words"


@dataclass(frozen=True, slots=True)
class Drawing:
    """The charts of the answers of one form."""

    form: str
    strips: tuple[Strip, ...]
    plots: tuple[Plot, ...]


def drawings(contents: Contents) -> Iterator[Drawing]:
    """One for each form in which somebody answered."""
    for form in FORMS:
        own = [
            section
            for key in (*MAIN[form], _LENGTH)
            for section in contents.measured.sections
            if (section.form, section.measure.key) == (form, key)
        ]
        if own:
            strips = tuple(_strip(section, contents, bars=True) for section in own)
            yield Drawing(form, strips, tuple(_plots(own, contents)))


def dots(section: Section, contents: Contents) -> Strip:
    """A figure's values with their intervals."""
    return _strip(section, contents, bars=False)


def _strip(section: Section, contents: Contents, bars: bool) -> Strip:
    label = f"{section.measure.label}, {section.typical}"
    return strip(label, _values(section, contents), section.shown, bars)


def _values(section: Section, contents: Contents) -> list[Value]:
    return [(contents.entrant(one.contestant), one.estimate) for one in section.reached]


def _plots(sections: Sequence[Section], contents: Contents) -> Iterator[Plot]:
    """The first one against each other: how fast for how much memory, and for how long an answer.

    None where nobody has the first: times of answers that were written several at a time.
    """
    speed, *others = sections
    if speed.measure.key != MAIN[speed.form][0]:
        return
    for other in others:
        (x_label, xs, x_shown), (y_label, ys, y_shown) = (
            (*_in_unit(section, _values(section, contents)), section.shown) for section in (other, speed)
        )
        if found := plot((x_label, y_label), xs, ys, (x_shown, y_shown)):
            yield found


def _in_unit(section: Section, values: Sequence[Value]) -> tuple[str, list[Value]]:
    """The figure's name with its unit, and the values in it: an axis has one unit, and round numbers."""
    label, unit = section.measure.label, figure(section.measure.key).unit
    if unit != "bytes":
        return (label if unit in label else f"{label}, {unit}"), list(values)
    name, size = ("GiB", 2**30) if max(one.value for _, one in values) >= 2**30 else ("MiB", 2**20)
    return f"{label}, {name}", [(entrant, _divided(one, size)) for entrant, one in values]


def _divided(estimate: Estimate, size: int) -> Estimate:
    return estimate.mapped(lambda value: value / size)
