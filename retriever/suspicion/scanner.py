"""Whether a text looks like an attempt to take over the model that reads it. Pure text, linear in its length.

A scanner of patterns, made to be right when it speaks rather than to see everything: whoever knows it can
write around it. Knows nothing of reviews, databases or models.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from retriever.suspicion.orders import BACKWARDS, TURNED, Sign, may_order, orders, orders_together
from retriever.suspicion.phrases import ROLE
from retriever.suspicion.readings import Reading, may_hide, plain, readings

ENOUGH = 0.75
HIDES = "hides text: "
MARKUP, TEMPLATE, CITES = "markup that fetches or runs", "marks of a chat template", "fakes citations"

_ROLE_NAMES = (
    "system|assistant|user|human|developer|instructions?|prompt|tool|function|thinking|think|reasoning"
)
# What llama.cpp, Jinja templates and their kin put around turns, and what looks so.
_TEMPLATES = tuple(
    (weight, re.compile(pattern, re.IGNORECASE))
    for weight, pattern in (
        (1.0, r"<[|｜][^<>|｜\n]{1,40}[|｜]>"),  # noqa: RUF001
        (1.0, r"\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|BOS|EOS|CLS|SEP)\]"),
        (1.0, r"<</?SYS>>|\{\{?[#%]?\s*(?:system|user|assistant)\b"),
        (
            1.0,
            rf"</?(?:{_ROLE_NAMES}|bos|eos|eot|unk|reviews|context|scratchpad|im_\w+)(?:\s[^<>]{{0,80}})?/?>",
        ),
        (1.0, r"</?(?:start|end|begin|stop)_?of_?(?:turn|text|message|prompt|header|system|sentence)>"),
        (1.0, r"</?(?:tool|function)_?(?:calls?|responses?|results?|output)>"),
        (1.0, r"""["']role["']\s*:\s*["'](?:system|assistant|user|developer)["']"""),
        (1.0, r"</s>\s{0,9}<s>"),
        (
            1.0,
            r"(?:^|\n)\s{0,3}#{2,6}\s?(?:instruction|response|system|input|assistant|user|human)s?\s{0,3}(?:\n|:|$)",
        ),
        (0.5, r"</s>|</?[a-z]{2,20}_[a-z_]{2,20}>|\[/?(?:system|assistant|user|human|instructions?)\]"),
        (0.5, r"""\{\s{0,9}["'][a-z_]{2,30}["']\s{0,9}:"""),
        (0.5, r"(?:^|\n)[ \t]{0,9}(?:question|query)\s?:[^\n]{0,300}\n[ \t]{0,9}answer\s?:"),
    )
)
_MARKUPS = tuple(
    (weight, re.compile(pattern, re.IGNORECASE))
    for weight, pattern in (
        (1.0, r"!\[[^\[\]\n]{0,300}\]\s?[(\[]"),
        (1.0, r"(?:javascript|vbscript):|data:(?:text/html|image/svg|application/)"),
        (1.0, r"<(?:script|iframe|object|embed|svg|form|meta|base|link|style|audio|portal)[\s>/]"),
        (1.0, r"<[a-z][^<>]{0,300}\son[a-z]{3,20}\s{0,3}="),
        (1.0, r"https?://[^\s)<>]{1,150}(?:\{|%7b|=(?:QUESTION|PROMPT|ANSWER|DATA|TEXT|HISTORY)\b)"),
        (1.0, r"(?:display\s?:\s?none|font-size\s?:\s?0|visibility\s?:\s?hidden|opacity\s?:\s?0\b)"),
        (0.75, r"<img[\s/]|\burl\(\s?['\"]?(?:https?:)?//|\\(?:href|includegraphics|url)\s?\{"),
        (0.75, r"(?:^|\n)\s{0,3}\[[^\[\]\n]{1,60}\]:\s{0,3}(?:<?https?:|//)"),
        (0.5, r"\[[^\[\]\n]{1,300}\]\(\s?(?:<?https?:|//|www\.|mailto:|data:|file:)"),
        (0.5, r"<!--"),
        (0.5, r"<a\s[^<>]{0,300}href|https?://[^\s)<>]{1,150}\?[^\s)<>]{1,80}="),
    )
)
_CITATIONS = tuple(
    (weight, re.compile(pattern, re.IGNORECASE))
    for weight, pattern in (
        (1.0, r"(?:\[\s?\d{1,3}\s?\][\s,;&]{0,3}(?:and\s)?){2,9}\s?(?:all|both|alike|agree|confirm|say|state"
              r"|show|prove|report|recommend|support|warn)"),
        (1.0, r"\[\s?\d{1,3}\s?\]\s?\(\s?\d(?:\.\d)?\s(?:of\s5\s)?stars?\)"),
        (1.0, r"\b(?:cite|citing)\s(?:only\s|just\s|this\s|it\s|this\sreview\s)?(?:as\s)?"
              r"(?:review\s|number\s)?\[?\d"),
        (0.5, r"\[\s?\d{1,3}\s?\]\s?\[\s?\d{1,3}\s?\]"),
        (0.5, r"\b(?:reviews?|passages?|sentences?)\s(?:no\.?\s|number\s|#)?\[?\d{1,3}\]?\s"
              r"(?:is|are|was|were)\s(?:fake|false|wrong|retracted|invalid|void|a lie)"),
    )
)  # fmt: skip
# A text without any of these has no marks, markup or citations; to look for each is ten times as fast as
# one pattern of them.
_MARKED = (
    *"<>[]{}\\", "##", "://", "script:", "data:", "url(", "display", "font-size", "visibility", "opacity",
    "cite", "citing", "question", "query",
)  # fmt: skip
_GAP = re.compile(r"\s{12}")
# A line that goes on far to the right, or far below, of what anybody reads.
_FAR = re.compile(r"(?<=\S)(?:[ \t\u00a0]{60,}|[ \t]*\n(?:[ \t]*\n){11,}[ \t]*)\S")
_FENCE = re.compile(r"(?<![-=#*_~<>])[-=#*_~<>]{3,}[ \t]{0,9}(?:end|start|begin|close|stop)", re.IGNORECASE)


def suspicions(text: str) -> tuple[str, ...]:
    """Why a text looks like an attempt to instruct a model, in words; empty if it does not."""
    found = signs(text)
    return tuple(sign.what for sign in found) if enough(found) else ()


def enough(found: tuple[Sign, ...]) -> bool:
    """Whether these signs together say that a text is suspicious."""
    return sum(sign.weight for sign in found) >= ENOUGH


def signs(text: str) -> tuple[Sign, ...]:
    """What was noticed in a text, as `strongest` says."""
    return strongest(_signs(text))


def signs_within(whole: str) -> Callable[[str], tuple[Sign, ...]] | None:
    """What finds the signs of a part of the text, as `signs` does, but looks for nothing that the text lacks.

    None: no part of it has a sign. A part begins and ends between words. It takes a third of the time that
    `signs` takes.
    """
    seen = plain(whole)
    folded = seen.casefold()
    if (
        may_hide(whole, seen, folded, BACKWARDS, TURNED)
        or any(mark in folded for mark in _MARKED)
        or _FENCE.search(seen)
        or (("  " in whole or "\n" in whole or "\t" in whole) and _GAP.search(whole))
    ):
        return signs
    return _open_signs if may_order(seen) else None


def _open_signs(text: str) -> tuple[Sign, ...]:
    """Of a text that hides nothing and has no marks."""
    return strongest(orders(plain(text)))


def strongest(found: Iterable[Sign]) -> tuple[Sign, ...]:
    """Of these signs each kind once with its greatest weight, the weightiest first."""
    weights: dict[str, float] = {}
    for sign in found:
        weights[sign.what] = max(sign.weight, weights.get(sign.what, 0.0))
    heaviest = sorted(weights.items(), key=lambda entry: -entry[1])
    return tuple(Sign(what, weight) for what, weight in heaviest)


def template_marks(text: str) -> bool:
    """Whether the text holds what only chat templates put around turns."""
    return any(weight == 1 and pattern.search(text) for weight, pattern in _TEMPLATES)


def _signs(text: str) -> Iterator[Sign]:
    openly: set[str] = set()
    for reading in readings(text, BACKWARDS, TURNED):
        found = list(_of_reading(reading))
        if not reading.hidden:
            openly = {sign.what for sign in found}
        elif reading.certain:
            yield Sign(HIDES + reading.hidden, 1.0)
        # What is seen anyway is not hidden.
        elif not reading.text or any(sign.what not in openly for sign in found):
            yield Sign(HIDES + reading.hidden, 0.5)
        yield from found
    if _GAP.search(text) and _FAR.search(text):
        yield Sign(HIDES + "far from the rest", 0.5)


def _of_reading(reading: Reading) -> Iterator[Sign]:
    text = reading.text
    yield from orders(text)
    if reading.hidden == "spaced letters":
        yield from orders_together(text.replace(" ", ""))
    folded = text.casefold()
    if any(mark in folded for mark in _MARKED):
        for what, patterns in ((TEMPLATE, _TEMPLATES), (MARKUP, _MARKUPS), (CITES, _CITATIONS)):
            yield from (Sign(what, weight) for weight, pattern in patterns if pattern.search(text))
    if _FENCE.search(text):
        yield Sign(ROLE, 0.5)
