"""Every figure and score of a report: what each contestant reaches, and who differs from whom.

Knows nothing of how they are drawn; which figures are looked at says `compare.report.looked_at`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from compare.judge import MARKS
from compare.report.looked_at import format_value, is_averaged, meaning, parts
from compare.statistics import (
    Comparison,
    Estimate,
    Finding,
    Measure,
    compare_rows,
    finding,
    levels,
    verdict,
)
from compare.statistics.comparison import adjusted
from generator.log.answer_log import Row

# Speed and memory, which the charts show and the sentence about the whole run speaks of: of free answers in
# the published experiment's figures. Choosing has no words per second of its own, so there it is the time.
MAIN = {
    "free": ("words_per_s", "peak_rss_bytes"),
    "verbatim": ("e2e_s", "peak_rss_bytes"),
    "grounded": ("e2e_s", "peak_rss_bytes"),
}
# Besides, that sentence says whose answers the reviews support.
_MAIN_SCORE = "groundedness"


@dataclass(frozen=True, slots=True)
class Reached:
    """What a contestant reaches in a figure; `missing`: so many of its answers lack it."""

    contestant: str
    estimate: Estimate
    missing: int


@dataclass(frozen=True, slots=True)
class Section:
    """A figure with all that was found about it.

    `form`: "free" or "verbatim" where only answers of one form can be compared, else "". `reached`: medians,
    or means of what is mostly 0 or 1 and of marks, as `typical` says. `findings`: one per pair.
    """

    measure: Measure
    form: str
    meaning: str
    reached: tuple[Reached, ...]
    findings: tuple[Finding, ...]

    @property
    def typical(self) -> str:
        """Which average the estimates are."""
        return "mean" if is_averaged(self.measure) else "median"

    def shown(self, value: float | None) -> str:
        """A value of this figure as people read it."""
        return format_value(self.measure, value)


@dataclass(frozen=True, slots=True)
class Measured:
    """All figures of the runs.

    `verdicts`: a sentence, or one for each contestant that takes part in several runs; `looked_at`: how much
    they were chosen from, in words.
    """

    sections: tuple[Section, ...]
    comparisons: tuple[Comparison, ...]
    verdicts: tuple[str, ...]
    looked_at: str

    @property
    def figures(self) -> tuple[Section, ...]:
        """What was measured or counted."""
        return tuple(one for one in self.sections if one.measure.key not in MARKS)

    @property
    def marks(self) -> tuple[Section, ...]:
        """What a judge gave."""
        return tuple(one for one in self.sections if one.measure.key in MARKS)


def measured(
    rows: Sequence[Row], score_keys: Sequence[str], mark_keys: Sequence[str], own_names: Mapping[str, str]
) -> Measured:
    """Every figure of these answers, all comparisons judged together.

    `own_names`: contestants in their order → what their own run calls them. One that takes part in several
    runs is compared with itself, one that does not with everybody.
    """
    compared = list(parts(rows, score_keys, mark_keys))
    comparisons = adjusted(
        [
            one
            for _, part, measures in compared
            for one in compare_rows(part, measures)
            if _is_wanted(one, own_names)
        ]
    )
    sections = tuple(
        section
        for form, part, measures in compared
        for section in _sections(form, part, measures, comparisons, list(own_names))
    )
    return Measured(
        sections,
        tuple(comparisons),
        tuple(_verdicts(sections, comparisons, own_names)),
        _looked_at(sections, len(comparisons)),
    )


def _is_wanted(one: Comparison, own_names: Mapping[str, str]) -> bool:
    names = list(own_names.values())
    first, second = own_names[one.first], own_names[one.second]
    return first == second or names.count(first) == 1 or names.count(second) == 1


def _verdicts(
    sections: Sequence[Section], comparisons: Sequence[Comparison], own_names: Mapping[str, str]
) -> Iterator[str]:
    """On each that is compared with itself, after its name; and on all others."""
    forms = {one.contestant: section.form for section in sections for one in section.reached if section.form}
    found: dict[str, list[Comparison]] = {}
    for one in comparisons:
        if one.measure.key in (*MAIN[forms[one.first]], _MAIN_SCORE):
            own = own_names[one.first] if own_names[one.first] == own_names[one.second] else ""
            found.setdefault(own, []).append(one)
    for own, about in (found or {"": []}).items():
        yield f"{own}: {verdict(about)}" if own else verdict(about)


def _sections(
    form: str,
    rows: Sequence[Row],
    measures: Sequence[Measure],
    comparisons: Sequence[Comparison],
    order: Sequence[str],
) -> Iterator[Section]:
    found = sorted(levels(rows, measures), key=lambda level: order.index(level.contestant))
    names = {level.contestant for level in found}
    for measure in measures:
        reached = tuple(
            Reached(level.contestant, level.mean if is_averaged(measure) else level.median, level.missing)
            for level in found
            if level.measure == measure
        )
        if reached:
            own = [one for one in comparisons if one.measure == measure and one.first in names]
            yield Section(measure, form, meaning(measure), reached, tuple(map(finding, own)))


def _looked_at(sections: Sequence[Section], comparisons: int) -> str:
    figures = len({section.measure.key for section in sections})
    if not comparisons:
        return f"{figures} figures were looked at, and no two contestants could be compared."
    return (
        f"{figures} figures were looked at, in {comparisons} comparisons of two contestants; the verdicts "
        "allow for all of them."
    )
