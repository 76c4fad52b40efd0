"""The process that holds one stand-in and reads and writes tokens on request, with llama.cpp and little else.

`python -m models.probe.probe_worker FILE N_CTX THREADS`, started by `probe`, its only client. Each line
"PROMPT OUT" on standard input asks for one run from an empty cache; each reply is a line of JSON. It ends
with its input. The loop is the one that `generator.llama.engine` runs, without text.
"""

import ctypes
import json
import os
import random
import sys
import time
from typing import Any

import llama_cpp

# As generator.llama.engine does.
BATCH = 512


def main() -> None:
    """Load the model, reply {"vocabulary"} or {"failed"}, then serve."""
    path, n_ctx, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    # llama.cpp may print: what it prints must not mix with the replies.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    errors: list[str] = []

    def keep_errors(level: int, text: bytes, _: ctypes.c_void_p) -> None:
        if level == 4:
            errors.append(text.decode(errors="replace").strip())

    log = llama_cpp.llama_log_callback(keep_errors)
    llama_cpp.llama_log_set(log, ctypes.c_void_p(0))
    model, context = _load(path, n_ctx, threads)
    if not context:
        print(json.dumps({"failed": errors[0] if errors else "it gave no reason"}), file=replies)
        return
    vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    print(json.dumps({"vocabulary": vocabulary}), file=replies)
    rng = random.Random(0)
    for line in sys.stdin:
        n_prompt, n_out = map(int, line.split())
        prompt = [rng.randrange(vocabulary) for _ in range(n_prompt)]
        print(json.dumps(_run(context, prompt, n_out)), file=replies)


def _load(path: str, n_ctx: int, threads: int) -> tuple[Any, Any]:
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_default_params()
    params.load_mode = llama_cpp.LLAMA_LOAD_MODE_NONE
    model = llama_cpp.llama_model_load_from_file(path.encode(), params)
    if not model:
        return None, None
    settings = llama_cpp.llama_context_default_params()
    settings.n_ctx = n_ctx
    settings.n_batch = settings.n_ubatch = min(BATCH, n_ctx)
    settings.n_outputs_max = 1
    settings.n_threads = settings.n_threads_batch = threads
    return model, llama_cpp.llama_init_from_model(model, settings)


def _run(context: Any, prompt: list[int], n_out: int) -> dict[str, Any]:
    """Seconds for the prompt and its first token, and for each further token."""
    llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
    sampler = default_sampler()
    started = time.perf_counter()
    for start in range(0, len(prompt), BATCH):
        decode(context, prompt[start : start + BATCH])
    token = llama_cpp.llama_sampler_sample(sampler, context, -1)
    prefill_s = time.perf_counter() - started
    token_s = []
    for _ in range(n_out):
        started = time.perf_counter()
        decode(context, [token])
        token = llama_cpp.llama_sampler_sample(sampler, context, -1)
        token_s.append(time.perf_counter() - started)
    llama_cpp.llama_sampler_free(sampler)
    return {"prefill_s": prefill_s, "token_s": token_s}


def decode(context: Any, tokens: list[int]) -> None:
    """Run the model over the tokens, with nothing around it; benchmarks.bare_loop is made of it too."""
    array = (llama_cpp.llama_token * len(tokens))(*tokens)
    if llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(array, len(tokens))) != 0:
        raise RuntimeError("llama_decode failed")


def default_sampler() -> Any:
    """The settings' defaults: choosing a token takes time as well. To be freed."""
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    for step in (
        llama_cpp.llama_sampler_init_top_k(40),
        llama_cpp.llama_sampler_init_top_p(0.95, 1),
        llama_cpp.llama_sampler_init_temp(0.7),
        llama_cpp.llama_sampler_init_dist(42),
    ):
        llama_cpp.llama_sampler_chain_add(chain, step)
    return chain


if __name__ == "__main__":
    main()
