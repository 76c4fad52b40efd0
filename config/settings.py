"""Typed settings: settings.yaml, overridden by REVIEWDUEL_ environment variables.

Knows which settings exist and what they may hold; knows nothing of what the packages do with them.
Precedence, highest first: arguments, environment (`REVIEWDUEL_HOME`, `REVIEWDUEL_EMBEDDER__NAME`,
two underscores for one level down), the YAML file (`REVIEWDUEL_SETTINGS` names another one).
"""

import difflib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from config.errors import ConfigError, UnknownModel
from config.model_spec import ModelSpec, Section, no_switch
from config.yaml_file import read_keys

PREFIX = "REVIEWDUEL_"
SETTINGS_FILE = Path(__file__).with_name("settings.yaml")
_REMEDY = "It is the settings file: correct REVIEWDUEL_SETTINGS, which names it, or unset it."
CLONE = Path(__file__).parent.parent

Metric = Literal["cosine", "dot"]
SearchMode = Literal["dense", "lexical", "hybrid"]


def default_home() -> Path:
    """`.reviewduel/` in a clone, so that two clones never share state; else the user's data folder."""
    if (CLONE / "pyproject.toml").is_file():
        return CLONE / ".reviewduel"
    return platformdirs.user_data_path("reviewduel")


def _not_empty(path: object) -> object:
    # As a path that would be the folder where one happens to stand.
    if path == "":
        raise ValueError("expected the path of a folder; unset it for the usual one")
    return path


def _absolute(path: Path) -> Path:
    try:
        return path.expanduser().resolve()
    except RuntimeError as error:  # nobody is called as a "~name" says, or links go round in a circle
        raise ValueError(f"there is no place {path} ({error})") from error


AbsolutePath = Annotated[Path, BeforeValidator(_not_empty), AfterValidator(_absolute)]


def _names_that_can_be_asked(models: dict[str, ModelSpec]) -> dict[str, ModelSpec]:
    # As `--models a,b:verbatim`, and links, write them.
    for name in models:
        if "," in name or name != name.strip() or name.endswith((":free", ":verbatim")) or not name:
            raise ValueError(
                f"a model cannot be called '{name}': no comma, no space at its ends, and no :free or "
                ":verbatim at its end"
            )
    return models


class EmbedderSettings(Section):
    """Which sentence-transformers model turns text into vectors, and how they are compared.

    `normalize`: whether vectors get the length 1. A database keeps to the embedder that filled it.
    """

    name: str = "all-MiniLM-L6-v2"
    metric: Metric = "cosine"
    normalize: bool = True


class PassageSettings(Section):
    """How reviews become passages: pieces of at most `size` characters, sharing `overlap` of them.

    `scan`: whether those that look like an attempt to take a model over are marked, and so given to none.
    """

    size: int = Field(default=300, ge=50, le=4000)
    overlap: int = Field(default=0, ge=0)
    scan: bool = True

    @model_validator(mode="after")
    def _overlap_fits(self) -> Self:
        if self.overlap >= self.size:
            raise ValueError(f"an overlap of {self.overlap} needs a size above it")
        return self


class RetrievalSettings(Section):
    """How many passages answer a question, and how they are found.

    `k`: passages. `mode`: "dense" goes by meaning, "lexical" by words, "hybrid" by both (`Retriever.search`
    explains them). `variety`: what a passage loses for being like one chosen before it, in standard
    deviations of the score per cosine; 0 switches it off. `reranker`: a cross-encoder of
    sentence-transformers that judges the best hundred again; without one, none does.
    """

    k: int = Field(default=5, ge=1, le=50)
    mode: SearchMode = "hybrid"
    variety: float = Field(default=1.0, ge=0)
    reranker: str | None = None


class VerbatimSettings(Section):
    """Verbatim answers: at most so many `sentences`, and whether the model may add a line of its own."""

    sentences: int = Field(default=8, ge=1, le=50)
    own_line: bool = False


class Settings(BaseSettings):
    """Everything a user can set, as `load_settings()` reads it.

    `home`: the folder of the embedded database, of models and of runs.
    `database_url`: a PostgreSQL server, postgresql://user:password@host:port/database; without it the
    embedded one, or what libpq's PG variables name.
    `memory_budget`: bytes, or text like `8GiB`, that models loaded at the same time may take together;
    without it, 80 % of what is available at the start.
    `guard`: the model that looks at answers of the page and of `python -m generator ask`; without it, none.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    home: AbsolutePath = Field(default_factory=default_home)
    database_url: SecretStr | None = None
    memory_budget: Annotated[ByteSize | None, BeforeValidator(no_switch)] = None
    embedder: EmbedderSettings = EmbedderSettings()
    passages: PassageSettings = PassageSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    verbatim: VerbatimSettings = VerbatimSettings()
    guard: str | None = None
    models: Annotated[dict[str, ModelSpec], AfterValidator(_names_that_can_be_asked)] = {}

    @property
    def models_folder(self) -> Path:
        """Where GGUF files are looked for."""
        return self.home / "models"

    @property
    def prompts_folder(self) -> Path:
        """Where a user's own prompts are looked for."""
        return self.home / "prompts"

    def model(self, name: str) -> ModelSpec:
        """The configured model of this name; raises UnknownModel, naming the closest."""
        if name in self.models:
            return self.models[name].model_copy(update={"name": name})
        raise UnknownModel(
            f"There is no model '{name}' in the settings{did_you_mean(name, self.models)} "
            f"Configured: {', '.join(self.models) or 'none'}."
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments over environment over the YAML file; no .env file, no secrets folder."""
        keys = read_keys(settings_file(), _REMEDY)
        return init_settings, env_settings, InitSettingsSource(settings_cls, keys)


def settings_file() -> Path:
    """The YAML file in force: `REVIEWDUEL_SETTINGS`, else the one in this package."""
    return Path(os.environ.get(PREFIX + "SETTINGS", SETTINGS_FILE))


def load_settings() -> Settings:
    """Read the settings once, at the edge. Raises ConfigError with the key and the nearest known one."""
    _refuse_unknown_variables()
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigError(f"In {settings_file()} or a {PREFIX} variable: {_first_problem(error)}") from error
    except (TypeError, ValueError) as error:  # a variable that is no JSON
        raise ConfigError(
            f"A {PREFIX} variable cannot be read: {error}. Of a setting with parts, set one by itself, "
            "such as REVIEWDUEL_RETRIEVAL__K=8, or all of them in JSON."
        ) from error


def _refuse_unknown_variables() -> None:
    known = [PREFIX + field.upper() for field in (*Settings.model_fields, "settings")]
    for variable in os.environ:
        name = variable.split("__")[0].upper()
        if variable.startswith(PREFIX) and name not in known:
            raise ConfigError(f"The environment variable {variable} sets nothing{did_you_mean(name, known)}")


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        parent = _section_at(problem["loc"][:-1])
        return f"unknown key '{where}'{did_you_mean(str(problem['loc'][-1]), parent.model_fields)}"
    if problem["loc"][-1] == "[key]":
        name = str(problem["input"])
        return f"'{where.removesuffix('.[key]')}': a name is a text. Write it in quotes: \"{name}\"."
    if problem["type"] == "value_error":
        # Our own validators say all there is to say; what they refuse may hold a password.
        return f"'{where}': {problem['ctx']['error']}."
    if problem["loc"][0] == "database_url":
        return f"'{where}': {problem['msg']}."  # what stands there may be a password
    return f"'{where}' is {problem['input']!r}: {problem['msg']}."


def _section_at(path: tuple[int | str, ...]) -> type[BaseModel]:
    """The model class that the keys of `path` lead to, so that a wrong key is compared with its siblings."""
    section: type[BaseModel] = Settings
    for key in path:
        field = section.model_fields.get(str(key))  # none: a name that people give, as of a model
        found = (field.annotation, *get_args(field.annotation)) if field else ()
        section = next((c for c in found if isinstance(c, type) and issubclass(c, BaseModel)), section)
    return section


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean '{close[0]}'?" if close else "."
