"""The same answers as fast as this machine can give them: several at a time, alike prompts together.

Knows answerers and what they are asked; knows nothing of runs, logs or reports.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from typing import Any

from compare.plan.plan import Asking
from config.errors import PromptTooLong
from generator import Answer, Answerer

# Texts in one batch. With 16 a CPU writes nearly as fast as it reads: beyond, little is left to gain, and
# each text has a context of its own in memory.
MOST_AT_ONCE = 24
# llama.cpp multiplies a matrix by four rows at a time.
_ROWS = 4
# Between two reminders to whoever still answers that nobody waits.
_REMINDER_S = 0.1


def at_once(answers: int) -> int:
    """How many of so many answers to write in one batch: as many in the last round as in the first."""
    rounds = -(-answers // MOST_AT_ONCE)
    return min(MOST_AT_ONCE, -(-answers // (max(rounds, 1) * _ROWS)) * _ROWS) if answers > 1 else 1


def alike_together(askings: Iterable[Asking]) -> list[Asking]:
    """Sorted so that prompts which begin alike follow each other: by product, passages, question."""

    def beginning(asking: Asking) -> tuple[str, tuple[str, ...], str, int]:
        task = asking.task
        return (
            task.product_id,
            tuple(match.passage.text for match in task.matches),
            task.question,
            asking.repeat,
        )

    return sorted(askings, key=beginning)


def answer_all(
    answerer: Answerer, askings: Sequence[Asking], ask: Callable[[Asking], Answer]
) -> Generator[tuple[Asking, Answer | PromptTooLong]]:
    """Ask as many at a time as the answerer takes; each answer as soon as it is complete, in any order.

    A prompt that is too long is the fault of that one question. Any other error ends all, as does a caller
    who leaves: what is being answered then is cancelled, and nothing goes on behind the caller's back.
    """
    with ThreadPoolExecutor(answerer.concurrency, thread_name_prefix="asking") as pool:
        asked = {pool.submit(ask, asking): asking for asking in alike_together(askings)}
        try:
            for future in as_completed(asked):
                try:
                    yield asked[future], future.result()
                except PromptTooLong as error:
                    yield asked[future], error
        finally:
            end_all(answerer, list(asked))


def end_all(answerer: Answerer, futures: Sequence[Future[Any]]) -> None:
    """Cancel what is being answered for these, begin no more, and wait until all have ended."""
    for future in futures:
        future.cancel()
    # Again and again: one that was about to ask has not been heard the first time.
    while wait(futures, timeout=0).not_done:
        answerer.cancel()
        wait(futures, timeout=_REMINDER_S)
