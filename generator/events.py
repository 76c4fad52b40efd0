"""What a model is asked, and what happens while it answers, as values that cross the process border as JSON.

Knows nothing of llama.cpp, prompts or reviews. Standard library only: the worker imports it.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from generator.measured import Counters, Memory, Pace, Timing

StopReason = Literal["end", "stop", "max_tokens", "context", "cancelled", "error"]
# An answer that broke off has no figures of its own.
BROKEN_OFF: tuple[StopReason, ...] = ("cancelled", "error")
# "throughput": several answers at the same time, whose times are those of none alone.
TimingMode = Literal["interactive", "measured", "throughput"]


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation, as chat templates know it."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen, and when to end. A temperature of 0 takes the likeliest token.

    `max_tokens` are for the answer; `max_reasoning` for a reasoning block before it, which is closed when
    they are spent; None: no limit of its own. Stop strings end the answer, not the reasoning. `grammar`: what
    the whole text must obey, in GBNF, from its rule "root" on; empty: anything. It leaves no room for
    reasoning.
    """

    max_tokens: int
    temperature: float
    top_k: int
    top_p: float
    seed: int
    stop: tuple[str, ...] = ()
    max_reasoning: int | None = None
    grammar: str = ""


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA's file, and how strongly it changes what the model answers; 1: as it was trained."""

    path: Path
    scale: float


@dataclass(frozen=True, slots=True)
class Loading:
    """The model is being loaded; `fraction` from 0 to 1."""

    fraction: float


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model is ready.

    `n_ctx`: tokens of context it got; `chat`: it has a chat template; `reasons`: its template or its
    vocabulary knows reasoning blocks. `engine`: names and versions of the software that runs it.
    """

    n_ctx: int
    chat: bool
    reasons: bool = False
    engine: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Tokenized:
    """A prompt, rendered with the model's template, as tokens."""

    tokens: list[int]


@dataclass(frozen=True, slots=True)
class PromptProgress:
    """`done` of `total` prompt tokens are in the KV cache."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Text:
    """A non-empty piece of the answer. `pace`: with it, if whoever writes counts tokens as they come."""

    text: str
    pace: Pace | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A non-empty piece of what a reasoning model writes before its answer. `pace` as in Text."""

    text: str
    pace: Pace | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class TextWasReasoning:
    """All Text so far was reasoning: the model closed a block that it had not opened. The answer follows."""


@dataclass(frozen=True, slots=True)
class Done:
    """The answer is complete.

    `memory`: None for a model behind a server. `waited_s`: before the server took the question, outside the
    timing.
    """

    stop_reason: StopReason
    timing: Timing
    memory: Memory | None
    counters: Counters | None = None
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Failed:
    """The worker could not do what was asked; `reason` is a sentence for people."""

    reason: str


Piece = Reasoning | Text | TextWasReasoning
Event = Loading | PromptProgress | Piece | Done
Reply = Event | Loaded | Tokenized | Failed

_REPLIES: dict[str, type[Reply]] = {
    kind.__name__: kind
    for kind in (Loading, Loaded, Tokenized, PromptProgress, Text, Reasoning, TextWasReasoning, Done, Failed)
}


def paced(piece: Piece, pace: Pace | None) -> Piece:
    """The piece, and how far the writing is with it."""
    return piece if isinstance(piece, TextWasReasoning) else replace(piece, pace=pace)


def to_line(question: int, reply: Reply) -> bytes:
    """One line of JSON: the number of the question it belongs to, `kind` (the class's name), the fields."""
    return json.dumps({"question": question, "kind": type(reply).__name__, **asdict(reply)}).encode() + b"\n"


def from_line(line: bytes) -> tuple[int, Reply]:
    """The inverse of `to_line`."""
    fields: dict[str, Any] = json.loads(line)
    question = fields.pop("question")
    kind = _REPLIES[fields.pop("kind")]
    if kind is Done:
        fields["timing"] = Timing(**fields["timing"])
        fields["memory"] = fields["memory"] and Memory(**fields["memory"])
        if fields["counters"]:
            fields["counters"] = Counters(**fields["counters"])
    if fields.get("pace"):
        fields["pace"] = Pace(**fields["pace"])
    return question, kind(**fields)
