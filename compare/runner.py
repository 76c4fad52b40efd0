"""Asks every model every question, one model at a time, and logs each answer as it comes.

Measured mode: the model is loaded once and warmed up, the questions are shuffled by the seed, and no
prompt is reused. Knows nothing of statistics or files.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from compare.experiment import Task
from config import ModelSpec, Settings
from config.errors import UserError
from generator import Answer, AnswerLog, Generator


@dataclass(frozen=True, slots=True)
class Failure:
    """A model that could not answer, or not to the end; `reason` is a sentence for people."""

    model: str
    reason: str


def run_models(
    specs: Sequence[ModelSpec],
    tasks: Sequence[Task],
    settings: Settings,
    log: AnswerLog,
    run_id: str,
    seed: int,
    on_answer: Callable[[Answer], None],
    force: bool = False,
) -> list[Failure]:
    """Answer all tasks with all models; a model that fails is passed over, and the others finish.

    `force`: load also what does not fit into the memory.
    """
    shuffled = random.Random(seed)
    failures = []
    for spec in shuffled.sample(specs, len(specs)):
        order = shuffled.sample(tasks, len(tasks))
        try:
            with Generator(spec, settings, force=force) as generator:
                # The warm-up: the first answer after loading pays for page faults and caches.
                generator.answer(order[0].question, order[0].matches, mode="measured")
                for task in order:
                    answer = generator.answer(task.question, task.matches, mode="measured")
                    log.record(answer, spec, task.product.product_id, task.retrieval_s, run_id)
                    on_answer(answer)
        except UserError as error:
            failures.append(Failure(spec.name, str(error)))
    return failures
