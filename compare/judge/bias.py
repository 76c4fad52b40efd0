"""How far a judge goes by place and length rather than by what is said. Pure counting.

What to compare with: in 2,999 pairs judged by GPT-4 the longer answer won 68 %, the first 53 %, and 13 % of
the verdicts changed with the order (FastChat's published judgements; FastChat #3911).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from compare.judge.pairs import Preference


@dataclass(frozen=True, slots=True)
class Bias:
    """Shares from 0 to 1; None where there is nothing to count.

    `pairs`: those that got a verdict; `missing`: those that got none. `first_chosen`: of all choices between
    two places, those of the first; an unbiased judge has 0.5, as each answer stands there once.
    `longer_chosen`: of the winners of answers that differ in words, the longer; that may be better, too.
    `contradicted`: of the pairs, those where it chose one place in both orders, and which so count as ties.
    """

    pairs: int
    missing: int
    first_chosen: float | None
    longer_chosen: float | None
    contradicted: float | None


def judge_bias(preferences: Sequence[Preference]) -> Bias:
    """The bias figures of a judge's preferences."""
    given = [one for one in preferences if one.winner]
    places = [place for one in given for place in (one.forth, one.back) if place]
    longer = [
        (one.winner == "first") == (one.words[0] > one.words[1])
        for one in given
        if one.winner != "tie" and one.words[0] != one.words[1]
    ]
    return Bias(
        pairs=len(given),
        missing=len(preferences) - len(given),
        first_chosen=_share([place == 1 for place in places]),
        longer_chosen=_share(longer),
        contradicted=_share([one.contradicts for one in given]),
    )


def _share(holds: Sequence[bool]) -> float | None:
    return sum(holds) / len(holds) if holds else None
