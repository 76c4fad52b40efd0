"""A load test: so many clients ask at the same time, each its next question as soon as the last is answered.

Such a closed loop asks as fast as it is answered, never faster. Knows answerers and questions; what the
figures mean says `compare.load.goodput`.
"""

import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

from compare.load.goodput import Sample
from compare.plan.tasks import Task
from compare.run.throughput import end_all
from config.errors import UserError
from generator import Answer, Answerer, Reasoning, Text
from generator.events import BROKEN_OFF

# A client that fails so often in a row asks no more in this level.
_GIVES_UP_AFTER = 3
# Between two looks whether somebody wants to stop.
_LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Extent:
    """How long a level goes on: until so many `requests` were made or, if they are given, `seconds` are over.

    What was begun is finished.
    """

    requests: int
    seconds: float | None = None

    def numbers(self) -> Iterator[int]:
        """A number for each request that is to be made, from 0; ends when enough were."""
        end = time.perf_counter() + self.seconds if self.seconds else None
        for number in itertools.count():
            if time.perf_counter() >= end if end else number >= self.requests:
                return
            yield number


def load_level(
    answerer: Answerer, tasks: Sequence[Task], clients: int, extent: Extent
) -> tuple[list[Sample], float]:
    """Let `clients` ask `tasks` in turn; the requests, and the seconds that all took.

    Every prompt is read anew: other people ask about other things. Each request has a seed of its own.
    """
    numbers = extent.numbers()
    lock = threading.Lock()
    begun = time.perf_counter()

    def ask_on() -> list[Sample]:
        samples: list[Sample] = []
        while not (len(samples) >= _GIVES_UP_AFTER and all(one.failed for one in samples[-_GIVES_UP_AFTER:])):
            with lock:
                number = next(numbers, None)
            if number is None:
                break
            samples.append(_request(answerer, tasks[number % len(tasks)], number))
        return samples

    with ThreadPoolExecutor(clients, thread_name_prefix="client") as pool:
        futures = [pool.submit(ask_on) for _ in range(clients)]
        try:
            while wait(futures, timeout=_LOOK_S).not_done:
                pass
        except BaseException:
            with lock:
                numbers = iter(())
            end_all(answerer, futures)
            raise
    return [sample for future in futures for sample in future.result()], time.perf_counter() - begun


def _request(answerer: Answerer, task: Task, seed: int) -> Sample:
    begun = last = time.perf_counter()
    first: float | None = None
    answer: Answer | None = None
    try:
        for event in answerer.stream(task.question, task.matches, mode="measured", seed=seed):
            if isinstance(event, Text | Reasoning):
                last = time.perf_counter()
                first = first or last
            elif isinstance(event, Answer):
                answer = event
    except UserError as error:
        return Sample(failed=str(error))
    if answer is None or answer.stop_reason in BROKEN_OFF:
        return Sample(failed="The answer broke off.")
    if first is None:
        # An empty answer: what there is to wait for is its end.
        first = last = time.perf_counter()
    return Sample(first - begun, answer.queue_s, last - begun, answer.timing.n_out)
