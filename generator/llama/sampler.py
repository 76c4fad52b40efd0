"""llama.cpp's samplers: how the next token is chosen. Knows nothing of texts or prompts."""

import ctypes
from typing import Any

import llama_cpp
import numpy as np

from generator.events import Sampling
from generator.llama.engine_log import EngineError

# A candidate as llama.cpp's C interface has it (llama_token_data).
_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class Sampler:
    """Chooses the tokens of one answer; to be closed. Raises EngineError for a grammar that is none."""

    def __init__(self, sampling: Sampling, vocab: Any) -> None:
        self._size = llama_cpp.llama_vocab_n_tokens(vocab)
        steps = [_grammar(sampling.grammar, vocab)] if sampling.grammar else []
        self._bound = bool(steps)
        if sampling.temperature == 0:
            steps.append(llama_cpp.llama_sampler_init_greedy())
        else:
            steps += [
                llama_cpp.llama_sampler_init_top_k(sampling.top_k),
                llama_cpp.llama_sampler_init_top_p(sampling.top_p, 1),
                llama_cpp.llama_sampler_init_temp(sampling.temperature),
                llama_cpp.llama_sampler_init_dist(sampling.seed),
            ]
        self._chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
        for step in steps:
            llama_cpp.llama_sampler_chain_add(self._chain, step)

    def sample(self, context: Any, index: int = -1) -> int:
        """The next token, by the logits of the batch's token `index` (-1: the last).

        Raises EngineError if the vocabulary has none that the grammar allows.
        """
        if not self._bound:
            return int(llama_cpp.llama_sampler_sample(self._chain, context, index))
        candidates = np.zeros(self._size, _CANDIDATE)
        candidates["id"] = np.arange(self._size)
        candidates["logit"] = np.ctypeslib.as_array(
            llama_cpp.llama_get_logits_ith(context, index), shape=(self._size,)
        )
        array = llama_cpp.llama_token_data_array(
            data=candidates.ctypes.data_as(llama_cpp.llama_token_data_p), size=self._size, selected=-1
        )
        llama_cpp.llama_sampler_apply(self._chain, ctypes.byref(array))
        chosen = array.data[array.selected]
        # llama.cpp would take one that it has just forbidden, and abort the process over it.
        if array.selected < 0 or not np.isfinite(chosen.logit):
            raise EngineError("The model has no token that goes on as its answer's grammar wants it.")
        llama_cpp.llama_sampler_accept(self._chain, chosen.id)
        return int(chosen.id)

    def close(self) -> None:
        """Free the samplers."""
        llama_cpp.llama_sampler_free(self._chain)


def _grammar(text: str, vocab: Any) -> Any:
    # C would read as far as a NUL, and take the rest for missing.
    step = None if "\0" in text else llama_cpp.llama_sampler_init_grammar(vocab, text.encode(), b"root")
    if not step:
        raise EngineError("llama.cpp does not understand the grammar that the answer shall obey.")
    return step
