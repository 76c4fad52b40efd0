"""How far a judge goes by place and length rather than by what is said. Pure counting.

What to compare with: in 2,999 pairs judged by GPT-4 the longer answer won 68 %, the first 53 %, and 13 % of
the verdicts changed with the order (FastChat's published judgements; FastChat #3911).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from compare.judge.pairs import Verdict


@dataclass(frozen=True, slots=True)
class Bias:
    """Shares from 0 to 1; None where there is nothing to count.

    `verdicts`: pairs that got one; `missing`: pairs that got none. `first_chosen`: of all choices between two
    places, those of the first; an unbiased judge has 0.5, as each answer stands there once. `longer_chosen`:
    of the winners of answers that differ in words, the longer ones; longer may also be better.
    `contradicted`: of the verdicts, those that chose one place in both orders, and so count as ties.
    """

    verdicts: int
    missing: int
    first_chosen: float | None
    longer_chosen: float | None
    contradicted: float | None


def judge_bias(verdicts: Sequence[Verdict]) -> Bias:
    """The bias figures of a judge's verdicts."""
    given = [verdict for verdict in verdicts if verdict.winner]
    places = [place for verdict in given for place in (verdict.forth, verdict.back) if place]
    longer = [
        (verdict.winner == "first") == (verdict.words[0] > verdict.words[1])
        for verdict in given
        if verdict.winner != "tie" and verdict.words[0] != verdict.words[1]
    ]
    return Bias(
        verdicts=len(given),
        missing=len(verdicts) - len(given),
        first_chosen=_share([place == 1 for place in places]),
        longer_chosen=_share(longer),
        contradicted=_share([verdict.contradicts for verdict in given]),
    )


def _share(holds: Sequence[bool]) -> float | None:
    return sum(holds) / len(holds) if holds else None
