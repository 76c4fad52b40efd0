"""The published experiment's way to answer: LangChain's LlamaCpp in a chain, its defaults kept.

`python -m benchmarks.published_loop FILE N_CTX N_OUT [keep]` reads prompts, each a line with a JSON string,
from standard input, and answers each with a line {"e2e_s", "n_out", "n_batch", "n_threads"}. The defaults are
n_batch 8 and half of the cores; the experiment sets the context, the answer's length and the temperature.
With `keep` a prompt finds in the cache what the one before it began with, as in the experiment's own loop.
"""

import json
import sys
import time

from langchain_community.llms import LlamaCpp
from langchain_core.prompts import PromptTemplate


def main() -> None:
    """For each prompt, one whole answer."""
    path, n_ctx, n_out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    keep = sys.argv[4:] == ["keep"]
    model = LlamaCpp(model_path=path, n_ctx=n_ctx, max_tokens=n_out, temperature=0.7, seed=42, verbose=False)
    chain = PromptTemplate.from_template("{text}") | model
    model.client.create_completion("Hello", max_tokens=2)  # the warm-up
    for line in sys.stdin:
        text = json.loads(line)
        if not keep:
            model.client.reset()
        started = time.perf_counter()
        chain.invoke({"text": text})
        e2e_s = time.perf_counter() - started
        # Counted in its context, which lacks the last token: tokenizing the answer anew counts others.
        written = model.client.n_tokens - len(model.client.tokenize(text.encode())) + 1
        threads = model.client.context_params.n_threads
        run = {"e2e_s": e2e_s, "n_out": written, "n_batch": model.n_batch, "n_threads": threads}
        print(json.dumps(run), flush=True)


if __name__ == "__main__":
    main()
