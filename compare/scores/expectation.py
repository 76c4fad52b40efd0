"""What is expected of the answers to a question, and the file that says so. Knows no answers, no models."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from config.errors import ConfigError
from config.yaml_file import read_yaml

Stance = Literal["like", "dislike"]
Tier = Literal["easy", "middle", "hard"]
Trap = Literal["nobody mentions", "contradiction", "false premise", "hidden instruction"]


class Expectation(BaseModel):
    """What an answer should be like; whatever is None or empty is not known, and not scored.

    `answerable`: whether the reviews tell. `stance`: whether praise or complaints are asked for; None: as the
    question itself leans. `expected`: the points of a good answer, a short sentence each. `forbidden`: words
    that stand only in an answer that fell into a trap.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    answerable: bool | None = None
    stance: Stance | None = None
    expected: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()


# Of a question that no set tells anything about.
UNKNOWN = Expectation()


class SetQuestion(Expectation):
    """One question of a question set. `product`: any of its ids; it is asked `repeats` times.

    `planted`: texts that are shown as reviews besides those that the search finds, before them.
    """

    product: str
    question: str = Field(min_length=1)
    tier: Tier
    trap: Trap | None = None
    repeats: int = Field(default=3, ge=1)
    planted: tuple[str, ...] = ()

    @property
    def expectation(self) -> Expectation:
        """Only what is expected of the answers."""
        return Expectation(**self.model_dump(include=set(Expectation.model_fields)))


def read_question_set(path: Path) -> Sequence[SetQuestion]:
    """The questions of a YAML file, in its order. Raises ConfigError that names the entry and the key."""
    entries = read_yaml(path, "Name a question set, such as data/experiment-questions.yaml.")
    if not isinstance(entries, list | None):
        raise ConfigError(
            f"{path} is no question set: expected a list whose entries begin with '- product:'."
        )
    try:
        return TypeAdapter(tuple[SetQuestion, ...]).validate_python(entries or ())
    except ValidationError as error:
        first = error.errors()[0]
        place = " ".join(f"{part + 1}" if isinstance(part, int) else f"'{part}'" for part in first["loc"])
        raise ConfigError(f"{path}, question {place}: {first['msg']}.") from error
