"""What came of a fault: what was lost, what a person saw, and how long it took until all went on.

Knows counts and sentences; knows nothing of what was broken.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Outcome:
    """One fault at one moment or, summed up, at several. All counts should be 0 but `times`."""

    fault: str
    done: str  # what was done, in words
    times: int = 1
    lost: int = 0  # rows or answers that were committed, and are gone
    doubled: int = 0
    wordless: int = 0  # errors shown that are no sentence with a remedy
    unrecovered: int = 0  # times that a person was needed
    slowest_recovery_s: float = 0.0  # from the fault until the next thing worked
    notes: tuple[str, ...] = ()  # each once

    @property
    def holds(self) -> bool:
        """Whether nothing was lost or doubled, all was told in words, and nobody was needed."""
        return self.times > 0 and not (self.lost or self.doubled or self.wordless or self.unrecovered)

    def __add__(self, other: "Outcome") -> "Outcome":
        """The same fault, at the moments of both."""
        if (self.fault, self.done) != (other.fault, other.done):
            raise ValueError(f"{self.fault} and {other.fault} are not the same fault")
        return Outcome(
            self.fault,
            self.done,
            self.times + other.times,
            self.lost + other.lost,
            self.doubled + other.doubled,
            self.wordless + other.wordless,
            self.unrecovered + other.unrecovered,
            max(self.slowest_recovery_s, other.slowest_recovery_s),
            tuple(dict.fromkeys((*self.notes, *other.notes))),
        )


# A fault, done so many times at moments that the generator draws; one outcome for each thing that was done.
Fault = Callable[[int, Random], Iterable[Outcome]]


def total(moments: Iterable[Outcome]) -> Outcome:
    """The outcomes of one fault's moments, of which there is at least one, summed up."""
    first, *rest = moments
    for moment in rest:
        first += moment
    return first


def count(moments: Iterable[Outcome]) -> int:
    """How many moments there were so far."""
    return sum(moment.times for moment in moments)


def worded(shown: str) -> bool:
    """Whether an error, as a person saw it, is a sentence: not empty, and no traceback."""
    words = shown.strip()
    return "Traceback (most recent call last)" not in words and len(words.split()) >= 5
