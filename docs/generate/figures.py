"""The page of the figures: what every number means that is printed anywhere. Knows where they are defined."""

from compare.judge.marks import MARK_MEANINGS, MARKS
from compare.load.load_command import DEFINITIONS
from compare.plan.threshold import FIGURES as CONDITIONS
from compare.scores import SCORES, Score
from docs.generate.table import table
from generator.figures import EXTRACTIVE, FIGURES, REMOTE, VERBATIM, Figure

HEAD = """
# Figures and their definitions

The same words stand in the tooltips of the pages and in every report. The key is the column of the answer log
(`python -m generator log --csv`), where it has one.
"""


def page() -> str:
    """The page's text."""
    parts = [
        HEAD,
        "## Of one answer",
        table(("key", "label", "unit", "meaning"), map(_figure, FIGURES)),
        *(f"> {remark}" for remark in (REMOTE, VERBATIM, EXTRACTIVE)),
        "## Scores, without a judge",
        "What they cannot see stands in [what was measured](../experiments.md).",
        table(("key", "label", "range", "better", "meaning"), map(_score, SCORES)),
        "## Marks of a judge",
        "Only where one is asked for (`--judge`); higher is better.",
        table(("key", "label", "meaning"), map(_mark, MARK_MEANINGS)),
        "## In conditions",
        f"`--fail-if` and `fail_if` know these names: {', '.join(f'`{key}`' for key in CONDITIONS)}.",
        "## Of a load test",
        DEFINITIONS,
        "How figures are compared, and when one contestant is called better: [statistics](../statistics.md).",
    ]  # fmt: skip
    return "\n\n".join(part.strip() for part in parts)


def _figure(figure: Figure) -> tuple[str, ...]:
    return f"`{figure.key}`", figure.label, figure.unit, figure.meaning


def _mark(key: str) -> tuple[str, ...]:
    return f"`{key}`", MARKS[key].label, MARK_MEANINGS[key]


def _score(score: Score) -> tuple[str, ...]:
    scale = f"{score.low:g} or more" if score.high is None else f"{score.low:g} to {score.high:g}"
    return f"`{score.key}`", score.label, scale, score.better or "neither", score.meaning
