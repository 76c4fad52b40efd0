"""Works through a plan: every contestant, one at a time, and each answer logged as it comes.

A model is loaded once and warmed up before it is timed. What has been answered already is not asked again,
so a run that was interrupted anywhere goes on there. Knows nothing of statistics, files or terminals.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

from compare.plan.contestant import Contestant
from compare.plan.plan import Asking, Plan
from compare.plan.tasks import TaskKey
from compare.plan.withdrawn import why_withdrawn, withdrawn
from compare.run.throughput import answer_all, at_once
from config import Settings
from config.errors import (
    DatabaseError,
    GenerationFailed,
    ModelUnavailable,
    PromptTooLong,
    RunError,
    UserError,
)
from database import Patience
from generator import Answer, Answerer, AnswerLog, open_answerer
from generator.events import BROKEN_OFF
from retriever import Embedder

_SEEDS = 2**32


@dataclass(frozen=True, slots=True)
class Failure:
    """A contestant that could not answer, or not to the end; `reason` is a sentence for people."""

    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class Started:
    """A contestant begins, with so many answers to give."""

    contestant: str
    left: int


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer was given and logged."""

    contestant: str
    answer: Answer


RunEvent = Started | Answered | Failure


@dataclass(frozen=True, slots=True)
class Runner:
    """What answering a plan needs. `embedder`: retrieval's. `force`: load also what does not fit.

    `patience`: with a database that is away meanwhile.
    """

    settings: Settings
    embedder: Embedder
    log: AnswerLog
    force: bool = False
    patience: Patience = field(default_factory=Patience)

    def run(self, run_id: str, plan: Plan) -> Generator[RunEvent]:
        """Give the answers of the plan that the run does not have yet; who fails is passed over.

        What is withdrawn when a contestant begins is left out, as a failure of it. May raise DatabaseError,
        and RunError if another process does the same.
        """
        answered = self.patience.repeat(partial(self.log.answered, run_id))
        origins = self.patience.repeat(partial(self.log.origins, run_id))
        for contestant in plan.shuffled():
            left = [one for one in plan.askings(contestant) if one.key(contestant) not in answered]
            gone = self.withdrawn(plan) & {one.task.key for one in left}
            if gone:
                yield Failure(contestant.name, why_withdrawn(gone))
                left = [one for one in left if one.task.key not in gone]
            if not left:
                continue
            yield Started(contestant.name, len(left))
            try:
                yield from self._answers(run_id, plan, contestant, left, origins.get(contestant.name))
            except (RunError, DatabaseError):
                raise
            except UserError as error:
                yield Failure(contestant.name, str(error))

    def withdrawn(self, plan: Plan) -> set[TaskKey]:
        """What `compare.plan.withdrawn` says now; a database that is away is waited for."""
        return self.patience.repeat(partial(withdrawn, self.log.database, plan))

    def _answers(
        self,
        run_id: str,
        plan: Plan,
        contestant: Contestant,
        left: Sequence[Asking],
        earlier: tuple[str | None, ...] | None,
    ) -> Iterator[RunEvent]:
        settings = self.settings.model_copy(update={"verbatim": plan.verbatim})
        too_long: set[str] = set()
        fast = plan.mode == "throughput"
        together = at_once(len(left)) if fast else 1
        with (
            open_answerer(contestant.spec, settings, self.embedder, self.force, together) as answerer,
            closing(_ask_all(answerer, left, partial(_ask, answerer, plan, contestant), fast)) as answers,
        ):
            for asking, answer in answers:
                if isinstance(answer, PromptTooLong):
                    # The fault of this one question, in all of its repeats.
                    reason = f"{asking.task.product_id}: {answer}"
                    if reason not in too_long:
                        yield Failure(contestant.name, reason)
                    too_long.add(reason)
                    continue
                _require_same_origin(contestant, earlier, answer)
                self._record(run_id, contestant, asking, answer)
                yield Answered(contestant.name, answer)

    def _record(self, run_id: str, contestant: Contestant, asking: Asking, answer: Answer) -> None:
        task = asking.task
        spec = contestant.spec.model_copy(update={"seed": _seed(contestant, asking)})
        self.log.record(
            answer,
            spec,
            task.product_id,
            task.retrieval_s,
            run_id,
            contestant.name,
            asking.repeat,
            self.patience,
        )


def _ask_all(
    answerer: Answerer, askings: Sequence[Asking], ask: Callable[[Asking], Answer], fast: bool
) -> Generator[tuple[Asking, Answer | PromptTooLong]]:
    return answer_all(answerer, askings, ask) if fast else _one_by_one(askings, ask)


def _one_by_one(
    askings: Sequence[Asking], ask: Callable[[Asking], Answer]
) -> Generator[tuple[Asking, Answer | PromptTooLong]]:
    """Ask one after the other, once warm: the first answer after loading pays for page faults and caches."""
    warm = False
    for asking in askings:
        try:
            if not warm:
                ask(asking)
                warm = True
            answer = ask(asking)
        except PromptTooLong as error:
            yield asking, error
        else:
            yield asking, answer


def _ask(answerer: Answerer, plan: Plan, contestant: Contestant, asking: Asking) -> Answer:
    answer = answerer.answer(
        asking.task.question,
        asking.task.matches,
        mode=plan.mode,
        answers=contestant.answers,
        seed=_seed(contestant, asking),
    )
    if answer.stop_reason in BROKEN_OFF:
        raise GenerationFailed(
            f"{contestant.name} ended in the middle of an answer ({answer.stop_reason}). Resume the run to "
            "ask again."
        )
    return answer


def _seed(contestant: Contestant, asking: Asking) -> int:
    """Another one for each repeat: else, whatever the temperature, all repeats would say the same."""
    return (contestant.spec.seed + asking.repeat) % _SEEDS


def _require_same_origin(
    contestant: Contestant, earlier: tuple[str | None, ...] | None, answer: Answer
) -> None:
    """Raise ModelUnavailable if the run's earlier answers came from another file, engine or prompt."""
    prompt = answer.template.sha256 if answer.template else None
    now = (answer.origin.file_sha256, answer.origin.engine, prompt)
    changed = [
        what
        for what, old, new in zip(("file", "engine", "prompt"), earlier or now, now, strict=True)
        # A server's file and engine are not ours to hold; a prompt was not logged once.
        if old != new and (old is not None if what == "prompt" else not contestant.spec.remote)
    ]
    if changed:
        raise ModelUnavailable(
            f"The {changed[0]} of {contestant.name} is another one than when the run began: its answers "
            "cannot stand beside the earlier ones. Bring the old one back, or run it all again under another "
            "name."
        )
