"""Speed against the limit: the Generator's worker, a bare llama.cpp loop and the published loop, one file.

    python -m benchmarks.generation --model FILE [--rounds 3]

About 300 prompt and 300 answer tokens; the three take turns, each run in a fresh process; ratios of
medians. The last line is JSON: `prefill_ratio` and `decode_ratio` (ours / bare loop, higher is better),
`speedup_vs_published` (whole answers, tokens per second, ours / published), `bandwidth_limit_share` (decode
rate x weights / memory bandwidth), `peak_gib`, `predicted_error` (predicted / measured process memory - 1),
`counter_prefill_error` and `counter_decode_error` (our seconds / llama.cpp's own in the same run - 1, for the
prompt and for a token of the answer).
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.bandwidth import memory_bandwidth
from generator.cores import usable_cores
from generator.events import Done, Loaded, Message, Sampling
from generator.worker_process import WorkerProcess
from models.header import read_header
from models.memory import predict_memory

N_CTX = 1024
WORDS = "The battery lasts two days and the case is sturdy, but the zip broke after a month of use. "

console = Console()


def main(
    model: Annotated[Path, typer.Option(help="A GGUF file.")],
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    prompt_tokens: Annotated[int, typer.Option(min=16, max=600)] = 300,
    answer_tokens: Annotated[int, typer.Option(min=16, max=400)] = 300,
) -> None:
    """Measure, print a line per run, and the ratios."""
    text, tokens = _prompt(model, prompt_tokens)
    ours, bare, published = [], [], []
    for number in range(rounds):
        ours.append(_ours(model, tokens, answer_tokens))
        console.print(f"round {number + 1}: ours", ours[-1])
        bare.append(_peer("bare_loop", model, tokens, ours[-1].timing.n_out or 0))
        console.print(f"round {number + 1}: bare", bare[-1])
        published.append(_peer("published_loop", model, text, answer_tokens))
        console.print(f"round {number + 1}: published", published[-1])
    header = read_header(model)
    bandwidth = memory_bandwidth()
    decode = median(done.timing.decode_tok_s or 0 for done in ours)
    peak = median(done.memory.peak_rss for done in ours if done.memory)
    our_prefill = median(done.timing.ttft_s or 0 for done in ours)
    our_rate = median(done.timing.e2e_tok_s or 0 for done in ours)
    bare_decode = median((run["n_out"] - 1) / run["decode_s"] for run in bare)
    result = {
        "model": model.name,
        "rounds": rounds,
        "prompt_tokens": len(tokens),
        "answer_tokens": ours[0].timing.n_out,
        "prefill_ratio": median(run["prefill_s"] for run in bare) / our_prefill,
        "decode_ratio": decode / bare_decode,
        "speedup_vs_published": our_rate / median(run["n_out"] / run["e2e_s"] for run in published),
        "published_defaults": {key: published[0][key] for key in ("n_batch", "n_threads")},
        "decode_tok_s": decode,
        "prefill_tok_s": median(done.timing.prefill_tok_s or 0 for done in ours),
        "bandwidth_gib_s": bandwidth / 2**30,
        "bandwidth_limit_share": decode * header.weight_bytes / bandwidth,
        "peak_gib": peak / 2**30,
        "counter_prefill_error": median(map(_prefill_error, ours)),
        "counter_decode_error": median(map(_decode_error, ours)),
        "predicted_error": predict_memory(header, N_CTX).process / peak - 1,
    }
    print(json.dumps(result))


def _prompt(model: Path, length: int) -> tuple[str, list[int]]:
    """A text of about `length` tokens, and its tokens."""
    worker = WorkerProcess(model, N_CTX)
    try:
        _load(worker)
        text = WORDS
        while len(worker.tokenize([Message("user", text + WORDS)])) <= length:
            text += WORDS
        return text, worker.tokenize([Message("user", text)])
    finally:
        worker.close()


def _ours(model: Path, tokens: list[int], n_out: int) -> Done:
    worker = WorkerProcess(model, N_CTX)
    try:
        _load(worker)
        sampling = Sampling(n_out, temperature=0.7, top_k=40, top_p=0.95, seed=42)
        list(worker.generate(tokens[:8], Sampling(1, 0, 40, 0.95, 42), usable_cores(), reuse=False))
        *_, done = worker.generate(tokens, sampling, usable_cores(), reuse=False)
        assert isinstance(done, Done)
        return done
    finally:
        worker.close()


def _prefill_error(done: Done) -> float:
    """Ours is the time to the first piece of text; llama.cpp's does not include sampling its token."""
    assert done.counters
    assert done.timing.ttft_s is not None
    return done.timing.ttft_s / done.counters.read_s - 1


def _decode_error(done: Done) -> float:
    """Time per token of each; llama.cpp's does not include sampling and handing out."""
    assert done.counters
    assert done.timing.tpot_s is not None
    return done.timing.tpot_s / (done.counters.written_s / done.counters.written) - 1


def _load(worker: WorkerProcess) -> None:
    *_, last = worker.load()
    assert isinstance(last, Loaded)


def _peer(module: str, model: Path, prompt: str | list[int], n_out: int) -> dict[str, Any]:
    command = [sys.executable, "-m", f"benchmarks.{module}", str(model), str(N_CTX), str(n_out)]
    done = subprocess.run(command, input=json.dumps(prompt).encode(), capture_output=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


if __name__ == "__main__":
    typer.run(main)
