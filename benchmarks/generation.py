"""Speed against the limit: the Generator's worker, a bare llama.cpp loop and the published loop, one file.

    python -m benchmarks.generation --model FILE [--rounds 5]

About 300 prompt and 300 answer tokens. Each of the three holds the model in a process of its own and is
warmed up; then they take turns, and each ratio is the median of the rounds' ratios, so that a machine
that speeds up or slows down meanwhile does not count. The last line is JSON: `prefill_ratio` and
`decode_ratio` (ours / bare loop, higher is better), `speedup_vs_published` (whole answers, tokens per
second, ours / published; the published loop takes part in every second round), `bandwidth_limit_share`
(decode rate x weights / memory bandwidth), `peak_gib`, `predicted_error` (predicted / measured process
memory - 1), `counter_prefill_error` and `counter_decode_error` (our seconds / llama.cpp's own in the same
run - 1, for the prompt and for a token of the answer).
"""

import json
import subprocess
import sys
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of each; `published` only in some rounds."""

    ours: Done
    bare: dict[str, Any]
    published: dict[str, Any] | None


def main(
    model: Annotated[Path, typer.Option(help="A GGUF file.")],
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    prompt_tokens: Annotated[int, typer.Option(min=16, max=600)] = 300,
    answer_tokens: Annotated[int, typer.Option(min=16, max=400)] = 300,
) -> None:
    """Measure, print a line per round, and the ratios."""
    header = read_header(model)
    results = _measure(model, rounds, prompt_tokens, answer_tokens)
    bandwidth = memory_bandwidth()
    ours = [result.ours for result in results]
    decode = median(_decode_rate(done) for done in ours)
    peak = median(done.memory.peak_rss for done in ours if done.memory)
    published = [result.published for result in results if result.published]
    print(
        json.dumps(
            {
                "model": model.name,
                "rounds": rounds,
                "prompt_tokens": ours[0].timing.n_prompt,
                "answer_tokens": ours[0].timing.n_out,
                "prefill_ratio": median(
                    result.bare["prefill_s"] / (result.ours.timing.ttft_s or 0) for result in results
                ),
                "decode_ratio": median(
                    _decode_rate(result.ours) * result.bare["decode_s"] / (result.bare["n_out"] - 1)
                    for result in results
                ),
                "speedup_vs_published": median(
                    (result.ours.timing.e2e_tok_s or 0)
                    * result.published["e2e_s"]
                    / result.published["n_out"]
                    for result in results
                    if result.published
                ),
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
        )
    )


def _measure(model: Path, rounds: int, prompt_tokens: int, answer_tokens: int) -> list[Round]:
    worker = WorkerProcess(model, N_CTX)
    bare = Peer("bare_loop", model, answer_tokens)
    published = Peer("published_loop", model, answer_tokens)
    results = []
    try:
        _load(worker)
        text, tokens = _prompt(worker, prompt_tokens)
        # The peers warm themselves up before they read their first line.
        _ours(worker, tokens[:16], 2)
        for number in range(rounds):
            ours = _ours(worker, tokens, answer_tokens)
            result = Round(ours, bare.run(tokens), published.run(text) if number % 2 == 0 else None)
            results.append(result)
            console.print(f"round {number + 1}: ours {ours.timing}\n  bare {result.bare}")
            console.print(f"  published {result.published}")
    finally:
        worker.close()
        bare.close()
        published.close()
    return results


class Peer:
    """A loop in a process of its own that answers one line with one line."""

    def __init__(self, module: str, model: Path, n_out: int) -> None:
        command = [sys.executable, "-m", f"benchmarks.{module}", str(model), str(N_CTX), str(n_out)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def run(self, prompt: str | list[int]) -> dict[str, Any]:
        """Its figures for one answer to this prompt."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(prompt) + "\n")
        self._process.stdin.flush()
        result: dict[str, Any] = json.loads(self._process.stdout.readline())
        return result

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


def _prompt(worker: WorkerProcess, length: int) -> tuple[str, list[int]]:
    """A text of about `length` tokens, and its tokens."""
    text = WORDS
    while len(worker.tokenize([Message("user", text + WORDS)])) <= length:
        text += WORDS
    return text, worker.tokenize([Message("user", text)])


def _ours(worker: WorkerProcess, tokens: list[int], n_out: int) -> Done:
    sampling = Sampling(n_out, temperature=0.7, top_k=40, top_p=0.95, seed=42)
    *_, done = worker.generate(tokens, sampling, usable_cores(), reuse=False)
    assert isinstance(done, Done)
    return done


def _decode_rate(done: Done) -> float:
    return done.timing.decode_tok_s or 0


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


if __name__ == "__main__":
    typer.run(main)
