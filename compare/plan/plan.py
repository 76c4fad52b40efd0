"""A run's plan: everything that decides its answers, complete, in the order in which they are given.

It is stored with the run, so that a resumed run goes by it alone. Knows nothing of databases or processes.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from compare.plan.contestant import Contestant
from compare.plan.experiment import PassageUnit
from compare.plan.tasks import Task
from compare.plan.threshold import Threshold
from config import ModelSpec, VerbatimSettings
from config.errors import RunError
from generator.events import TimingMode
from generator.log.answer_log import AnswerKey, Row


@dataclass(frozen=True, slots=True)
class Asking:
    """One answer to be given: the `repeat`-th, from 0, to a task."""

    task: Task
    repeat: int

    def key(self, contestant: Contestant) -> AnswerKey:
        """What the answer log knows the answer by."""
        return contestant.name, self.task.product_id, self.task.question, self.repeat


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to do. `verbatim`: how many sentences may be chosen, where sentences are chosen.

    `seed` shuffles contestants and askings. `command`: how a person started it. `out`: the folder of its
    files. `judge`: who marks the answers once all are given. `scores` and `fail_if` as in the experiment.
    `left_out`: a sentence about each contestant whose file was missing.
    """

    contestants: tuple[Contestant, ...]
    tasks: tuple[Task, ...]
    k: int
    passages: PassageUnit
    mode: TimingMode
    seed: int
    verbatim: VerbatimSettings
    scores: tuple[str, ...] = ()
    judge: ModelSpec | None = None
    fail_if: tuple[str, ...] = ()
    command: str = ""
    out: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def answers(self) -> int:
        """How many answers the whole run has."""
        return len(self.contestants) * sum(task.repeats for task in self.tasks)

    @property
    def thresholds(self) -> tuple[Threshold, ...]:
        """`fail_if`, parsed."""
        return tuple(map(Threshold.parse, self.fail_if))

    def shuffled(self) -> list[Contestant]:
        """The contestants in the order in which they are loaded: by chance, and always the same."""
        return random.Random(self.seed).sample(self.contestants, len(self.contestants))

    def askings(self, contestant: Contestant) -> list[Asking]:
        """What a contestant is asked, in its order: by chance too, and of no other contestant's doing."""
        askings = [Asking(task, repeat) for task in self.tasks for repeat in range(task.repeats)]
        random.Random(f"{self.seed} {contestant.name}").shuffle(askings)
        return askings

    def to_row(self) -> Row:
        """As JSON for the column `run.plan`; the tasks have a column of their own.

        `models`, `products` and `questions` are for who reads: the contestants' names, and what is asked.
        """
        fields = _ADAPTER.dump_python(replace(self, tasks=()), mode="json")
        del fields["tasks"]
        return {
            "models": [contestant.name for contestant in self.contestants],
            "products": list(dict.fromkeys(task.product_id for task in self.tasks)),
            "questions": list(dict.fromkeys(task.question for task in self.tasks)),
            **fields,
        }

    def task_rows(self) -> list[Row]:
        """The tasks as JSON for the column `run.tasks`."""
        return tasks_to_rows(self.tasks)

    @classmethod
    def from_run(cls, run: Row) -> "Plan":
        """The plan of a stored run, equal to the one it was begun with.

        Raises RunError for a run of a program that stored too little for that.
        """
        readable = ("models", "products", "questions")
        fields: dict[str, Any] = {key: value for key, value in run["plan"].items() if key not in readable}
        try:
            return _ADAPTER.validate_python({**fields, "tasks": run["tasks"]})
        except ValidationError as error:
            raise RunError(
                f"The run '{run['run_id']}' cannot be resumed: another version of the program began it, and "
                "its plan is not complete. Run it again under another name."
            ) from error


_ADAPTER = TypeAdapter(Plan)
_TASKS = TypeAdapter(tuple[Task, ...])


def tasks_to_rows(tasks: Sequence[Task]) -> list[Row]:
    """Tasks as JSON."""
    rows: list[Row] = _TASKS.dump_python(tuple(tasks), mode="json")
    return rows


def tasks_of(run: Row) -> tuple[Task, ...]:
    """The tasks of a stored run; none of one that was stored before there were any."""
    return _TASKS.validate_python(run["tasks"])
