"""Who takes part in a comparison: a model and how it is to answer. Free against verbatim is a comparison too.

Knows how contestants are named; knows nothing of questions or answers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from config import AnswerMode, ModelSpec, Settings
from models.catalogue.catalogue import find_spec, models_here
from models.files import missing_files


@dataclass(frozen=True, slots=True)
class Contestant:
    """A model, writing (`free`) or choosing sentences (`verbatim`)."""

    spec: ModelSpec
    answers: AnswerMode

    @property
    def name(self) -> str:
        """As `contestant_name` says."""
        return contestant_name(self.spec.name, self.answers, self.spec.kind)


def contestant_name(model: str, answers: str, kind: str = "gguf") -> str:
    """The model's name, and how it answers where that is not all of its kind's way."""
    usual = "verbatim" if kind == "extractive" else "free"
    return model if answers == usual else f"{model}:{answers}"


def find_contestants(
    names: Sequence[str], settings: Settings, answers: AnswerMode | None = None
) -> list[Contestant]:
    """Contestants by name, each once; without names, all models of this machine.

    `mistral:verbatim` or `mistral:free` says how that one is to answer, else `answers`, else its settings.
    Raises UnknownModel, ModelUnavailable.
    """
    # A server is asked only if it is named: its answers may cost somebody something.
    found = [_find(name, settings, answers) for name in names or models_here(settings)]
    return list({one.name: one for one in found}.values())


def left_out(contestant: Contestant, settings: Settings) -> str | None:
    """Why this one cannot take part: a file of it is missing. None: all are there, or none is needed."""
    missing = " And ".join(missing_files(contestant.spec, settings))
    return f"{contestant.name}: {missing}" if missing else None


def _find(name: str, settings: Settings, usual: AnswerMode | None) -> Contestant:
    model, _, suffix = name.rpartition(":")
    for answers in get_args(AnswerMode):
        if model and suffix == answers:
            return Contestant(find_spec(model, settings), answers)
    # Any other colon belongs to the name.
    spec = find_spec(name, settings)
    # The one without a language model has but one way.
    return Contestant(spec, spec.answers if usual is None or spec.kind == "extractive" else usual)
