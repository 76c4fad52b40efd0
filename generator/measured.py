"""What is measured of one answer: times, tokens and memory, and the figures that follow from them.

Definitions in words: `generator.figures`. Standard library only: the worker imports it.
"""

from dataclasses import dataclass


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

    Of an answer that is made of several texts by the model (grounded), tokens are those of all. `reading_s`:
    from each call to the first piece of its text, summed. `writing`: the tokens after the first of each text,
    and one, and the seconds between the first and the last of each, summed.
    """

    ttft_s: float | None
    ttfo_s: float | None
    e2e_s: float | None
    n_prompt: int | None
    n_prompt_reused: int | None
    n_out: int | None
    threads: int | None
    n_reasoning: int | None = 0
    reading_s: float | None = None
    writing: Pace | None = None

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
        """(n_prompt - n_prompt_reused) / ttft_s, or reading_s: how fast the prompt was read."""
        seconds = self.ttft_s if self.reading_s is None else self.reading_s
        if self.n_prompt is None or self.n_prompt_reused is None:
            return None
        return (self.n_prompt - self.n_prompt_reused) / seconds if seconds else None

    @property
    def e2e_tok_s(self) -> float | None:
        """n_out / e2e_s: tokens per second of the whole answer, waiting included."""
        return self.n_out / self.e2e_s if self.e2e_s and self.n_out is not None else None

    @property
    def _pace(self) -> Pace | None:
        if self.writing is not None:
            return self.writing
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
class Counters:
    """llama.cpp's own counters of one answer, to check ours by: seconds, and tokens read and written.

    `read` counts tokens of decodes of several tokens, `written` decodes of single tokens.
    """

    read_s: float
    written_s: float
    read: int
    written: int
