"""Marks as figures of a comparison: which there are, and the columns they stand in. Knows no models."""

from collections.abc import Mapping

from compare.judge.judge import Rating
from compare.judge.questions import DIMENSIONS, HIGHEST, LOWEST
from compare.statistics import Measure, score_measure
from generator.log.answer_log import Row

# A tenth of a mark does not matter: as little of the scale as what does not matter of a score.
_NEGLIGIBLE = 0.1

MARKS: Mapping[str, Measure] = {
    f"judged_{one.key}": score_measure(f"judged_{one.key}", f"{one.label}, judged", negligible=_NEGLIGIBLE)
    for one in DIMENSIONS
}
MARK_MEANINGS: Mapping[str, str] = {
    f"judged_{one.key}": f"{one.meaning}: a mark from {LOWEST} to {HIGHEST} by the judge"
    for one in DIMENSIONS
}


def mark_columns(rating: Rating | None) -> Row:
    """The mark of each dimension under the key of its figure; None where there is none."""
    marks = (rating and rating.marks) or {}
    return {f"judged_{one.key}": marks.get(one.key) for one in DIMENSIONS}
