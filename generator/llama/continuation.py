"""One answer in the making: what a sampled token means for it, and what is to be run through the model next.

Knows one answer; knows nothing of the cache, or of other answers that are written at the same time.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from generator.answer_stream import AnswerStream
from generator.events import Piece, Sampling, StopReason, paced
from generator.llama.engine_log import EngineError
from generator.llama.llama_model import LlamaModel
from generator.llama.sampler import Sampler
from generator.measured import Pace, Timing


class Continuation:
    """The answer to one prompt; to be closed. `started`: when its time began, of `time.perf_counter`.

    `tokens`: the prompt as it is to be read. `next`: what follows in the text and is not in the cache yet.
    `reason`: why it ended, once it has. Raises EngineError for a grammar that is none, or an empty prompt.
    """

    def __init__(self, model: LlamaModel, tokens: Sequence[int], sampling: Sampling, started: float) -> None:
        if not tokens:
            raise EngineError("The prompt is empty.")
        if sampling.grammar:
            # A grammar leaves no room for reasoning.
            tokens = model.without_reasoning(tokens)
        self.tokens = list(tokens)
        self.started = started
        self.next: list[int] = []
        self.reason: StopReason | None = None
        self._model = model
        self._sampling = sampling
        self._sampler = Sampler(sampling, model.vocab)
        self._most_reasoning = sampling.max_reasoning or model.n_ctx
        self._stream = AnswerStream((*sampling.stop, *model.turn_stops), started, model.left_open(tokens))

    def sample(self, context: Any, index: int, cached: int) -> Iterator[Piece]:
        """Choose the next token by the logits of `index` in the last batch, with `cached` tokens before it.

        Sets `next`, or the `reason` to end. Raises EngineError if no token obeys the grammar.
        """
        token = self._sampler.sample(context, index)
        if self._model.ends(token):
            self.reason = "end"
            return
        stream = self._stream
        yield from self._paced(stream.add(self._model.visible(token)))
        if stream.stopped:
            # What the template puts behind every turn is an end, however the model spells it.
            self.reason = "stop" if stream.met in self._sampling.stop else "end"
            return
        if not stream.reasoning and stream.n_tokens - stream.n_reasoning >= self._sampling.max_tokens:
            self.reason = "max_tokens"
            return
        self.next = [token]
        if stream.reasoning and stream.n_reasoning >= self._most_reasoning:
            closing = stream.tags.closing
            yield from self._paced(stream.close_reasoning())
            self.next += self._model.tokenize(closing)
        if cached + len(self.next) > self._model.n_ctx:
            self.reason = "context"

    def finish(self) -> list[Piece]:
        """What was held back, once no more tokens come."""
        return self._paced(self._stream.finish(cut=self.reason != "end"))

    def timing(self, reused: int, threads: int) -> Timing:
        """The figures, after `finish`."""
        stream = self._stream
        return Timing(
            ttft_s=stream.first_s,
            ttfo_s=stream.first_answer_s,
            e2e_s=stream.last_s,
            n_prompt=len(self.tokens),
            n_prompt_reused=reused,
            n_out=stream.n_tokens,
            threads=threads,
            n_reasoning=stream.n_reasoning,
        )

    def _paced(self, pieces: Sequence[Piece]) -> list[Piece]:
        """The pieces, and how far the writing is with them."""
        stream = self._stream
        pace = Pace(stream.n_tokens, (stream.last_s or 0.0) - (stream.first_s or 0.0))
        return [paced(piece, pace) for piece in pieces]

    def close(self) -> None:
        """Free the samplers."""
        self._sampler.close()
