"""The experiment file: which models are asked what, how often and how.

Knows which keys there are and what they may hold; knows nothing of databases or of what is done with them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from compare.plan.threshold import Threshold
from compare.scores.score import SCORES
from config import AnswerMode
from config.errors import ConfigError
from config.model_spec import Section
from config.settings import did_you_mean
from config.yaml_file import read_keys
from generator.events import TimingMode

# The published experiment's two questions, about its first ten products.
QUESTIONS = (
    "What do people like about the product?",
    "What do people dislike about the product?",
)
PRODUCTS = 10
REPEATS = 3

PassageUnit = Literal["passages", "reviews"]


def _names(value: object) -> object:
    """`a, b` is the list of a and b, each once."""
    if isinstance(value, str):
        value = value.split(",")
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return list(dict.fromkeys(name.strip() for name in value if name.strip()))
    return value


def _known_score(key: str) -> str:
    known = [score.key for score in SCORES]
    if key not in known:
        raise ValueError(f"there is no score '{key}'{did_you_mean(key, known)} There are: {', '.join(known)}")
    return key


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Score = Annotated[str, BeforeValidator(_known_score)]


class Experiment(Section):
    """One comparison, as a person describes it. Every key has an option of the same name on the command line.

    `models`: contestants, `name`, `name@prompt`, `name:verbatim` or both; none: all of this machine.
    `questions`: their texts, or the path of a question set, from the experiment file's folder.
    `products`: how many of the first, or ids; None: those of the question set, else the first ten. `k`: what
    is retrieved for each question; None: as in the settings. `passages`: pieces of reviews, or whole
    "reviews". `answers`: of models that do not say themselves; None: as in the settings. `mode`: of timing.
    `repeats`: None: the question set's, else 3.
    `seed` shuffles. `n_ctx`, `temperature`, `max_tokens`: in place of every model's own. `scores`: keys of
    `compare.scores.SCORES`. `judge`: a model that marks the answers. `fail_if`: what the run
    fails for, see `compare.plan.threshold`.
    """

    models: Names = ()
    questions: tuple[Annotated[str, Field(min_length=1)], ...] | Path = QUESTIONS
    products: Annotated[int, Field(ge=1)] | Names | None = None
    k: int | None = Field(default=None, ge=1, le=50)
    passages: PassageUnit = "passages"
    answers: AnswerMode | None = None
    mode: TimingMode = "measured"
    repeats: int | None = Field(default=None, ge=1)
    seed: int = Field(default=0, ge=0)
    n_ctx: int | None = Field(default=None, ge=128)
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1)
    scores: Annotated[tuple[Score, ...], BeforeValidator(_names)] = ()
    judge: Annotated[str, Field(min_length=1)] | None = None
    fail_if: tuple[Annotated[str, BeforeValidator(lambda text: Threshold.parse(text).text)], ...] = ()


def read_experiment(file: Path | None, given: Mapping[str, Any]) -> Experiment:
    """The experiment of a YAML file, or the usual one; what is `given` on the command line wins.

    Raises ConfigError that names the key, and the nearest known one.
    """
    keys = read_keys(file, "Name an experiment file, such as experiments/demo.yaml.") if file else {}
    questions = keys.get("questions")
    if file and isinstance(questions, str):
        keys["questions"] = file.parent / questions
    try:
        return Experiment.model_validate({**keys, **given})
    except ValidationError as error:
        raise ConfigError(_first_problem(error, file, given)) from error


def _first_problem(error: ValidationError, file: Path | None, given: Mapping[str, Any]) -> str:
    problem = error.errors()[0]
    key = str(problem["loc"][0])
    place = "On the command line" if key in given or file is None else f"In {file}"
    if problem["type"] == "extra_forbidden":
        return f"{place}: unknown key '{key}'{did_you_mean(key, Experiment.model_fields)}"
    if problem["type"] == "value_error":
        return f"{place}: '{key}': {str(problem['ctx']['error']).rstrip('.')}."
    return f"{place}: '{key}' is {problem['input']!r}: {problem['msg']}."
