"""One GGUF model and its context in llama.cpp: its vocabulary, its buffers, and what stops and speeds it.

Knows llama.cpp's C interface; knows nothing of answers. `engine` writes one at a time with it,
`batch_engine` several.
"""

import ctypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import llama_cpp

from generator.events import Adapter, Loaded
from generator.llama.engine_log import EngineError, EngineLog, engine_version
from generator.llama.process_memory import peak_rss, pss
from generator.llama.tokens import chat_template
from generator.llama.turn_end import TurnEnd, turn_end
from generator.measured import Memory
from generator.reasoning_tags import CHANNEL, END, FINAL, MARKS, MESSAGE, ROLE, START, Tags, known, left_open

# llama.cpp's own default: prompts are read in pieces of this many tokens, with progress in between.
BATCH = 512
# Pieces of fewer tokens give logits that differ in the last digits from those of a longer piece (seen with
# SmolLM2's Q4_1 and llama-cpp-python 0.3.36 on a CPU), so no prompt ends in one that need not.
SHORTEST_PIECE = 8
ABORTED = 2
# llama.cpp rounds a context up to a multiple of this many tokens.
_CONTEXT_STEP = 256
# Tokens at the end of a prompt, among which a tag of reasoning and white space have room.
_LONGEST_MARK = 48


def reusable(prompt: Sequence[int]) -> Sequence[int]:
    """What of a prompt may come from the cache: logits are not in it, so its end is always read anew."""
    return prompt[: max(len(prompt) - SHORTEST_PIECE, 0)]


def piece_of(unread: Sequence[int], most: int) -> Sequence[int]:
    """The next tokens of a prompt to be read, at most `most`, so that no rest is too short a piece."""
    rest = len(unread) - most
    if 0 < rest < SHORTEST_PIECE and most > SHORTEST_PIECE:
        return unread[: most - SHORTEST_PIECE]
    return unread[:most]


class LlamaModel:
    """A loaded model with a context for `sequences` texts of `n_ctx` tokens each.

    Thread-safe are `cancel`, `set_threads`, and all that asks for the vocabulary.
    """

    def __init__(
        self,
        path: Path,
        n_ctx: int,
        on_progress: Callable[[float], None],
        sequences: int = 1,
        adapter: Adapter | None = None,
    ) -> None:
        self._log = EngineLog()
        llama_cpp.llama_backend_init()
        self._model = self._load(path, on_progress)
        self.vocab = llama_cpp.llama_model_get_vocab(self._model)
        self._context = self._open_context(n_ctx, sequences)
        if adapter:
            self._attach(adapter)
        self._memory = llama_cpp.llama_get_memory(self._context)
        self.n_ctx: int = llama_cpp.llama_n_ctx(self._context) // sequences
        self._n_batch: int = llama_cpp.llama_n_batch(self._context)
        # Each tag of a reasoning block is one token in a vocabulary that knows it.
        self._tags = self._read_tags()
        self._turn_end = self._read_turn_end()
        self._threads = 1
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

    def _open_context(self, n_ctx: int, sequences: int) -> Any:
        params = llama_cpp.llama_context_default_params()
        params.n_ctx = n_ctx if sequences == 1 else sequences * -(-n_ctx // _CONTEXT_STEP) * _CONTEXT_STEP
        params.n_batch = params.n_ubatch = min(BATCH, params.n_ctx)
        params.n_seq_max = sequences
        # To each text cells of its own: in a pool, each would be compared with those of all.
        params.kv_unified = False
        # Only a prompt's last token is sampled from: the others' logits need no room (models.memory.dry_run).
        params.n_outputs_max = sequences
        params.no_perf = False
        context = llama_cpp.llama_init_from_model(self._model, params)
        if not context:
            raise EngineError(
                f"llama.cpp has no room for a context of {params.n_ctx} tokens: {self._log.last_error()}"
            )
        return context

    def _attach(self, adapter: Adapter) -> None:
        loaded = llama_cpp.llama_adapter_lora_init(self._model, str(adapter.path).encode())
        if not loaded:
            raise EngineError(f"llama.cpp cannot load {adapter.path}: {self._log.last_error()}")
        # It belongs to the model from now on.
        adapters = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(loaded)
        scales = (ctypes.c_float * 1)(adapter.scale)
        if llama_cpp.llama_set_adapters_lora(self._context, adapters, 1, scales) != 0:
            raise EngineError(f"llama.cpp cannot use {adapter.path}: {self._log.last_error()}")

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
        return known(self.chat_template or "", self._tags.values())

    @property
    def turn_stops(self) -> tuple[str, ...]:
        """The end of a turn by the chat template, as text, where the file does not name it an end."""
        return self._turn_end.stops

    def ends(self, token: int) -> bool:
        """Whether the token ends an answer, by the file's header or by its chat template."""
        return self._ends_by_header(token) or token == self._turn_end.token

    @property
    def loaded(self) -> Loaded:
        """What there is to know of it before anything is asked."""
        return Loaded(
            n_ctx=self.n_ctx,
            chat=self.chat_template is not None,
            reasons=self.reasons,
            engine=engine_version(),
        )

    def tokenize(self, text: str) -> list[int]:
        """The tokens of a piece of text, without a BOS; special tokens in it count as such."""
        data = text.encode()
        buffer = (llama_cpp.llama_token * (len(data) + 8))()
        # Some vocabularies spell a space, which is put in front too, with three tokens.
        count = llama_cpp.llama_tokenize(self.vocab, data, len(data), buffer, len(buffer), False, True)
        return list(buffer[: max(count, 0)])

    def piece(self, token: int, special: bool = True) -> bytes:
        """The bytes a token stands for, possibly a part of a character; special ones only if asked for."""
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            written = llama_cpp.llama_token_to_piece(self.vocab, token, buffer, size, 0, special)
            if written >= 0:
                return buffer.raw[:written]
            size = -written

    def visible(self, token: int) -> bytes:
        """The bytes of a token that the model wrote; none of special ones, but for tags of reasoning."""
        tag = self._tags.get(token)
        return tag.encode() if tag else self.piece(token, special=False)

    def left_open(self, tokens: Sequence[int]) -> Tags | None:
        """The tags of the reasoning block that the prompt has opened, as some templates do themselves."""
        return left_open(self._last_text(tokens))

    def without_reasoning(self, tokens: Sequence[int]) -> Sequence[int]:
        """The prompt, and what makes the model answer at once: an open block is closed again."""
        tags = self.left_open(tokens)
        if tags:
            answer = "" if tags.then else "\n\n"
            return [*tokens, *self.tokenize(tags.closing + answer)]
        if CHANNEL in self._tags.values() and self._last_text(tokens).rstrip().endswith(ROLE):
            return [*tokens, *self.tokenize(FINAL)]
        return tokens

    def _last_text(self, tokens: Sequence[int]) -> str:
        # Where the vocabulary does not know a tag, it takes up to a token per character.
        return b"".join(map(self.piece, tokens[-_LONGEST_MARK:])).decode(errors="replace")

    def _ends_by_header(self, token: int) -> bool:
        return bool(llama_cpp.llama_vocab_is_eog(self.vocab, token))

    def _read_tags(self) -> dict[int, str]:
        tags = {}
        for tag in MARKS:
            first, *more = self.tokenize(tag) or [-1]
            shown = self.piece(first) if first >= 0 else b""
            # Of a tag in several tokens the first may be a control token, which would be hidden.
            begins = shown and tag.encode().startswith(shown)
            if begins and (not more or not self.piece(first, special=False)):
                tags[first] = shown.decode()
        if CHANNEL in tags.values():
            return tags
        # The other marks of gpt-oss are other models' ends of turns.
        others = {END, START, MESSAGE}
        return {token: tag for token, tag in tags.items() if tag not in others}

    def _read_turn_end(self) -> TurnEnd:
        template = chat_template(self)
        return turn_end(template, self.tokenize, self._ends_by_header) if template else TurnEnd()

    def cancel(self) -> None:
        """Stop what llama.cpp computes now, within milliseconds. Callable from any thread."""
        self._abort.value = b"x"

    def clear_cancel(self) -> None:
        """Forget an earlier `cancel`."""
        self._abort.value = b""

    def set_threads(self, threads: int) -> None:
        """Use so many threads from the next token or batch on. Callable from any thread."""
        self._threads = threads

    def memory(self) -> Memory:
        """What this process, and in it each of llama.cpp's buffers, holds now."""
        return Memory(
            peak_rss=peak_rss(),
            pss=pss(),
            weights=self._log.buffer_bytes("model") + self._log.buffer_bytes("LoRA"),
            kv_cache=self._log.buffer_bytes("KV"),
            compute=self._log.buffer_bytes("compute"),
        )

    def _run(self, batch: Any) -> bool:
        """Run the model over a batch; False if it was cancelled. Raises EngineError."""
        threads = self._threads
        llama_cpp.llama_set_n_threads(self._context, threads, threads)
        status = llama_cpp.llama_decode(self._context, batch)
        if status not in (0, ABORTED):
            raise EngineError(f"llama.cpp stopped with status {status}: {self._log.last_error()}")
        return bool(status == 0)
