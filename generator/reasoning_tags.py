"""The tags between which models reason before they answer: `<think>…</think>` and its relatives.

Knows texts alone. Standard library only: the worker imports it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tags:
    """A reasoning block begins with `open` and ends with `close`."""

    open: str
    close: str
    then: str = ""
    """What stands between the block and the answer, where the answer has an opening mark of its own."""

    @property
    def closing(self) -> str:
        """What a model is made to write so that its open block ends and its answer begins."""
        return self.close + self.then if self.then else "\n" + self.close


THINK = Tags("<think>", "</think>")

# gpt-oss writes messages: `<|channel|>NAME<|message|>TEXT<|end|><|start|>assistant` and so on. The message of
# the channel "final" is the answer, those of all others are reasoning.
CHANNEL, MESSAGE, END, START = "<|channel|>", "<|message|>", "<|end|>", "<|start|>"
ROLE = START + "assistant"
FINAL = f"{CHANNEL}final{MESSAGE}"
HARMONY = Tags(f"{CHANNEL}analysis{MESSAGE}", END, ROLE + FINAL)
# What ends the message that is the answer.
HARMONY_ENDS = (END, START, "<|return|>", "<|call|>")
_HARMONY_MARKS = (CHANNEL, MESSAGE, END, START)

_WORDS = (
    "think",
    "thinking",
    "thought",
    "thoughts",
    "reasoning",
    "reason",
    "reflection",
    "analysis",
    "scratchpad",
    "inner_monologue",
)
_FORMS = (
    ("<{}>", "</{}>"),
    ("[{}]", "[/{}]"),
    ("<|{}|>", "<|/{}|>"),
    ("\u25c1{}\u25b7", "\u25c1/{}\u25b7"),
    ("<seed:{}>", "</seed:{}>"),
    ("<|begin_of_{}|>", "<|end_of_{}|>"),
    ("<|start_of_{}|>", "<|end_of_{}|>"),
    ("<|start_{}|>", "<|end_{}|>"),
)
_OTHERS = (
    Tags("<longcat_think>", "</longcat_think>"),
    Tags("<mm:think>", "</mm:think>"),
    Tags("<|inner_prefix|>", "<|inner_suffix|>"),
    Tags("<|channel>thought", "<channel|>"),
    Tags("<unused94>thought", "<unused95>"),
)


def _pairs() -> Iterator[Tags]:
    yield THINK
    for word in _WORDS:
        for opens, closes in _FORMS:
            # Lower case, `[THINK]`, `<Thinking>`.
            for spelled in dict.fromkeys((word, word.upper(), word.capitalize())):
                yield Tags(opens.format(spelled), closes.format(spelled))
    yield from (Tags(o.format(w).upper(), c.format(w).upper()) for o, c in _FORMS[-3:] for w in _WORDS)
    yield from _OTHERS


PAIRS = tuple(dict.fromkeys(_pairs()))
# What no text of a customer may hold, as a regular expression: wider than the tags, smaller than their list.
LIKE_A_MARK = (
    r"(?i:[<\[\u25c1]\|?/?(?:seed:|mm:|longcat_)?(?:(?:start|begin|end)_(?:of_)?)?"
    rf"(?:{'|'.join(_WORDS)}|inner_prefix|inner_suffix|channel|message|start|end|unused9[45])\|?[>\]\u25b7])"
)
_BY_OPEN = {pair.open: pair for pair in PAIRS}
_LONGEST_OPEN = max(map(len, _BY_OPEN))
_BEGINNINGS = (*_BY_OPEN, CHANNEL, ROLE + CHANNEL)

# Which a model may write without their opening tag: after a prompt that ends with one, or by forgetting it.
# Single brackets with a word are ordinary text there.
CLOSES = tuple(
    dict.fromkeys(pair.close for pair in PAIRS if not pair.close.startswith("[") or pair.close == "[/THINK]")
)
MARKS_OF_REASONING = frozenset([CHANNEL, *(tag for pair in PAIRS for tag in (pair.open, pair.close))])
MARKS = tuple(dict.fromkeys([*(tag for pair in PAIRS for tag in (pair.open, pair.close)), *_HARMONY_MARKS]))


def opened_by(text: str) -> tuple[Tags, str] | None:
    """The pair whose opening tag `text` begins with, and what comes behind the tag."""
    for size in range(min(len(text), _LONGEST_OPEN), 0, -1):
        if pair := _BY_OPEN.get(text[:size]):
            return pair, text[size:]
    return None


def may_open(text: str) -> bool:
    """Whether `text` is the beginning of an opening tag, or of a message of gpt-oss."""
    return any(tag.startswith(text) for tag in _BEGINNINGS)


def left_open(prompt_end: str) -> Tags | None:
    """The pair whose opening tag a prompt ends with, as some templates write it themselves."""
    end = prompt_end.rstrip()
    return next((pair for pair in (*PAIRS, HARMONY) if end.endswith(pair.open)), None)


def known(template: str, vocabulary: Iterable[str]) -> bool:
    """Whether a model's chat template, or a token of its vocabulary, tells that it reasons."""
    told = (CHANNEL, *(pair.close for pair in PAIRS))
    # Every Gemma has the unused tokens; few reason between them.
    tokens = {token for token in vocabulary if not token.startswith("<unused")}
    return any(mark in template for mark in told) or not tokens.isdisjoint(MARKS_OF_REASONING)
