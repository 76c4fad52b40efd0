"""Two answers compared in both orders. Pure values; knows no models."""

from dataclasses import dataclass
from typing import Literal

Winner = Literal["first", "second", "tie"]


@dataclass(frozen=True, slots=True)
class Preference:
    """Which of two answers a judge prefers, `first` or `second`, by their answer_id.

    `forth`: the place it chose when `first` stood first, 1 or 2, or 0 for neither; `back`: the place it chose
    with `second` first. None: it gave no verdict. `words`: of the two answers. `itself`: one of them is the
    judge's own.
    """

    first: int
    second: int
    forth: int | None
    back: int | None
    words: tuple[int, int]
    itself: bool = False

    @property
    def winner(self) -> Winner | None:
        """The answer it prefers in both orders; if it contradicts itself, a tie. None: no verdict."""
        if self.forth is None or self.back is None:
            return None
        if (self.forth, self.back) == (1, 2):
            return "first"
        return "second" if (self.forth, self.back) == (2, 1) else "tie"

    @property
    def contradicts(self) -> bool:
        """Whether it chose the same place in both orders, so another answer."""
        return self.forth == self.back and self.forth in (1, 2)
