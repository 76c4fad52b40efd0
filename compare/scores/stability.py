"""Whether an answer says the same when it is asked for again. Pure arithmetic."""

from collections.abc import Sequence


def agreement(forth: Sequence[float], back: Sequence[float]) -> float:
    """How much two answers say the same, 0 to 1: the mean support of the claims of each by the other.

    Each side counts alike, so that a short answer contained in a long one agrees by half and more.
    """
    return (sum(forth) / len(forth) + sum(back) / len(back)) / 2


def stability(agreements: Sequence[float]) -> float | None:
    """Mean agreement with the other answers, 0 to 1, higher is better; None if there is no other."""
    return sum(agreements) / len(agreements) if agreements else None
