"""A model's process that is killed while it loads, reads a prompt, or writes; asked again, it answers.

Knows a Generator and the moments of an answer; knows nothing of databases.
"""

import time
from collections.abc import Iterator
from random import Random

import psutil

from benchmarks.faults.outcome import Outcome, total, worded
from benchmarks.faults.scene import MODELS, Scene, alive, scene, until
from config import ModelSpec
from config.errors import GenerationFailed
from config.machine import usable_cores
from generator import Answer, Generator, Loading, PromptProgress, Text
from retriever import Match, Passage

MOMENTS = {"while it loads": Loading, "while it reads": PromptProgress, "while it writes": Text}
# Some steps of reading, and of writing.
QUESTION = "Is it as loud as the other one that I had before? " * 100
CONTEXT, WORDS = 4096, 100


def kill_worker(times: int, chance: Random) -> Iterator[Outcome]:
    """At the n-th of the events that tell of each moment, n by chance; both families in turn."""
    with scene([]) as here:
        undisturbed = {name: _undisturbed(here, name) for name in MODELS}
        for done, kind in MOMENTS.items():
            yield total(
                _killed(here, done, kind, *undisturbed[MODELS[number % len(MODELS)]], chance)
                for number in range(times)
            )


def _generator(here: Scene, name: str) -> Generator:
    spec = ModelSpec(name=name, file=f"{name}.gguf", n_ctx=CONTEXT, max_tokens=WORDS, temperature=0)
    return Generator(spec, here.settings)


def _undisturbed(here: Scene, name: str) -> tuple[str, str, list[type]]:
    """The model, what it says to the question, and the kinds of the events on the way."""
    with _generator(here, name) as generator:
        *events, answer = _stream(generator)
    assert isinstance(answer, Answer)
    return name, answer.text, [type(event) for event in events]


def _killed(
    here: Scene, done: str, kind: type, name: str, expected: str, kinds: list[type], chance: Random
) -> Outcome:
    left = chance.randint(1, kinds.count(kind))
    victim, failed = None, None
    with _generator(here, name) as generator:
        try:
            for event in _stream(generator):
                left -= isinstance(event, kind)
                if left == 0 and victim is None and generator.pid:
                    victim = psutil.Process(generator.pid)
                    victim.kill()
        except GenerationFailed as error:
            failed = str(error)
        killed = time.monotonic()
        *_, again = _stream(generator)
        seconds = time.monotonic() - killed
    return Outcome(
        "model worker",
        done,
        # One that is killed when it has said everything has not failed anybody.
        times=int(failed is not None),
        lost=int(not isinstance(again, Answer) or again.text != expected),
        wordless=int(failed is not None and not worded(failed)),
        unrecovered=int(victim is not None and until(lambda: not alive(victim), 5) is None),
        slowest_recovery_s=seconds,
    )


def _stream(generator: Generator) -> Iterator[object]:
    # One thread: two on a tiny model wait for each other longer than they work, where others work, too.
    return generator.stream(QUESTION, _matches(), mode="measured", sharing=usable_cores())


def _matches() -> list[Match]:
    texts = ("The battery lasts two days.", "The screen broke after a week.")
    return [
        Match(Passage("B01", f"r{number}", 0, text, 4.0, None, None, "00"), score=1 - number / 10)
        for number, text in enumerate(texts)
    ]
