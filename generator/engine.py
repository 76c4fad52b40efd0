"""One GGUF model in llama.cpp: tokens in, pieces of text and figures out.

The only module that talks to llama.cpp's C interface; it runs in a worker process that holds this one
model. Knows nothing of questions, reviews or other processes.
"""

import ctypes
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import llama_cpp

from generator.engine_log import EngineLog
from generator.events import Done, Event, Memory, PromptProgress, Sampling, StopReason, Text, Timing
from generator.process_memory import peak_rss, pss
from generator.text_stream import TextStream

# llama.cpp's own default: prompts are read in pieces of this many tokens, with progress in between.
BATCH = 512
ABORTED = 2


class EngineError(Exception):
    """llama.cpp refused; the text says what."""


class Engine:
    """A loaded model with one context of `n_ctx` tokens. Not thread-safe, except `cancel`."""

    def __init__(self, path: Path, n_ctx: int, on_progress: Callable[[float], None]) -> None:
        self._log = EngineLog()
        llama_cpp.llama_backend_init()
        self._model = self._load(path, on_progress)
        self.vocab = llama_cpp.llama_model_get_vocab(self._model)
        self._context = self._open_context(n_ctx)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self.n_ctx: int = llama_cpp.llama_n_ctx(self._context)
        self._n_batch: int = llama_cpp.llama_n_batch(self._context)
        # The tokens whose keys and values are in the cache, in order.
        self._cached: list[int] = []
        self._abort = ctypes.create_string_buffer(2)
        self._install_abort_callback()

    def _load(self, path: Path, on_progress: Callable[[float], None]) -> Any:
        def progress(fraction: float, _: ctypes.c_void_p) -> bool:
            on_progress(fraction)
            return True

        params = llama_cpp.llama_model_default_params()
        # Not mapped: llama.cpp repacks weights for the CPU, and mapped originals would stay resident too.
        params.load_mode = llama_cpp.LLAMA_LOAD_MODE_NONE
        params.progress_callback = llama_cpp.llama_progress_callback(progress)
        model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
        if not model:
            raise EngineError(f"llama.cpp cannot load {path}: {self._log.last_error()}")
        return model

    def _open_context(self, n_ctx: int) -> Any:
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = n_ctx
        params.n_batch = params.n_ubatch = min(BATCH, n_ctx)
        params.no_perf = False
        context = llama_cpp.llama_init_from_model(self._model, params)
        if not context:
            raise EngineError(
                f"llama.cpp has no room for a context of {n_ctx} tokens: {self._log.last_error()}"
            )
        return context

    def _install_abort_callback(self) -> None:
        # llama.cpp asks after every step of its graph, a thousand times a token. C's own strlen is the
        # cheapest honest answer: 0 (go on) for an empty buffer, 1 (abort) for one character in it, and
        # no Python runs in between.
        strlen = ctypes.cast(ctypes.CDLL(None).strlen, llama_cpp.ggml_abort_callback)
        llama_cpp.llama_set_abort_callback(self._context, strlen, ctypes.cast(self._abort, ctypes.c_void_p))

    @property
    def chat_template(self) -> str | None:
        """The Jinja template that the file carries, if any."""
        template = llama_cpp.llama_model_chat_template(self._model, None)
        return template.decode(errors="replace") if template else None

    def cancel(self) -> None:
        """End the running generation within milliseconds, in its prompt too. Callable from any thread."""
        self._abort.value = b"x"

    def clear_cancel(self) -> None:
        """Forget an earlier `cancel`; to be called before each generation."""
        self._abort.value = b""

    def generate(
        self, tokens: Sequence[int], sampling: Sampling, threads: int, reuse: bool
    ) -> Iterator[Event]:
        """Answer a prompt: PromptProgress, then Text, and last Done. `reuse` keeps a common prefix cached."""
        started = time.perf_counter()
        if not tokens:
            raise EngineError("The prompt is empty.")
        llama_cpp.llama_set_n_threads(self._context, threads, threads)
        reused = self._forget_all_but_common(tokens, reuse)
        stream = TextStream(sampling.stop, started)
        stop_reason: StopReason = "cancelled"
        n_out = 0
        prompt_complete = yield from self._read_prompt(tokens, reused)
        if prompt_complete:
            n_out, stop_reason = yield from self._write(sampling, stream)
        timing = Timing(
            ttft_s=stream.first_s,
            ttfo_s=stream.first_s,
            e2e_s=stream.last_s,
            n_prompt=len(tokens),
            n_prompt_reused=reused,
            n_out=n_out,
            threads=threads,
        )
        yield Done(stop_reason=stop_reason, timing=timing, memory=self.memory())

    def memory(self) -> Memory:
        """What this process, and in it each of llama.cpp's buffers, holds now."""
        return Memory(
            peak_rss=peak_rss(),
            pss=pss(),
            weights=self._log.buffer_bytes("model"),
            kv_cache=self._log.buffer_bytes("KV"),
            compute=self._log.buffer_bytes("compute"),
        )

    def _forget_all_but_common(self, tokens: Sequence[int], reuse: bool) -> int:
        """Cut the cache to the prefix it shares with `tokens`; at least one token is always read anew."""
        common = 0
        if reuse:
            limit = min(len(tokens) - 1, len(self._cached))
            while common < limit and tokens[common] == self._cached[common]:
                common += 1
        # A model whose cache cannot be cut in the middle (recurrent ones) starts afresh.
        if not llama_cpp.llama_memory_seq_rm(self._memory, 0, common, -1):
            llama_cpp.llama_memory_clear(self._memory, True)
            common = 0
        del self._cached[common:]
        return common

    def _read_prompt(self, tokens: Sequence[int], reused: int) -> Generator[Event, None, bool]:
        """Fill the cache with the prompt; returns whether it was read to its end."""
        for start in range(reused, len(tokens), self._n_batch):
            if not self._decode(tokens[start : start + self._n_batch]):
                return False
            yield PromptProgress(done=len(self._cached), total=len(tokens))
        return True

    def _write(
        self, sampling: Sampling, stream: TextStream
    ) -> Generator[Event, None, tuple[int, StopReason]]:
        """Sample until there is a reason to stop; returns the number of tokens and the reason."""
        sampler = _sampler(sampling)
        try:
            n_out = 0
            while True:
                token = llama_cpp.llama_sampler_sample(sampler, self._context, -1)
                if llama_cpp.llama_vocab_is_eog(self.vocab, token):
                    reason: StopReason = "end"
                    break
                n_out += 1
                if piece := stream.add(self._piece(token)):
                    yield Text(piece)
                if stream.stopped:
                    reason = "stop"
                    break
                if n_out == sampling.max_tokens:
                    reason = "max_tokens"
                    break
                if len(self._cached) == self.n_ctx:
                    reason = "context"
                    break
                if not self._decode([token]):
                    reason = "cancelled"
                    break
        finally:
            llama_cpp.llama_sampler_free(sampler)
        if piece := stream.finish():
            yield Text(piece)
        return n_out, reason

    def _decode(self, tokens: Sequence[int]) -> bool:
        """Run the model over `tokens`; False if it was cancelled, with the cache as before."""
        batch = (llama_cpp.llama_token * len(tokens))(*tokens)
        status = llama_cpp.llama_decode(self._context, llama_cpp.llama_batch_get_one(batch, len(tokens)))
        if status == ABORTED:
            llama_cpp.llama_memory_seq_rm(self._memory, 0, len(self._cached), -1)
            return False
        if status != 0:
            raise EngineError(f"llama.cpp stopped with status {status}: {self._log.last_error()}")
        self._cached.extend(tokens)
        return True

    def _piece(self, token: int) -> bytes:
        """The bytes a token stands for, possibly a part of a character; special tokens stand for none."""
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            written = llama_cpp.llama_token_to_piece(self.vocab, token, buffer, size, 0, False)
            if written >= 0:
                return buffer.raw[:written]
            size = -written


def _sampler(sampling: Sampling) -> Any:
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    if sampling.temperature == 0:
        steps = [llama_cpp.llama_sampler_init_greedy()]
    else:
        steps = [
            llama_cpp.llama_sampler_init_top_k(sampling.top_k),
            llama_cpp.llama_sampler_init_top_p(sampling.top_p, 1),
            llama_cpp.llama_sampler_init_temp(sampling.temperature),
            llama_cpp.llama_sampler_init_dist(sampling.seed),
        ]
    for step in steps:
        llama_cpp.llama_sampler_chain_add(chain, step)
    return chain
