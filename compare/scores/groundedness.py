"""How much of an answer its passages support, and whether its citations name the right ones.

Pure arithmetic on what `support` says of each claim. Definitions after Gao et al. (2023), "Enabling large
language models to generate text with citations" (ALCE); their judge is an entailment model.
"""

from collections.abc import Sequence

from generator.support.support import SUPPORTED


def groundedness(sentences: Sequence[float]) -> float | None:
    """Share of sentences that are supported, 0 to 1, higher is better; None without sentences.

    `sentences`: of each its support, 0 to 1, that of its weakest claim.
    """
    return _share([support >= SUPPORTED for support in sentences])


def held_citations(claims: Sequence[float]) -> float | None:
    """Share of cited claims that hold, 0 to 1, higher is better; None without any.

    `claims`: of each claim with a citation of a passage, its support by the cited passages alone.
    """
    return _share([support >= SUPPORTED for support in claims])


def valid_citations(valid: int, invalid: int) -> float | None:
    """Share of the distinct numbers cited that name a passage, 0 to 1, higher is better; None without any."""
    return valid / (valid + invalid) if valid + invalid else None


def coverage(points: Sequence[float]) -> float | None:
    """Share of the expected points that the answer makes, 0 to 1, higher is better; None without any.

    `points`: of each expected point, its support by the answer's claims.
    """
    return _share([support >= SUPPORTED for support in points])


def _share(holds: Sequence[bool]) -> float | None:
    return sum(holds) / len(holds) if holds else None
