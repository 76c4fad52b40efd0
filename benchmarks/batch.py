"""How much faster `python -m compare --throughput` finishes the same answers than the published loop.

    python -m benchmarks.batch --model FILE [--answers 20] [--tokens 300] [--published 4]

Like the published experiment: about each of ten products two questions, each with two whole reviews of its
own, a context of 1,024 tokens, temperature 0.7; the same prompts of about 300 tokens for both. The questions
have no passages in common, so that only the instructions before them are read once. The published loop
(benchmarks.published_loop, its defaults kept) answers the first `--published` of them one by one, a half
before ours and a half after, since a machine changes its speed; what is in its cache it need not read again.
Both have the model loaded and warmed up before they are timed.

The last line is JSON: `speedup_vs_published`, tokens of answers per second of ours by those of the published
loop; `at_once`, the answers in one batch; `prompt_tokens` (median); `read_share`, the share of the prompts'
tokens that was not shared; seconds and tokens of both.
"""

import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

from benchmarks.generation import N_CTX, Peer
from compare.plan.plan import Asking
from compare.plan.tasks import Task
from compare.run.throughput import answer_all, at_once
from config import ModelSpec, Settings
from config.command import console
from generator import Answer, Generator, PromptProgress
from generator.events import Message
from generator.prompts.prompt import answer_messages
from retriever.passage import Match, Passage

app = typer.Typer(add_completion=False)

QUESTIONS = ("What do people like about the product?", "What do people dislike about the product?")
LIKES = ("battery", "case", "screen", "strap", "sound", "handle", "zip", "motor", "manual", "price")
WORDS = "The {thing} held for {number} weeks, and my {other} was on it {times} times a day."


@app.command(help=__doc__)
def main(
    model: Annotated[Path, typer.Option(help="A GGUF file.")],
    answers: Annotated[int, typer.Option(help="Answers of ours.", min=2)] = 20,
    tokens: Annotated[int, typer.Option(help="Tokens of an answer.", min=2, max=400)] = 300,
    published: Annotated[int, typer.Option(help="Answers of the published loop.", min=1)] = 4,
    prompt_tokens: Annotated[int, typer.Option(help="Tokens of the prompt.", min=200, max=600)] = 300,
) -> None:
    """Measure, print a line per answer, and the ratio."""
    spec = ModelSpec(name=model.name, file=str(model.resolve()), n_ctx=N_CTX, max_tokens=tokens)
    peer = Peer("published_loop", model, tokens, None, "keep")
    try:
        with tempfile.TemporaryDirectory() as home:
            size = at_once(answers)
            with Generator(spec, Settings(home=Path(home)), at_once=size) as generator:
                askings = _askings(answers, _sentences(generator, prompt_tokens))
                texts = [_messages(asking)[0].content for asking in askings[:published]]
                before = _published(peer, texts[: -(-published // 2)])
                given, seconds = _ours(generator, askings)
                after = _published(peer, texts[-(-published // 2) :])
    finally:
        peer.close()
    print(json.dumps(_result(model.name, size, given, seconds, before + after)))


def _ours(generator: Generator, askings: Sequence[Asking]) -> tuple[list[Answer], float]:
    def ask(asking: Asking) -> Answer:
        return generator.answer(asking.task.question, asking.task.matches, mode="throughput")

    given = []
    started = time.perf_counter()
    for _, answer in answer_all(generator, askings, ask):
        assert isinstance(answer, Answer), answer
        given.append(answer)
        console.print(f"{time.perf_counter() - started:.1f} s: {answer.timing}")
    return given, time.perf_counter() - started


def _published(peer: Peer, texts: Sequence[str]) -> list[dict[str, Any]]:
    runs = []
    for text in texts:
        runs.append(peer.run(text))
        console.print("published:", runs[-1])
    return runs


def _result(
    model: str, size: int, given: Sequence[Answer], seconds: float, published: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    written = sum(answer.timing.n_out or 0 for answer in given)
    prompts = sum(answer.timing.n_prompt or 0 for answer in given)
    shared = sum(answer.timing.n_prompt_reused or 0 for answer in given)
    published_s, published_out = (
        sum(run["e2e_s"] for run in published),
        sum(run["n_out"] for run in published),
    )
    memory = given[-1].memory
    return {
        "model": model,
        "answers": len(given),
        "at_once": size,
        "prompt_tokens": median(answer.timing.n_prompt or 0 for answer in given),
        "read_share": 1 - shared / prompts,
        "seconds": seconds,
        "answer_tokens": written,
        "tok_s": written / seconds,
        "peak_gib": memory.peak_rss / 2**30 if memory else None,
        "published_answers": len(published),
        "published_seconds": published_s,
        "published_answer_tokens": published_out,
        "published_tok_s": published_out / published_s,
        "published_defaults": {key: published[0][key] for key in ("n_batch", "n_threads")},
        "speedup_vs_published": (written / seconds) / (published_out / published_s),
    }


def _askings(answers: int, sentences: int) -> list[Asking]:
    """Questions of made-up products; their two reviews together have so many sentences."""
    return [Asking(_task(number, sentences), 0) for number in range(answers)]


def _task(number: int, sentences: int) -> Task:
    texts = [_review(2 * number, sentences - sentences // 2), _review(2 * number + 1, sentences // 2)]
    matches = tuple(
        Match(
            Passage(f"B{number // 2:03}", f"r{at}", 0, text, 4, None, None, content_hash=""),
            score=1 - at / 10,
        )
        for at, text in enumerate(texts)
    )
    return Task(f"B{number // 2:03}", QUESTIONS[number % 2], matches, retrieval_s=0, repeats=1)


def _review(seed: int, sentences: int) -> str:
    return " ".join(
        WORDS.format(
            thing=LIKES[(seed + at) % 10],
            other=LIKES[(3 * seed + at + 5) % 10],
            number=seed + 2,
            times=at + 2,
        )
        for at in range(sentences)
    )


def _messages(asking: Asking) -> list[Message]:
    return answer_messages(asking.task.question, [match.passage for match in asking.task.matches])


def _sentences(generator: Generator, prompt_tokens: int) -> int:
    """How many sentences make prompts of about so many tokens. Warms the model up, too."""
    few, more = (_prompt_length(generator, sentences) for sentences in (2, 6))
    return max(2, 2 + round((prompt_tokens - few) / ((more - few) / 4)))


def _prompt_length(generator: Generator, sentences: int) -> int:
    (asking,) = _askings(1, sentences)
    for event in generator.generate(_messages(asking), mode="throughput"):
        if isinstance(event, PromptProgress):
            return event.total
    raise AssertionError("unreachable: a prompt is read before it is answered")


if __name__ == "__main__":
    app()
