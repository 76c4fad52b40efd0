"""Speed against the limit: the Generator's worker, a bare llama.cpp loop and the published loop, one file.

    python -m benchmarks.generation --model FILE [--rounds 5]

About 300 prompt and 300 answer tokens. Each holds the model in a process of its own and is warmed up; then
they take turns, each round in another order, and each ratio is the median of the rounds' ratios, so that a
machine that speeds up or slows down meanwhile does not count. The last line is JSON: `prefill_ratio` and
`decode_ratio` (ours / bare loop as it is started by itself, higher is better), `decode_ratio_same_pages`
(the bare loop too in the large memory pages that our workers ask for: what remains is the price of
streaming, counting and cancelling), `speedup_vs_published` (whole answers, tokens per second, ours /
published; it takes part in every second round), `bandwidth_limit_share` (decode rate x weights / memory
bandwidth), `peak_gib`, `predicted_error` (predicted / measured process
memory - 1), `counter_prefill_error` and `counter_decode_error` (our seconds / llama.cpp's own in the same
run - 1, for the prompt and for a token of the answer).
"""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

from benchmarks.bandwidth import memory_bandwidth
from config.command import console
from config.machine import usable_cores
from generator.backends.worker_process import WorkerProcess
from generator.events import Done, Loaded, Message, Sampling
from models.gguf.header import read_header
from models.llama_process import llama_environment
from models.memory.memory import predict_memory

app = typer.Typer(add_completion=False)

N_CTX = 1024
WORDS = "The battery lasts two days and the case is sturdy, but the zip broke after a month of use. "


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of each; `published` only in some rounds."""

    ours: Done
    bare: dict[str, Any]
    same_pages: dict[str, Any]
    published: dict[str, Any] | None


@app.command(help=__doc__)
def main(
    model: Annotated[Path, typer.Option(help="A GGUF file.")],
    rounds: Annotated[int, typer.Option(help="How often it is measured.", min=1)] = 5,
    prompt_tokens: Annotated[int, typer.Option(help="Tokens of the prompt.", min=16, max=600)] = 300,
    answer_tokens: Annotated[int, typer.Option(help="Tokens of an answer.", min=16, max=400)] = 300,
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
                "decode_ratio": median(_decode_ratio(result.ours, result.bare) for result in results),
                "decode_ratio_same_pages": median(
                    _decode_ratio(result.ours, result.same_pages) for result in results
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
    same_pages = Peer("bare_loop", model, answer_tokens, llama_environment())
    published = Peer("published_loop", model, answer_tokens)
    results = []
    try:
        _load(worker)
        text, tokens = _prompt(worker, prompt_tokens)
        # The peers warm themselves up before they read their first line.
        _ours(worker, tokens[:16], 2)
        for number in range(rounds):
            turns: list[Callable[[], Any]] = [
                lambda: _ours(worker, tokens, answer_tokens),
                lambda: bare.run(tokens),
                lambda: same_pages.run(tokens),
                lambda: published.run(text) if number % 2 == 0 else None,  # noqa: B023 - called at once
            ]
            measured: dict[int, Any] = {}
            for turn in sorted(range(4), key=lambda turn: (turn + number) % 4):
                measured[turn] = turns[turn]()
            results.append(Round(measured[0], measured[1], measured[2], measured[3]))
            console.print(f"round {number + 1}: {results[-1]}")
    finally:
        worker.close()
        bare.close()
        same_pages.close()
        published.close()
    return results


class Peer:
    """A loop in a process of its own that answers one line with one line."""

    def __init__(
        self, module: str, model: Path, n_out: int, env: dict[str, str] | None = None, *options: str
    ) -> None:
        command = [sys.executable, "-m", f"benchmarks.{module}", str(model), str(N_CTX), str(n_out), *options]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=env,
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


def _decode_ratio(ours: Done, bare: dict[str, Any]) -> float:
    seconds_per_token: float = bare["decode_s"] / (bare["n_out"] - 1)
    return _decode_rate(ours) * seconds_per_token


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
    app()
