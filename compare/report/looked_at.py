"""Which figures a report looks at, which average it gives of them, and how a value of each is written.

Knows figures, scores and marks; knows no answers.
"""

from collections.abc import Iterator, Sequence

from compare.judge import MARK_MEANINGS, MARKS
from compare.report.overview import FORMS, LINES
from compare.scores import SCORES, score
from compare.statistics import MEASURES, Measure, score_measure
from generator.figures import figure, format_figure
from generator.log.answer_log import Row

# Values of which many are the same: their median says little.
_AVERAGED = (frozenset(one.key for one in SCORES) - MEASURES.keys()) | MARKS.keys() | {"abstained"}
_ABSTAINED = "share of the answers that say that the reviews do not tell"


def parts(
    rows: Sequence[Row], score_keys: Sequence[str], mark_keys: Sequence[str]
) -> Iterator[tuple[str, Sequence[Row], list[Measure]]]:
    """Rows that are compared with each other, in which measures: "free", "verbatim", and all as ""."""
    for form in FORMS:
        part = [row for row in rows if row["answers"] == form]
        yield form, part, [MEASURES[key] for key in (*LINES[form], "peak_rss_bytes")]
    scores = [score_measure(key, score(key).label, score(key).better) for key in score_keys]
    yield "", rows, [*scores, MEASURES["abstained"], *(MARKS[key] for key in mark_keys)]


def is_averaged(measure: Measure) -> bool:
    """Whether a report gives its mean, of what is mostly 0 or 1, or a mark; else the median."""
    return measure.key in _AVERAGED


def format_value(measure: Measure, value: float | None) -> str:
    """With its unit, if it has one; "-" for none."""
    if is_averaged(measure):
        return "-" if value is None else f"{value:.2f}"
    return format_figure(measure.key, value)


def meaning(measure: Measure) -> str:
    """What the figure is, for people."""
    if measure.key == "abstained":
        return _ABSTAINED
    if measure.key in MARKS:
        return MARK_MEANINGS[measure.key]
    return score(measure.key).meaning if is_averaged(measure) else figure(measure.key).meaning
