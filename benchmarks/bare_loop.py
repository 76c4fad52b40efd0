"""A bare llama.cpp decode loop: the limit that the Generator is held against.

`python -m benchmarks.bare_loop FILE N_CTX N_OUT` reads prompts, each a line with a JSON list of tokens, from
standard input, and answers each with a line {"prefill_s", "decode_s", "n_out"}. No text, no figures, no
cancelling: only decode and sample.
"""

import json
import sys
import time
from typing import Any

import llama_cpp

from config.machine import usable_cores
from models.probe.probe_worker import decode, default_sampler


def main() -> None:
    """For each prompt, `N_OUT` tokens with the sampling of the settings' defaults."""
    path, n_ctx, n_out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    model_params = llama_cpp.llama_model_default_params()
    model_params.load_mode = llama_cpp.LLAMA_LOAD_MODE_NONE
    model = llama_cpp.llama_model_load_from_file(path.encode(), model_params)
    params = llama_cpp.llama_context_default_params()
    params.n_ctx = n_ctx
    params.n_batch = params.n_ubatch = 512
    params.n_threads = params.n_threads_batch = usable_cores()
    context = llama_cpp.llama_init_from_model(model, params)
    chain = default_sampler()
    _answer(context, chain, [1] * 16, 2)  # the warm-up
    for line in sys.stdin:
        print(json.dumps(_answer(context, chain, json.loads(line), n_out)), flush=True)


def _answer(context: int, chain: Any, prompt: list[int], n_out: int) -> dict[str, float]:
    llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
    started = time.perf_counter()
    decode(context, prompt)
    token = llama_cpp.llama_sampler_sample(chain, context, -1)
    prefilled = time.perf_counter()
    for _ in range(n_out - 1):
        decode(context, [token])
        token = llama_cpp.llama_sampler_sample(chain, context, -1)
    ended = time.perf_counter()
    return {"prefill_s": prefilled - started, "decode_s": ended - prefilled, "n_out": n_out}


if __name__ == "__main__":
    main()
