"""Which words of a text belong to which list, in whatever language. Pure text; knows no list's meaning."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from retriever.suspicion.readings import plain

# Scripts without spaces between words, and those whose vowels are marks: there a term is found within what
# stands together. India's, Thai, Chinese, Japanese, Korean.
_UNSPACED = "\u0900-\u0dff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_WORD = re.compile(
    r"[^\W_]+(?:'[^\W_]+)*|[.!?:;,\n()\"\u201c-\u201e\u00ab\u00bb\u2018\u300c\u300e]|#+|[\-*=_]{3,}"
)
_QUOTE = re.compile('["\u201c\u300c\u300e]')
_LONGEST_TERM = 6  # words
WORDS_KEPT = 2**15
_STEM_LETTERS = range(3, 13)

Groups = set[str]


class Hit(NamedTuple):
    """A term of the list `group`, at the place `at`."""

    group: str
    at: int


@dataclass(frozen=True, slots=True)
class Found:
    """A text's `words` as written, punctuation among them, the same `folded`, and the `hits`.

    Places count words; in scripts without spaces, every two characters, and there quotes are hits too.
    """

    words: list[str]
    folded: list[str]
    hits: list[Hit]

    def places(self, *groups: str) -> list[int]:
        """Where terms of these lists are."""
        return [hit.at for hit in self.hits if hit.group in groups]


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A term of several words of the list `group`; `open_ended` if more letters may follow it."""

    words: str
    open_ended: bool
    group: str

    def begins(self, text: str) -> bool:
        return text.startswith(self.words) and (self.open_ended or text[len(self.words) :][:1] in ("", " "))


class Lexicon:
    """Lists of terms by name, each written as in `retriever.suspicion.terms`."""

    def __init__(self, lists: Mapping[str, str]) -> None:
        self._whole: dict[str, Groups] = defaultdict(set)
        self._stems: dict[str, Groups] = defaultdict(set)
        # By the first word and the second's first two letters.
        self._phrases: dict[tuple[str, str], list[_Phrase]] = defaultdict(list)
        self._first_of_phrase: set[str] = set()
        self._unspaced: dict[str, Groups] = defaultdict(set)
        for group, terms in lists.items():
            for term in terms.split(","):
                if term.strip():
                    self._add(group, " ".join(plain(term).casefold().split()))
        # Texts repeat their words: those that are in no list, nor begin a phrase, are taken out at once.
        self._of_word = lru_cache(WORDS_KEPT)(self._groups_of)
        self._known: set[str] = set()
        self._telling_words: set[str] = set()
        longest_first = sorted(self._unspaced, key=len, reverse=True)
        self._unspaced_term = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")

    def _add(self, group: str, term: str) -> None:
        bare = term.rstrip("*")
        if _IS_UNSPACED.search(bare):
            self._unspaced[bare].add(group)
        elif " " in bare:
            first, second = bare.split()[:2]
            self._phrases[first, second[:2]].append(_Phrase(bare, bare != term, group))
            self._first_of_phrase.add(first)
        elif bare != term:
            self._stems[bare].add(group)
        else:
            self._whole[bare].add(group)

    def terms(self, *groups: str) -> list[str]:
        """The terms of these lists that are whole words, of scripts with spaces."""
        phrases = [phrase.words for of in self._phrases.values() for phrase in of if phrase.group in groups]
        return [*(term for term, of in self._whole.items() if of & set(groups)), *phrases]

    def find(self, text: str) -> Found:
        """All terms in a text that `plain` made."""
        words = _WORD.findall(text)
        lower = " ".join(words).casefold().split(" ")
        telling = self._telling(lower)
        places = [at for at, word in enumerate(lower) if word in telling] if telling else []
        hits = [Hit(group, at) for at in places for group in self._of_word(lower[at])]
        for at in [at for at in places if lower[at] in self._first_of_phrase and at + 1 < len(lower)]:
            if candidates := self._phrases.get((lower[at], lower[at + 1][:2])):
                here = " ".join(lower[at : at + _LONGEST_TERM])
                hits += [Hit(phrase.group, at) for phrase in candidates if phrase.begins(here)]
        if not text.isascii() and _IS_UNSPACED.search(text):
            for match in self._unspaced_term.finditer(text.casefold()):
                hits += [Hit(group, match.start() // 2) for group in self._unspaced[match[0]]]
            hits += [Hit("quote", match.start() // 2) for match in _QUOTE.finditer(text)]
        return Found(words, lower, hits)

    def _telling(self, words: Iterable[str]) -> set[str]:
        """Those of the words that are in a list or begin a phrase."""
        distinct = set(words)
        unknown = distinct - self._known
        telling = {word for word in unknown if word in self._first_of_phrase or self._of_word(word)}
        if len(self._known) < WORDS_KEPT:
            self._known |= unknown
            self._telling_words |= telling
        return telling | (distinct & self._telling_words)

    def _groups_of(self, word: str) -> tuple[str, ...]:
        """The lists that hold the word by itself, or a beginning of it."""
        groups = list(self._whole.get(word, ()))
        for length in _STEM_LETTERS:
            if length > len(word):
                break
            groups += self._stems.get(word[:length], ())
        return tuple(groups)
