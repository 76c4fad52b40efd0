"""Many looks at one run: of twenty figures that do not differ, one does "with 95 %". Knows only p-values."""

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """The p-values, adjusted for being looked at together, in the order given; None, no test, stays.

    In ascending order the i-th of m is multiplied by m - i + 1, none is smaller than the one before it, or
    larger than 1 (Holm 1979). What is at most 0.05 then holds a false one in 5 % of such runs, however the
    figures hang together.
    """
    adjusted: list[float | None] = [None] * len(p_values)
    known = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    highest = 0.0
    for rank, (p, index) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        adjusted[index] = highest
    return adjusted
