"""What can be told of a sentence without understanding it: words, numbers, names, and whether it denies.

Pure text. Words are found in any language; number words, units and denials are English.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from uniseg.wordbreak import words as word_segments

from generator.support.vocabulary import DENIALS, FUNCTION, NUMBERS, UNITS

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
# Words are compared by their beginning: a stand-in for stemming that knows no language.
_STEM = 5


@dataclass(frozen=True, slots=True)
class Wording:
    """`words`: all, in lower case. `stems`: beginnings of those that say something of the subject.

    `numbers`: as digits. `quantities`: numbers with the unit that follows. `names`: words with a capital
    letter where none has to be, in lower case. `denies`: whether there is a "not" or the like.
    """

    words: frozenset[str]
    stems: frozenset[str]
    numbers: frozenset[str]
    quantities: frozenset[tuple[str, str]]
    names: frozenset[str]
    denies: bool

    @property
    def empty(self) -> bool:
        """Whether it says nothing that could be looked for."""
        return not self.stems and not self.numbers


# An answer's claims ask for the same texts; of others a server would keep up to 10 KiB each.
@lru_cache(maxsize=1024)
def wording(text: str) -> Wording:
    """The Wording of a piece of text."""
    spelled = _spelled(text)
    words = [word.casefold() for word in spelled]
    return Wording(
        words=frozenset(words),
        stems=frozenset(stem_of(word) for word in words if _speaks(word)),
        numbers=frozenset(NUMBERS.get(word, word) for word in words if _is_number(word)),
        quantities=frozenset(
            (NUMBERS.get(word, word), UNITS[unit])
            for word, unit in pairwise(words)
            if _is_number(word) and unit in UNITS
        ),
        names=frozenset(_names(spelled)),
        denies=any(word in DENIALS or word.endswith("n't") for word in words),
    )


def words_of(text: str) -> list[str]:
    """The words in their order, in lower case; a number with its decimals is one."""
    return [word.casefold() for word in _spelled(text)]


def stem_of(word: str) -> str:
    """The beginning of a word, by which words are compared."""
    return word[:_STEM]


def _spelled(text: str) -> Sequence[str]:
    found: list[str] = []
    position = 0
    for number in _NUMBER.finditer(text):
        found += _letters(text[position : number.start()])
        found.append(number[0].replace(",", "."))
        position = number.end()
    return found + _letters(text[position:])


def _letters(text: str) -> list[str]:
    segments = (segment.replace("\u2019", "'") for segment in word_segments(text))
    return [segment for segment in segments if any(map(str.isalnum, segment))]


def _is_number(word: str) -> bool:
    return word[0].isdecimal() or word in NUMBERS


def _speaks(word: str) -> bool:
    return not (word in FUNCTION or word in DENIALS or word.endswith("n't") or _is_number(word))


def _names(spelled: Sequence[str]) -> Iterator[str]:
    for word in spelled[1:]:
        if word[0].isupper() and len(word) > 1 and _speaks(word.casefold()):
            yield word.casefold()


def overlap(wording: Wording, other: Wording) -> float:
    """Share of its stems that stand in the other, 0 to 1; 1 if it has none."""
    return len(wording.stems & other.stems) / len(wording.stems) if wording.stems else 1.0


def invents_number(wording: Wording, other: Wording) -> bool:
    """Whether it has a number that is not in the other, or only with another unit."""
    if wording.numbers - other.numbers:
        return True
    units = {
        number: {unit for found, unit in other.quantities if found == number} for number in wording.numbers
    }
    return any(units[number] and unit not in units[number] for number, unit in wording.quantities)
