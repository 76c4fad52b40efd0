"""One GGUF model in llama.cpp: tokens in, pieces of text and figures out, one answer at a time.

Runs in a worker process that holds this one model. Knows nothing of questions, reviews or other processes.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path

import llama_cpp

from generator.events import Adapter, Done, Event, PromptProgress, Sampling
from generator.llama.continuation import Continuation
from generator.llama.llama_model import LlamaModel, piece_of, reusable
from generator.llama.respell import common_length
from generator.measured import Counters


class Engine(LlamaModel):
    """A loaded model with one context of `n_ctx` tokens. Thread-safe are `cancel`, `set_threads`."""

    def __init__(
        self,
        path: Path,
        n_ctx: int,
        on_progress: Callable[[float], None],
        adapter: Adapter | None = None,
    ) -> None:
        super().__init__(path, n_ctx, on_progress, adapter=adapter)
        # The tokens whose keys and values are in the cache, in order.
        self.cached: list[int] = []
        self._fewest_threads = 1

    def generate(
        self, tokens: Sequence[int], sampling: Sampling, threads: int, reuse: bool
    ) -> Iterator[Event]:
        """Answer a prompt: PromptProgress, pieces of text, Done. `reuse` keeps a common prefix cached.

        A `cancel` ends it, in its prompt too; `clear_cancel` is to be called before.
        """
        self.set_threads(threads)
        self._fewest_threads = threads
        return self._generate(tokens, sampling, reuse)

    def _generate(self, tokens: Sequence[int], sampling: Sampling, reuse: bool) -> Iterator[Event]:
        started = time.perf_counter()
        llama_cpp.llama_perf_context_reset(self._context)
        answer = Continuation(self, tokens, sampling, started)
        try:
            reused = self._forget_all_but_common(answer.tokens, reuse)
            prompt_complete = yield from self._read_prompt(answer.tokens)
            if prompt_complete:
                yield from self._write(answer)
            timing = answer.timing(reused, self._fewest_threads)
        finally:
            answer.close()
        yield Done(answer.reason or "cancelled", timing, self.memory(), self._counters())

    def _counters(self) -> Counters:
        counted = llama_cpp.llama_perf_context(self._context)
        return Counters(
            read_s=counted.t_p_eval_ms / 1000,
            written_s=counted.t_eval_ms / 1000,
            read=counted.n_p_eval,
            written=counted.n_eval,
        )

    def _forget_all_but_common(self, tokens: Sequence[int], reuse: bool) -> int:
        """Cut the cache to the prefix it shares with `tokens`, and return its length."""
        common = common_length(reusable(tokens), self.cached) if reuse else 0
        # A model whose cache cannot be cut in the middle (recurrent ones) starts afresh.
        if not llama_cpp.llama_memory_seq_rm(self._memory, 0, common, -1):
            llama_cpp.llama_memory_clear(self._memory, True)
            common = 0
        del self.cached[common:]
        return common

    def _read_prompt(self, tokens: Sequence[int]) -> Generator[Event, None, bool]:
        """Fill the cache with the prompt; returns whether it was read to its end."""
        while len(self.cached) < len(tokens):
            if not self._decode(piece_of(tokens[len(self.cached) :], self._n_batch)):
                return False
            yield PromptProgress(done=len(self.cached), total=len(tokens))
        return True

    def _write(self, answer: Continuation) -> Iterator[Event]:
        """Sample until there is a reason to stop; without one it was cancelled."""
        while True:
            yield from answer.sample(self._context, -1, len(self.cached))
            if answer.reason or not self._decode(answer.next):
                break
        yield from answer.finish()

    def _decode(self, tokens: Sequence[int]) -> bool:
        """Run the model over `tokens`; False if it was cancelled, with the cache as before."""
        self._fewest_threads = min(self._threads, self._fewest_threads)
        batch = (llama_cpp.llama_token * len(tokens))(*tokens)
        if not self._run(llama_cpp.llama_batch_get_one(batch, len(tokens))):
            llama_cpp.llama_memory_seq_rm(self._memory, 0, len(self.cached), -1)
            return False
        self.cached.extend(tokens)
        return True
