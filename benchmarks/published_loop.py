"""The published experiment's way to answer: LangChain's LlamaCpp in a chain, its defaults kept.

`python -m benchmarks.published_loop FILE N_CTX N_OUT` reads the prompt as JSON from standard input, and
prints {"e2e_s", "n_out", "n_batch", "n_threads"}. The defaults are n_batch 8 and half of the cores;
the experiment sets the context, the answer's length and the temperature, as here.
"""

import json
import sys
import time

from langchain_community.llms import LlamaCpp
from langchain_core.prompts import PromptTemplate


def main() -> None:
    """One warm-up, then one whole answer."""
    path, n_ctx, n_out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    text = json.load(sys.stdin)
    model = LlamaCpp(model_path=path, n_ctx=n_ctx, max_tokens=n_out, temperature=0.7, seed=42, verbose=False)
    chain = PromptTemplate.from_template("{text}") | model
    model.client.create_completion("Hello", max_tokens=2)
    model.client.reset()
    started = time.perf_counter()
    answer = chain.invoke({"text": text})
    e2e_s = time.perf_counter() - started
    written = len(model.client.tokenize(answer.encode(), add_bos=False))
    threads = model.client.context_params.n_threads
    print(json.dumps({"e2e_s": e2e_s, "n_out": written, "n_batch": model.n_batch, "n_threads": threads}))


if __name__ == "__main__":
    main()
