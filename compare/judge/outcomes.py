"""How often a judge prefers one contestant to another, and how far that can be trusted. Knows no models."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from compare.judge.pairs import Preference
from compare.statistics import Estimate, cluster_mean
from generator.log.answer_log import Row

_WINS = {"first": 1.0, "tie": 0.5, "second": 0.0}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The pairs of answers of `a` and `b`; `missing`: those without a verdict. A contradiction is a tie.

    `rate`: the share that `a` wins, 0 to 1, ties counting half, with a cluster t interval by product (cut off
    at 0 and 1): a mean over products of means over questions of means over repeats. None without verdicts.
    """

    a: str
    b: str
    wins: int
    losses: int
    ties: int
    missing: int
    rate: Estimate | None


def outcomes(
    preferences: Sequence[Preference], rows: Sequence[Row], names: Mapping[int, str]
) -> tuple[Outcome, ...]:
    """One for each two contestants, in alphabetical order; `names`: of who gave each answer, by its id."""
    asked = {row["answer_id"]: (row["product_id"], row["question"]) for row in rows}
    pairs: dict[tuple[str, str], list[tuple[tuple[str, str], float | None]]] = {}
    for one in preferences:
        a, b = sorted((names[one.first], names[one.second]))
        won = _WINS[one.winner] if one.winner else None
        if won is not None and names[one.first] != a:
            won = 1 - won
        pairs.setdefault((a, b), []).append((asked[one.first], won))
    return tuple(_outcome(a, b, pairs[a, b]) for a, b in sorted(pairs))


def _outcome(a: str, b: str, found: Sequence[tuple[tuple[str, str], float | None]]) -> Outcome:
    won = [value for _, value in found]
    clusters = list(_clusters(found))
    rate = cluster_mean(clusters).mapped(_share) if clusters else None
    return Outcome(a, b, won.count(1.0), won.count(0.0), won.count(0.5), won.count(None), rate)


def _clusters(found: Sequence[tuple[tuple[str, str], float | None]]) -> Iterator[list[float]]:
    """For each product the means of its questions."""
    products: dict[str, dict[str, list[float]]] = {}
    for (product, question), value in found:
        if value is not None:
            products.setdefault(product, {}).setdefault(question, []).append(value)
    for questions in products.values():
        yield [sum(repeats) / len(repeats) for repeats in questions.values()]


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))
