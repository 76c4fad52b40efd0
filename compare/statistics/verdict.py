"""The sentence about a whole run, from its comparisons. Knows no rows and no formulas."""

from collections.abc import Sequence

from compare.statistics.comparison import Comparison
from compare.statistics.finding import asked, claim, finding, is_negligible, questions, same, would_do

NOTHING = "There is nothing to compare: in these figures no two contestants answered the same question."


def verdict(comparisons: Sequence[Comparison]) -> str:
    """One sentence about the whole run, from the comparisons in figures that matter most to its reader.

    In each figure somebody is named who beats all others, with what separates them from the nearest; else who
    may be first. Figures of which no direction is better are passed over. Give a few: the sentence is as long
    as they are many. How many were looked at, the comparisons know. Names stand in it as they are.
    """
    if not comparisons:
        return NOTHING
    looked_at = max(one.looked_at for one in comparisons)
    note = "one comparison" if looked_at == 1 else f"{looked_at} comparisons, judged together"
    if max(one.estimate.n_clusters for one in comparisons) == 1:
        return f"All questions were about one product, which tells nothing of others: no verdict ({note})."
    if left_out := max(one.left_out for one in comparisons):
        note += f"; up to {questions(left_out)} left out, to which not both have a value"
    said: dict[str, list[str]] = {}
    for field in _fields(comparisons):
        start, end = _clause(field)
        said.setdefault(start, []).append(end)
    parts = [f"{start} {_listed(ends)}" for start, ends in said.items()]
    return f"{'; '.join(parts) or 'No figure has a better and a worse'} ({note})."


def _fields(comparisons: Sequence[Comparison]) -> list[list[Comparison]]:
    """Figure by figure, those who were compared with each other: free answers and verbatim ones are apart."""
    figures: dict[str, list[list[Comparison]]] = {}
    for one in comparisons:
        if one.measure.better:
            fields = figures.setdefault(one.measure.key, [])
            joined = [field for field in fields if _names(field) & {one.first, one.second}]
            apart = [field for field in fields if field not in joined]
            figures[one.measure.key] = [*apart, [*(old for field in joined for old in field), one]]
    return [field for fields in figures.values() for field in fields]


def _names(field: Sequence[Comparison]) -> set[str]:
    return {name for one in field for name in (one.first, one.second)}


def _clause(field: Sequence[Comparison]) -> tuple[str, str]:
    """Who is first by what; clauses that start alike share their start."""
    losers = set()
    for one in field:
        if winner := finding(one).winner:
            losers.add(one.second if winner == one.first else one.first)
    for name in sorted(_names(field)):
        own = [one for one in field if name in (one.first, one.second)]
        if all(finding(one).winner == name for one in own):
            nearest = min(own, key=lambda one: abs(one.difference))
            return name, claim(nearest, next_best=len(own) > 1)
    label = field[0].measure.label
    if len(field) == 1:
        return _open(field[0], label)
    # Whoever lost to somebody is not first; among the others the questions do not tell.
    contenders = sorted(_names(field) - losers)
    if losers and contenders:
        return f"{' or '.join(contenders)} is first in", label
    return "nobody is clearly first in", label


def _open(one: Comparison, label: str) -> tuple[str, str]:
    """Two, of whom nobody is first."""
    if is_negligible(one):
        return f"{label}:", same(one)
    needed = would_do(one)
    return f"not distinguishable with {asked(one)} in", f"{label} ({needed} would do)" if needed else label


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
