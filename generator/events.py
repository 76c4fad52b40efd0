"""What happens while a model answers, as values that cross the process border as lines of JSON.

Knows nothing of llama.cpp, prompts or reviews. Standard library only: the worker imports it.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

StopReason = Literal["end", "stop", "max_tokens", "context", "cancelled", "error"]
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
class Pace:
    """How far the writing is: `n_out` tokens, and `seconds` from the first piece of text to the latest."""

    n_out: int
    seconds: float

    @property
    def tpot_s(self) -> float | None:
        """Time per output token after the first: seconds / (n_out - 1); None if n_out < 2."""
        return self.seconds / (self.n_out - 1) if self.n_out > 1 else None

    @property
    def decode_tok_s(self) -> float | None:
        """1 / tpot_s: how fast the text grows once it has begun."""
        return 1 / self.tpot_s if self.tpot_s else None


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds and tokens of one answer, as the engine counted them; None where a server does not tell.

    `ttft_s`: from the call to generate (prompt ready) to the first non-empty piece of text, reasoning or
    answer; None when there was none. `ttfo_s`: the same to the first piece after a reasoning block; equal to
    `ttft_s` without one. `e2e_s`: from the same call to the last piece of text. `n_out` does not count the
    end token. `n_reasoning` of them made the reasoning block, its tags included. `n_prompt_reused`: prompt
    tokens served from the KV cache. `threads`: the fewest it had.
    """

    ttft_s: float | None
    ttfo_s: float | None
    e2e_s: float | None
    n_prompt: int | None
    n_prompt_reused: int | None
    n_out: int | None
    threads: int | None
    n_reasoning: int | None = 0

    @property
    def tpot_s(self) -> float | None:
        """As `Pace.tpot_s`, of the whole text: (t_last - t_first) / (n_out - 1)."""
        return self._pace.tpot_s if self._pace else None

    @property
    def decode_tok_s(self) -> float | None:
        """As `Pace.decode_tok_s`, of the whole text."""
        return self._pace.decode_tok_s if self._pace else None

    @property
    def prefill_tok_s(self) -> float | None:
        """(n_prompt - n_prompt_reused) / ttft_s: how fast the prompt was read."""
        if self.n_prompt is None or self.n_prompt_reused is None:
            return None
        return (self.n_prompt - self.n_prompt_reused) / self.ttft_s if self.ttft_s else None

    @property
    def e2e_tok_s(self) -> float | None:
        """n_out / e2e_s: tokens per second of the whole answer, waiting included."""
        return self.n_out / self.e2e_s if self.e2e_s and self.n_out is not None else None

    @property
    def _pace(self) -> Pace | None:
        if self.n_out is None or self.e2e_s is None or self.ttft_s is None:
            return None
        return Pace(self.n_out, self.e2e_s - self.ttft_s)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of the process that holds this one model, after the answer.

    `peak_rss`: high-water resident memory (VmHWM). `pss`: proportional set size, None where the system
    does not tell. `weights`, `kv_cache` and `compute` are llama.cpp's own buffers, in this process.
    """

    peak_rss: int
    pss: int | None
    weights: int
    kv_cache: int
    compute: int

    @property
    def rest(self) -> int:
        """The part of the peak that is none of the model's buffers: interpreter, libraries, scratch."""
        return self.peak_rss - self.weights - self.kv_cache - self.compute


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
class Counters:
    """llama.cpp's own counters of one answer, to check ours by: seconds, and tokens read and written.

    `read` counts tokens of decodes of several tokens, `written` decodes of single tokens.
    """

    read_s: float
    written_s: float
    read: int
    written: int


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
