"""Signs that a text gives orders to a language model. Pure text, linear in its length; knows no markup.

A sign weighs 1 if people do not write so about products; less if they do now and then, and another one must
stand beside it. Terms of many languages come from `terms`; what hangs on the order of words is looked for in
English alone (`phrases`).
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from retriever.suspicion import terms
from retriever.suspicion.lexicon import Found, Lexicon
from retriever.suspicion.phrases import ANSWER, FORGET, MACHINE, PHRASES, ROLE, SAY

_LEXICON = Lexicon(
    {
        "forget": terms.FORGET,
        "task": terms.TASK,
        "material": terms.MATERIAL,
        "earlier": terms.EARLIER,
        "paper": terms.PAPER,
        "say": terms.SAY,
        "say elsewhere": terms.SAY_ELSEWHERE,
        "only": terms.ONLY,
        "answer": terms.ANSWER,
        "machine": terms.MACHINE,
        "if machine": terms.IF_MACHINE,
        "role": terms.ROLES,
        "asking role": terms.ASKING_ROLES,
        "role said": terms.ROLES_SAID,
        **{phrase.needs: phrase.needs for phrase in PHRASES},
    }
)


def _long(*groups: str) -> list[str]:
    return [word for word in _LEXICON.terms(*groups) if len(word) > 3]


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in words if len(word) > 5))


# What texts that were turned around, or written in ROT13, hold if they give orders.
_TELLING = _long("forget", "task", "say", "only", "earlier")
BACKWARDS = frozenset(word[::-1] for word in _TELLING)
TURNED = frozenset(codecs.encode(word, "rot13") for word in _TELLING if word.isascii())
_FORGET_TOGETHER, _TASK_TOGETHER = _any_of(_long("forget")), _any_of(_long("task", "earlier", "material"))

# Behind these a verb is an order, whatever it says; behind the others of _CLAUSE it may be a wish.
_ORDERED = frozenset([*'.!?:;,\n("„“«', "and", "then", "now", "please", "always", "kindly", "just"])
_WISHED = "only must should shall to instead also simply never you but or so finally not"
# What an order in English follows: the beginning of a clause, or a word that makes one of the verb behind it.
_CLAUSE = _ORDERED.union(_WISHED.split())
_OTHERS = "i we they he she it who would can could will may might people customers"
_NO_ORDER = frozenset(_OTHERS.split())
_NEAR_TASK, _BESIDE_TASK, _NEAR_PAPER, _NEAR_SAYING = 7, 5, 10, 6  # words
_LONG_WORD = 20  # letters, from which on words may stand in it
_ROLES = {term.split()[0] for term in _LEXICON.terms("role")}
# Those that speak for a model; a "system" may be a computer.
_ANSWERING = {role for role in _ROLES if not role.startswith(("sys", "sis", "сис"))}
_CAPITALS = 3  # letters, from which on a word in capitals may be a code
_QUOTES = '"\u201c\u201e\u00ab\u2018\u300c\u300e'
_SHOUTED = 0.5  # of the words are in capitals: then they tell nothing


@dataclass(frozen=True, slots=True)
class Sign:
    """What was noticed, in words, and how much it weighs, above 0 and at most 1."""

    what: str
    weight: float


# Phrases that can be looked for in a whole text: what stands around a part of it changes nothing.
_WITHIN = tuple(phrase for phrase in PHRASES if not re.search(r"\^|\$|\(\?<!", phrase.pattern.pattern))
# The lists of which one term may be enough in a certain place.
_ENOUGH = frozenset(
    (
        "forget", "say elsewhere", "quote", "role", "asking role", "machine", "if machine", "answer",
        "role said", *(phrase.needs for phrase in PHRASES if phrase not in _WITHIN),
    )
)  # fmt: skip


def may_order(text: str) -> bool:
    """Whether a part of a text that `plain` made may hold a sign of an order; False is certain."""
    found = _LEXICON.find(text)
    if max(map(len, found.words), default=0) >= _LONG_WORD:
        return True
    groups = {hit.group for hit in found.hits}
    if (
        groups & _ENOUGH
        or ("say" in groups and _may_say(found))
        or ("only" in groups and _may_dictate(found))
    ):
        return True
    phrases = [phrase for phrase in _WITHIN if phrase.needs in groups]
    flat = " ".join(found.folded) if phrases else ""
    return any(phrase.pattern.search(flat) for phrase in phrases)


def _may_say(found: Found) -> bool:
    """Whether anything to say stands near a verb of saying, as `_saying` looks for it."""
    only, dictated = set(found.places("only")), _dictated(found)
    return any(
        at - 1 in only
        or "that" in found.folded[at + 1 : at + 1 + _NEAR_SAYING]
        or any(place in dictated or place in only for place in range(at + 1, at + 1 + _NEAR_SAYING))
        for at in found.places("say")
    )


def _may_dictate(found: Found) -> bool:
    dictated = _dictated(found)
    return any(place in dictated for at in found.places("only") for place in range(at + 1, at + 3))


def _dictated(found: Found) -> set[int]:
    """The places of quotes and of words in capitals."""
    return {
        at
        for at, word in enumerate(found.words)
        if word in _QUOTES or (len(word) >= _CAPITALS and word.isupper())
    }


def orders(text: str) -> Iterator[Sign]:
    """The signs in a text that `plain` made; one kind may come several times."""
    found = _LEXICON.find(text)
    groups = {hit.group for hit in found.hits}
    for word in found.words:
        if len(word) >= _LONG_WORD:
            yield from orders_together(word)
    commands = {*_imperatives(found), *found.places("say elsewhere")}
    if "forget" in groups:
        yield from _forgetting(found, says=bool(commands))
    if commands or "only" in groups:
        yield from _saying(found, commands)
    if "role" in groups:
        yield from _speakers(found)
    for group, what, weight in (
        ("if machine", MACHINE, 1.0),
        ("machine", MACHINE, 0.5),
        ("answer", ANSWER, 0.5),
        ("role said", ROLE, 0.5),
    ):
        if group in groups:
            yield Sign(what, weight)
    if phrases := [phrase for phrase in PHRASES if phrase.needs in groups]:
        flat = " ".join(found.folded)
        yield from (Sign(phrase.what, phrase.weight) for phrase in phrases if phrase.pattern.search(flat))


def orders_together(letters: str) -> Iterator[Sign]:
    """Signs in words that are written without anything between."""
    if _FORGET_TOGETHER.search(letters.casefold()) and _TASK_TOGETHER.search(letters.casefold()):
        yield Sign(FORGET, 1.0)


def _forgetting(found: Found, says: bool) -> Iterator[Sign]:
    """Orders to put a task aside; less if only reviews are meant, or a manual."""
    tasks, materials = set(found.places("task")), set(found.places("material"))
    earlier, papers = set(found.places("earlier")), set(found.places("paper"))
    for at in found.places("forget"):
        around = range(at - _NEAR_TASK, at + _NEAR_TASK + 1)
        on_paper = not papers.isdisjoint(range(at - _NEAR_PAPER, at + _NEAR_PAPER + 1))
        for task in tasks.intersection(around):
            between = range(min(at, task) - _BESIDE_TASK, max(at, task) + _BESIDE_TASK + 1)
            meant = not earlier.isdisjoint(between) and not on_paper
            yield Sign(FORGET, 1.0 if meant else 0.5)
        if not materials.isdisjoint(around):
            yield Sign(FORGET, 0.5 if says else 0.25)


def _saying(found: Found, commands: set[int]) -> Iterator[Sign]:
    """Orders to say certain words: only these, or words in quotes or capitals."""
    spelled = [word for word in found.words if word[0].isalnum()]
    shouted = sum(map(str.isupper, spelled)) > _SHOUTED * len(spelled)
    dictated = {at for at in _dictated(found) if not shouted or found.words[at] in _QUOTES}
    only = set(found.places("only", "quote"))
    for at in commands:
        behind = range(at + 1, at + 1 + _NEAR_SAYING)
        that = _ordered(found, at) and "that" in found.folded[at + 1 : at + 1 + _NEAR_SAYING]
        if that or at - 1 in only or any(place in dictated or place in only for place in behind):
            yield Sign(SAY, 0.5)
            return
    if any(place in dictated for at in only for place in range(at + 1, at + 3)):
        yield Sign(SAY, 0.25)


def _imperatives(found: Found) -> Iterator[int]:
    """Where English verbs of saying are orders."""
    for at in found.places("say"):
        before = found.folded[max(0, at - 2) : at]
        if not before or (before[-1] in _CLAUSE and before[0] not in _NO_ORDER):
            yield at


def _ordered(found: Found, at: int) -> bool:
    return at == 0 or (at <= len(found.folded) and found.folded[at - 1] in _ORDERED)


def _speakers(found: Found) -> Iterator[Sign]:
    """Speakers named before a colon, as in a conversation with a model."""
    speakers: set[str] = set()
    headed = False
    for hit in found.hits:
        if hit.group not in ("role", "asking role"):
            continue
        before = found.folded[hit.at - 1] if hit.at else "\n"
        rule = before[0] in "#-*="
        named = re.match(r"(?:\w+ ){0,2}:", " ".join(found.folded[hit.at + 1 : hit.at + 4]))
        if named and (rule or before in _CLAUSE):
            speakers.add(found.folded[hit.at])
            headed |= rule
    answering = any(role in speakers for role in _ANSWERING)
    if answering or any(role in speakers for role in _ROLES):
        yield Sign(ROLE, 1.0 if headed or (answering and len(speakers) > 1) else 0.5)
