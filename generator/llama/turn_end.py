"""How a model ends its turn, read from its chat template: what stands behind an answer that is known.

A file's header names the tokens that end a text, and not every header names the one that the template has.
Knows templates and texts; knows nothing of generation.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from generator.events import Message
from generator.llama.chat_template import ChatTemplate
from generator.llama.engine_log import EngineError
from generator.reasoning_tags import CHANNEL, HARMONY

_ANSWER, _QUESTION = "zq7answerzq", "zq8questionzq"
# A tag, a word, white space, or one other character: no end begins in the middle of one.
_UNIT = re.compile(r"<[^<>\s]{1,60}>|\[/?[A-Z_]{2,40}\]|\s+|\w+|.", re.DOTALL)
_TAG = re.compile(r"<[^<>\s]{1,60}>|\[/?[A-Z_]{2,40}\]")


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """`token`: the one that ends a turn; `stops`: the same as text, for a model that spells it."""

    token: int | None = None
    stops: tuple[str, ...] = ()


def turn_end(
    template: ChatTemplate, tokenize: Callable[[str], Sequence[int]], ends: Callable[[int], bool]
) -> TurnEnd:
    """The end of a turn that the header does not name; nothing, if it names it or the template has none.

    `tokenize`: the tokens of a text; `ends`: whether a token is an end by the header.
    """
    mark = _first_mark(_behind_an_answer(template))
    # gpt-oss ends its reasoning as it ends a turn.
    if not mark or (mark == HARMONY.close and CHANNEL in template.text):
        return TurnEnd()
    tokens = tokenize(mark.strip())
    token = tokens[0] if len(tokens) == 1 else None
    if token is not None and ends(token):
        return TurnEnd()
    # A single character ends nothing: it may stand in any answer.
    if len(mark.strip()) < 2:
        return TurnEnd()
    bracketed = re.fullmatch(r"[<\[].*[>\]]", mark)
    return TurnEnd(token if bracketed else None, (mark,))


def _behind_an_answer(template: ChatTemplate) -> tuple[str, str]:
    """What stands behind the last answer of a conversation, and behind one that another question follows."""
    turns = [Message("user", "a"), Message("assistant", _ANSWER)]
    later = [*turns, Message("user", _QUESTION)]
    try:
        last = _behind(template.render(turns, answer=False))
        followed = _behind(template.render(later, answer=False))
    # Some take no answers at all.
    except EngineError:
        return "", ""
    return last, followed


def _behind(prompt: str) -> str:
    at = prompt.lower().rfind(_ANSWER) + len(_ANSWER)
    question = prompt.lower().find(_QUESTION, at)
    return prompt[at:] if question < 0 else prompt[at:question]


def _first_mark(behind: tuple[str, str]) -> str:
    """The first tag, or the first line of text, that follows an answer wherever it stands; or a next turn."""
    last, followed = (_UNIT.findall(text) for text in behind)
    common = []
    for one, other in zip(last, followed, strict=False):
        if one != other:
            break
        common.append(one)
    text = "".join(common)
    # Else the answer would end at what the next turn has in common with an answer's own headings.
    if common != last and not _TAG.match(text.lstrip()):
        text = ""
    text = text if text.strip() else "".join(followed)
    bare = text.lstrip()
    if tag := _TAG.match(bare):
        return tag[0]
    line = re.split(r"\n|(?=<[^<>\s]{1,60}>)", bare)[0].rstrip()
    # "User:" may stand in an answer, but rarely at the beginning of a line.
    return "\n" + line if line and "\n" in text[: len(text) - len(bare)] else line
