"""The overview on a terminal."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from compare.report.overview import overviews
from compare.report.visible import visible
from compare.statistics import ModelSummary

_TITLES = {
    "free": "Comparison",
    "verbatim": "Comparison of verbatim answers",
    "grounded": "Comparison of grounded answers",
}


def comparison_tables(summaries: Sequence[ModelSummary]) -> list[Table]:
    """A line per figure, a column per contestant, medians over a contestant's answers."""
    tables = []
    for overview in overviews(summaries):
        table = Table("median of", title=_TITLES[overview.form])
        for label in overview.labels:
            table.add_column(Text(visible(label)), justify="right")
        for line in overview.lines:
            table.add_row(line.heading, *line.cells)
        tables.append(table)
    return tables
