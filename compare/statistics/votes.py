"""What people preferred: how often one contestant won against another, and whether that ranks them.

Knows nothing of pages or of where votes are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from statistics import NormalDist
from typing import Literal

from compare.statistics.estimate import ALPHA
from compare.statistics.holm import holm


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's choice between two answers; "bad": neither was any good. `blind`: without their names."""

    a: str
    b: str
    winner: Literal["a", "b", "tie", "bad"]
    blind: bool


@dataclass(frozen=True, slots=True)
class WinRate:
    """How often `a` won against `b`.

    `rate`: (wins of a + ties / 2) / (votes without both bad), 0 to 1, with Wilson's 95 % interval; all None
    where nothing but both bad was voted. A tie is half a win for each; it varies less than a win or a loss,
    so the interval is rather too wide. Both bad does not say which is better: it is counted, and not in the
    rate. `p`: of a rate of one half, two-sided, by the score test that Wilson's interval inverts.
    """

    a: str
    b: str
    wins: int
    losses: int
    ties: int
    both_bad: int
    rate: float | None
    low: float | None
    high: float | None
    p: float | None


def win_rates(votes: Sequence[Vote], blind_only: bool = True) -> list[WinRate]:
    """One per pair that was voted on, names in alphabetical order, whichever side they stood on.

    `blind_only`: a vote by somebody who saw the names is one on names, too, and does not count. Votes are
    taken to be independent: where few people vote often, the intervals are too narrow.
    """
    pairs: dict[tuple[str, str], list[str]] = {}
    for vote in votes:
        if vote.a == vote.b:
            raise ValueError(f"a vote between {vote.a} and itself")
        if vote.blind or not blind_only:
            turned = {"a": "b", "b": "a"} if vote.a > vote.b else {}
            a, b = sorted((vote.a, vote.b))
            pairs.setdefault((a, b), []).append(turned.get(vote.winner, vote.winner))
    return [_win_rate(a, b, pairs[a, b]) for a, b in sorted(pairs)]


def _win_rate(a: str, b: str, winners: Sequence[str]) -> WinRate:
    wins, losses, ties, bad = (winners.count(one) for one in ("a", "b", "tie", "bad"))
    n = wins + losses + ties
    if not n:
        return WinRate(a, b, wins, losses, ties, bad, None, None, None, None)
    rate = (wins + ties / 2) / n
    low, high = wilson(rate, n)
    p = 2 * NormalDist().cdf(-abs(rate - 0.5) / (0.25 / n) ** 0.5)
    return WinRate(a, b, wins, losses, ties, bad, rate, low, high, p)


def wilson(rate: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share that was seen as `rate` in n trials, within 0 to 1 (Wilson 1927)."""
    z = NormalDist().inv_cdf(1 - ALPHA / 2)
    centre = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    margin = z / (1 + z**2 / n) * (rate * (1 - rate) / n + z**2 / (4 * n**2)) ** 0.5
    return max(0.0, centre - margin), min(1.0, centre + margin)


def ranking(rates: Sequence[WinRate]) -> tuple[str, ...] | None:
    """The contestants, best first; None where the votes do not support an order of all of them.

    They do if each one wins against the next by more than chance, p-values adjusted by Holm for all pairs,
    and nobody against one above. No points are given: an order that hangs on few votes between two
    neighbours is none.
    """
    above: TopologicalSorter[str] = TopologicalSorter()
    for one, p in zip(rates, holm([one.p for one in rates]), strict=True):
        above.add(one.a)
        above.add(one.b)
        if p is not None and p <= ALPHA and one.rate is not None:
            above.add(*((one.b, one.a) if one.rate > 0.5 else (one.a, one.b)))
    order: list[str] = []
    try:
        above.prepare()
    except CycleError:
        return None
    while above.is_active():
        # Two at once: nothing says which of them is better.
        (*others, name) = above.get_ready()
        if others:
            return None
        order.append(name)
        above.done(name)
    return tuple(order) or None
