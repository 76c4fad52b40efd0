"""What a run's answers show, and how sure that is: pure functions from rows or votes to frozen results.

Knows the answer log's columns; knows no database, model or page. docs/statistics.md says why it is done so.

A report needs four calls: `compare_rows(rows, measures)` for all pairs of contestants in all figures,
`finding(comparison)` for the sentence about one of them, `verdict(comparisons)` for the sentence about all,
and `levels(rows, measures)` for each contestant's own medians and means. `stabilities(rows, measures)` tells
what repeats agree on, `win_rates(votes)` what people preferred.
"""

from compare.statistics.comparison import Comparison, adjusted, compare, compare_rows
from compare.statistics.estimate import Estimate, cluster_mean, cluster_median
from compare.statistics.finding import HOW_TO_READ, Finding, finding
from compare.statistics.level import Level, levels
from compare.statistics.measure import MEASURES, Measure, Observation, observations, score_measure
from compare.statistics.power import Needed
from compare.statistics.stability import Stability, stabilities
from compare.statistics.summary import SUMMARISED, TIMED, ModelSummary, Spread, summarise
from compare.statistics.verdict import verdict
from compare.statistics.votes import Vote, WinRate, ranking, win_rates

__all__ = [
    "HOW_TO_READ",
    "MEASURES",
    "SUMMARISED",
    "TIMED",
    "Comparison",
    "Estimate",
    "Finding",
    "Level",
    "Measure",
    "ModelSummary",
    "Needed",
    "Observation",
    "Spread",
    "Stability",
    "Vote",
    "WinRate",
    "adjusted",
    "cluster_mean",
    "cluster_median",
    "compare",
    "compare_rows",
    "finding",
    "levels",
    "observations",
    "ranking",
    "score_measure",
    "stabilities",
    "summarise",
    "verdict",
    "win_rates",
]
