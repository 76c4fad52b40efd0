"""A model that judges logged answers. Knows the answer log's columns; knows no files and no reports."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from compare.judge.pairs import Preference
from compare.judge.questions import (
    PREFERENCE_GRAMMAR,
    RATING_GRAMMAR,
    TOKENS,
    preference_messages,
    rating_messages,
    read_preference,
    read_rating,
)
from compare.judge.trial import CONTROLS, Trial
from config import ModelSpec, Settings
from config.errors import ConfigError, PromptTooLong
from generator.events import Message
from generator.generator import Generator
from generator.log.answer_log import Row
from generator.transcript import Transcript


@dataclass(frozen=True, slots=True)
class Rating:
    """The marks of one answer, by key of DIMENSIONS; None: the judge gave none that can be read.

    `itself`: the answer is the judge's own.
    """

    answer_id: int
    marks: Mapping[str, int] | None
    itself: bool = False


Judgement = Rating | Preference


class Judge:
    """Rates answers and compares pairs of them, greedily: chance has no part in it.

    A model of this machine is held to digits by a grammar. One behind a server is only asked for them: what
    is not digits is no verdict. Nor has an answer one that is too long for the judge's context.
    """

    def __init__(self, spec: ModelSpec, generator: Generator) -> None:
        self.spec = spec
        self._generator = generator

    @property
    def file_sha256(self) -> str | None:
        """Of the judge's file; None behind a server."""
        return self._generator.file_sha256

    def rate(self, row: Row) -> Rating:
        """Marks of one answer. Raises ModelUnavailable, GenerationFailed."""
        marks = self._mark(row["question"], passages_of(row), row["answer"])
        return Rating(row["answer_id"], marks, self._judges_itself(row))

    def compare(self, first: Row, second: Row) -> Preference:
        """Which of two answers to the same question from the same passages is better, asked in both orders.

        Raises ModelUnavailable, GenerationFailed.
        """
        return Preference(
            first["answer_id"],
            second["answer_id"],
            forth=self._prefer(first, second),
            back=self._prefer(second, first),
            words=(first["words"], second["words"]),
            itself=self._judges_itself(first) or self._judges_itself(second),
        )

    def try_out(self) -> Trial:
        """Ask it about pairs of which one answer is obviously right. Raises as `rate`."""
        chosen, marks = [], []
        for one in CONTROLS:
            right = self._mark(one.question, one.reviews, one.right)
            wrong = self._mark(one.question, one.reviews, one.wrong)
            marks.append((_sum(right), _sum(wrong)))
            forth = self._choose(one.question, one.reviews, one.right, one.wrong)
            back = self._choose(one.question, one.reviews, one.wrong, one.right)
            chosen.append((forth, back))
        return Trial(tuple(chosen), tuple(marks))

    def _prefer(self, first: Row, second: Row) -> int | None:
        return self._choose(first["question"], passages_of(first), first["answer"], second["answer"])

    def _mark(self, question: str, passages: Sequence[str], answer: str) -> Mapping[str, int] | None:
        return read_rating(self._ask(rating_messages(question, passages, answer), RATING_GRAMMAR))

    def _choose(self, question: str, passages: Sequence[str], first: str, second: str) -> int | None:
        messages = preference_messages(question, passages, first, second)
        return read_preference(self._ask(messages, PREFERENCE_GRAMMAR))

    def _ask(self, messages: Sequence[Message], grammar: str) -> str:
        said = Transcript()
        try:
            for event in self._generator.generate(messages, grammar=grammar):
                said.take(event)
        except PromptTooLong:
            return ""
        return said.text

    def _judges_itself(self, row: Row) -> bool:
        return judges_itself(self.spec, row, self.file_sha256)


@contextmanager
def open_judge(spec: ModelSpec, settings: Settings, force: bool = False) -> Iterator[Judge]:
    """A judge until the end of the `with` block, ready to be asked. Raises ConfigError as `require_judge`.

    `force`: load the model also if it does not fit. Raises ModelUnavailable.
    """
    require_judge(spec)
    # A server's model may reason or chat before it comes to the digits.
    tokens = spec.max_tokens if spec.remote else TOKENS
    strict = spec.model_copy(update={"temperature": 0.0, "max_tokens": tokens})
    generator = Generator(strict, settings, force=force)
    try:
        generator.load()
        yield Judge(spec, generator)
    finally:
        generator.close()


def require_judge(spec: ModelSpec) -> None:
    """Raise ConfigError for what has no language model."""
    if spec.kind == "extractive":
        raise ConfigError(f"{spec.name} has no language model: it cannot judge. Name another model as judge.")


def judges_itself(spec: ModelSpec, row: Row, file_sha256: str | None = None) -> bool:
    """Whether the answer is the judge's own: the same name, file (and adapter), or model of a server.

    `file_sha256`: of the judge's file, if it is known: a file may lie under two names.
    """
    own = _identity(spec.model_dump())
    return (
        row["model"] == spec.name
        or (file_sha256 is not None and row["file_sha256"] == file_sha256)
        or (own is not None and own == _identity(row["model_settings"]))
    )


def _identity(settings: Mapping[str, Any]) -> tuple[str | None, str | None] | None:
    """A server and its model, or a file's name with its adapter's, wherever they lie; None: not known."""
    if settings.get("kind") == "openai":
        return settings.get("url"), settings.get("served_model") or settings.get("name")
    file, adapter = settings.get("file"), settings.get("adapter")
    if not file:
        return None
    return PurePath(adapter).name if adapter else None, PurePath(file).name


def _sum(marks: Mapping[str, int] | None) -> int | None:
    return None if marks is None else sum(marks.values())


def passages_of(row: Row) -> list[str]:
    """The texts that the answer was given, best first."""
    return [passage["text"] for passage in row["passages"]]
