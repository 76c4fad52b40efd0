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

from generator.answer_stream import CLOSE, OPEN, AnswerStream
from generator.engine_log import EngineError, EngineLog
from generator.events import Counters, Done, Event, Memory, PromptProgress, Sampling, StopReason, Timing
from generator.process_memory import peak_rss, pss
from generator.respell import common_length
from generator.sampler import Sampler

# llama.cpp's own default: prompts are read in pieces of this many tokens, with progress in between.
BATCH = 512
ABORTED = 2


class Engine:
    """A loaded model with one context of `n_ctx` tokens. Thread-safe are `cancel`, `set_threads`."""

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
        self.cached: list[int] = []
        # What a reasoning block is closed with; each tag is one token in a vocabulary that knows it.
        self._close = self.tokenize("\n" + CLOSE)
        self._tags = {
            token: tag
            for tag in (OPEN, CLOSE)
            for token in self.tokenize(tag)
            if self.piece(token) == tag.encode()
        }
        self._threads = self._fewest_threads = 1
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
        # Only a prompt's last token is sampled from: no logits need room for the others (models.dry_run).
        params.n_outputs_max = 1
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

    @property
    def reasons(self) -> bool:
        """Whether the vocabulary or the chat template knows reasoning blocks."""
        return bool(self._tags) or CLOSE in (self.chat_template or "")

    def tokenize(self, text: str) -> list[int]:
        """The tokens of a piece of text, without a BOS; special tokens in it count as such."""
        data = text.encode()
        buffer = (llama_cpp.llama_token * (len(data) + 8))()
        # Some vocabularies spell a space, which is put in front too, with three tokens.
        count = llama_cpp.llama_tokenize(self.vocab, data, len(data), buffer, len(buffer), False, True)
        return list(buffer[: max(count, 0)])

    def cancel(self) -> None:
        """End the running generation within milliseconds, in its prompt too. Callable from any thread."""
        self._abort.value = b"x"

    def set_threads(self, threads: int) -> None:
        """Use so many threads from the next token or batch on. Callable from any thread."""
        self._threads = threads

    def clear_cancel(self) -> None:
        """Forget an earlier `cancel`; to be called before each generation."""
        self._abort.value = b""

    def generate(
        self, tokens: Sequence[int], sampling: Sampling, threads: int, reuse: bool
    ) -> Iterator[Event]:
        """Answer a prompt: PromptProgress, pieces of text, Done. `reuse` keeps a common prefix cached."""
        self.set_threads(threads)
        self._fewest_threads = threads
        return self._generate(tokens, sampling, reuse)

    def _generate(self, tokens: Sequence[int], sampling: Sampling, reuse: bool) -> Iterator[Event]:
        started = time.perf_counter()
        if not tokens:
            raise EngineError("The prompt is empty.")
        llama_cpp.llama_perf_context_reset(self._context)
        if sampling.grammar and self._opens_reasoning(tokens):
            # A grammar leaves no room for reasoning: the block that the template opened is closed again.
            tokens = [*tokens, *self._close, *self.tokenize("\n\n")]
        reused = self._forget_all_but_common(tokens, reuse)
        stream = AnswerStream(sampling.stop, started, self._opens_reasoning(tokens))
        stop_reason: StopReason = "cancelled"
        prompt_complete = yield from self._read_prompt(tokens, reused)
        if prompt_complete:
            stop_reason = yield from self._write(sampling, stream)
        timing = Timing(
            ttft_s=stream.first_s,
            ttfo_s=stream.first_answer_s,
            e2e_s=stream.last_s,
            n_prompt=len(tokens),
            n_prompt_reused=reused,
            n_out=stream.n_tokens,
            threads=self._fewest_threads,
            n_reasoning=stream.n_reasoning,
        )
        yield Done(stop_reason, timing, self.memory(), self._counters())

    def _opens_reasoning(self, tokens: Sequence[int]) -> bool:
        """Whether the prompt ends with the opening tag, as some templates do themselves."""
        # Where the vocabulary does not know the tag, it takes up to a token per character.
        end = b"".join(map(self.piece, tokens[-len(OPEN) - 2 :]))
        return end.decode(errors="replace").rstrip().endswith(OPEN)

    def _counters(self) -> Counters:
        counted = llama_cpp.llama_perf_context(self._context)
        return Counters(
            read_s=counted.t_p_eval_ms / 1000,
            written_s=counted.t_eval_ms / 1000,
            read=counted.n_p_eval,
            written=counted.n_eval,
        )

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
        common = common_length(tokens[:-1], self.cached) if reuse else 0
        # A model whose cache cannot be cut in the middle (recurrent ones) starts afresh.
        if not llama_cpp.llama_memory_seq_rm(self._memory, 0, common, -1):
            llama_cpp.llama_memory_clear(self._memory, True)
            common = 0
        del self.cached[common:]
        return common

    def _read_prompt(self, tokens: Sequence[int], reused: int) -> Generator[Event, None, bool]:
        """Fill the cache with the prompt; returns whether it was read to its end."""
        for start in range(reused, len(tokens), self._n_batch):
            if not self._decode(tokens[start : start + self._n_batch]):
                return False
            yield PromptProgress(done=len(self.cached), total=len(tokens))
        return True

    def _write(self, sampling: Sampling, stream: AnswerStream) -> Generator[Event, None, StopReason]:
        """Sample until there is a reason to stop."""
        sampler = Sampler(sampling, self.vocab)
        limit = sampling.max_reasoning or self.n_ctx
        try:
            while True:
                token = sampler.sample(self._context)
                if llama_cpp.llama_vocab_is_eog(self.vocab, token):
                    reason: StopReason = "end"
                    break
                yield from stream.add(self._visible(token))
                if stream.stopped:
                    reason = "stop"
                    break
                if not stream.reasoning and stream.n_tokens - stream.n_reasoning >= sampling.max_tokens:
                    reason = "max_tokens"
                    break
                decoded = [token]
                if stream.reasoning and stream.n_reasoning >= limit:
                    yield from stream.close_reasoning()
                    decoded += self._close
                if len(self.cached) + len(decoded) > self.n_ctx:
                    reason = "context"
                    break
                if not self._decode(decoded):
                    reason = "cancelled"
                    break
        finally:
            sampler.close()
        yield from stream.finish()
        return reason

    def _decode(self, tokens: Sequence[int]) -> bool:
        """Run the model over `tokens`; False if it was cancelled, with the cache as before."""
        threads = self._threads
        self._fewest_threads = min(threads, self._fewest_threads)
        llama_cpp.llama_set_n_threads(self._context, threads, threads)
        batch = (llama_cpp.llama_token * len(tokens))(*tokens)
        status = llama_cpp.llama_decode(self._context, llama_cpp.llama_batch_get_one(batch, len(tokens)))
        if status == ABORTED:
            llama_cpp.llama_memory_seq_rm(self._memory, 0, len(self.cached), -1)
            return False
        if status != 0:
            raise EngineError(f"llama.cpp stopped with status {status}: {self._log.last_error()}")
        self.cached.extend(tokens)
        return True

    def _visible(self, token: int) -> bytes:
        """The bytes of a token that the model wrote; special tokens stand for none, except the tags."""
        tag = self._tags.get(token)
        return tag.encode() if tag else self.piece(token, special=False)

    def piece(self, token: int, special: bool = True) -> bytes:
        """The bytes a token stands for, possibly a part of a character; special ones only if asked for."""
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            written = llama_cpp.llama_token_to_piece(self.vocab, token, buffer, size, 0, special)
            if written >= 0:
                return buffer.raw[:written]
            size = -written
