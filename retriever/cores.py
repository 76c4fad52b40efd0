"""PyTorch's work on a CPU, divided so that each core computes by itself.

Knows PyTorch's threads; knows nothing of models or texts. Threads that share each small product of matrices
wait for each other, and who waits spins: beside anything else that ran, a question took 3 to 30 times as long
as on one core (docs/experiments.md).
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from typing import Literal, TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Kind = Literal["question", "piece"]


def on_a_core(work: Callable[[], Result]) -> Result:
    """What `work` returns; before what `on_cores` still has in line, for somebody waits for it."""
    return _begin("question", work).result()


def divided(items: Sequence[Piece], most: int) -> list[Sequence[Piece]]:
    """The items in pieces of `most` at most, and smaller ones where else a core would have none."""
    size = max(1, min(most, math.ceil(len(items) / cores())))
    return [items[start : start + size] for start in range(0, len(items), size)]


def on_cores(work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> list[Result]:
    """What `work` makes of each piece, in their order; an error of one ends it, and is raised.

    Who comes meanwhile takes turns with it, piece by piece.
    """
    done: list[Result] = []
    begun: deque[Future[Result]] = deque()
    for piece in pieces:
        if len(begun) > cores():
            done.append(begun.popleft().result())
        begun.append(_begin("piece", partial(work, piece)))
    return done + [one.result() for one in begun]


@cache
def cores() -> int:
    """How many pieces are worked on at once, for all models of this process together."""
    import torch

    # Whoever said so (OMP_NUM_THREADS). Asked once: a new thread may be told how many the others have.
    return torch.get_num_threads()


def _begin(kind: Kind, work: Callable[[], Result]) -> Future[Result]:
    try:
        return _threads(kind).submit(work)
    except RuntimeError as error:
        if "shutdown" not in str(error):
            raise
        # The program has ended but for threads that nobody waits for: this one ends too, without a word.
        raise SystemExit from error


@cache
def _threads(kind: Kind) -> ThreadPoolExecutor:
    import torch

    return ThreadPoolExecutor(cores(), kind, torch.set_num_threads, (1,))
