"""Asks every contestant every question, one at a time, and logs each answer as it comes.

Measured mode: the model is loaded once and warmed up, the questions are shuffled by the seed, and no
prompt is reused. Knows nothing of statistics or files.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from compare.contestant import Contestant
from compare.experiment import Task
from config import Settings
from config.errors import UserError
from generator import Answer, AnswerLog, open_answerer
from retriever import Embedder


@dataclass(frozen=True, slots=True)
class Failure:
    """A contestant that could not answer, or not to the end; `reason` is a sentence for people."""

    model: str
    reason: str


def run_contestants(
    contestants: Sequence[Contestant],
    tasks: Sequence[Task],
    settings: Settings,
    embedder: Embedder,
    log: AnswerLog,
    run_id: str,
    seed: int,
    on_answer: Callable[[Answer], None],
    force: bool = False,
) -> list[Failure]:
    """Answer all tasks with all contestants; one that fails is passed over, and the others finish.

    `embedder`: the one that found the tasks' passages. `force`: load also what does not fit into the memory.
    """
    shuffled = random.Random(seed)
    failures = []
    for contestant in shuffled.sample(contestants, len(contestants)):
        spec, answers = contestant.spec, contestant.answers
        order = shuffled.sample(tasks, len(tasks))
        try:
            with open_answerer(spec, settings, embedder, force) as answerer:
                # The warm-up: the first answer after loading pays for page faults and caches.
                answerer.answer(order[0].question, order[0].matches, mode="measured", answers=answers)
                for task in order:
                    answer = answerer.answer(task.question, task.matches, mode="measured", answers=answers)
                    log.record(answer, spec, task.product.product_id, task.retrieval_s, run_id)
                    on_answer(answer)
        except UserError as error:
            failures.append(Failure(contestant.name, str(error)))
    return failures
