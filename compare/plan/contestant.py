"""Who takes part in a comparison: a model, the prompt it is asked with, and how it is to answer.

Free against verbatim is a comparison too, and so is one prompt against another.

Knows how contestants are named; knows nothing of questions or answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from config import AnswerMode, ModelSpec, Settings
from generator.log.answer_row import Row
from generator.prompts.named import asked_with, find_prompt
from models.catalogue.catalogue import find_spec, models_here
from models.files import missing_files


@dataclass(frozen=True, slots=True)
class Contestant:
    """A model, writing (`free`) or choosing sentences (`verbatim`); asked with the prompt of its `spec`."""

    spec: ModelSpec
    answers: AnswerMode

    @property
    def name(self) -> str:
        """As `contestant_name` says."""
        return contestant_name(self.spec.name, self.answers, self.spec.kind, self.spec.prompt)


def contestant_name(model: str, answers: str, kind: str = "gguf", prompt: str | None = None) -> str:
    """`model@prompt:answers`: the prompt where the settings or the comparison name one, and how it answers
    where that is not its kind's usual way.
    """
    usual = "verbatim" if kind == "extractive" else "free"
    asked = f"{model}@{prompt}" if prompt else model
    return asked if answers == usual else f"{asked}:{answers}"


def contestant_of(row: Row) -> str:
    """The name of the contestant that gave a logged answer; the row's own, where it has one."""
    return row.get("contestant") or logged_name(row["model"], row["answers"], row["model_settings"])


def logged_name(model: str, answers: str, settings: Mapping[str, Any]) -> str:
    """The name of the contestant by what was logged: its model's name, how it answered, its settings."""
    return contestant_name(model, answers, settings.get("kind", "gguf"), settings.get("prompt"))


def find_contestants(
    names: Sequence[str], settings: Settings, answers: AnswerMode | None = None
) -> list[Contestant]:
    """Contestants by name, each once; without names, all models of this machine.

    `mistral@short` says which prompt that one is asked with, else its settings do. `mistral:verbatim` or
    `mistral:free` says how it is to answer, else `answers`, else its settings.
    Raises UnknownModel, ModelUnavailable, and ConfigError for a prompt that is not there.
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
            return Contestant(_find_spec(model, settings), answers)
    # Any other colon belongs to the name.
    spec = _find_spec(name, settings)
    # The one without a language model has but one way.
    return Contestant(spec, spec.answers if usual is None or spec.kind == "extractive" else usual)


def _find_spec(name: str, settings: Settings) -> ModelSpec:
    """The model, with the prompt that is named behind the last @, unless that belongs to the model's name."""
    model, _, prompt = name.rpartition("@")
    if not model or name in settings.models:
        spec = find_spec(name, settings)
    else:
        spec = asked_with(find_spec(model, settings), prompt)
    find_prompt(spec.prompt, settings)
    return spec
