"""What the tests ask of a worker and of a Generator, and how."""

from generator.backends.worker_process import WorkerProcess
from generator.events import Done, Event, Sampling, Text

GREEDY = Sampling(max_tokens=20, temperature=0, top_k=1, top_p=1, seed=0)
SHORT = [1, 300, 301, 302]
# About ten seconds of reading, in the context of 20,000 tokens that it needs.
LONG, LONG_CONTEXT = [1, *range(300, 1300)] * 16, 20_000

QUESTION = "Is it loud?"
# Reading this takes seconds.
LONG_QUESTION = "Is it as loud as the other one that I had before? " * 500


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


def ask(worker: WorkerProcess, tokens: list[int] = SHORT, sampling: Sampling = GREEDY) -> tuple[str, Done]:
    *events, done = worker.generate(tokens, sampling, threads=1, reuse=True)
    assert isinstance(done, Done)
    return text_of(events), done
