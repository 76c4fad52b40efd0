"""Named prompts: the words that models are asked with, in YAML files, ours here and yours beside the models.

A file holds a `description` of one line; `text`, which asks for an answer; and if it wants to, `verbatim`,
which asks for a choice of sentences (without it, the default prompt's is used). Between braces stand the
places that the program fills; a brace itself is written twice. What is filled in is never read as a place.
Knows these files; knows nothing of passages, models or tokens.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config import ModelSpec, Settings
from config.errors import ConfigError
from config.settings import did_you_mean
from config.yaml_file import read_keys

DEFAULT = "default"
_FOLDER = Path(__file__).parent
_REMEDY = "Name a prompt that is there."
# A contestant is called model@prompt:answers, and several are parted by commas.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}\n]*)\}|[{}]")
# Key → the places that it must have, and those that it may have.
_TEXTS: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "text": (("passages", "question"), ("abstention",)),
    "verbatim": (("sentences", "question"), ("limit",)),
}


@dataclass(frozen=True, slots=True)
class Template:
    """A text with places in braces; `prompt`: the name of the prompt that it is from."""

    prompt: str
    text: str

    @property
    def sha256(self) -> str:
        """Of the text in UTF-8: the same for the same words, whatever they are called."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def filled(self, **values: str) -> str:
        """The text with the values in their places; braces in values are ordinary characters."""

        def value(braces: re.Match[str]) -> str:
            return braces[0][0] if braces[1] is None else values[braces[1]]

        return _BRACES.sub(value, self.text)


@dataclass(frozen=True, slots=True)
class NamedPrompt:
    """How one asks: `text` for an answer, `verbatim` for a choice of sentences."""

    name: str
    description: str
    text: Template
    verbatim: Template


def read_prompt(file: Path) -> NamedPrompt:
    """The prompt of a file, named like it. Raises ConfigError that names the file and the line."""
    name = file.stem
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{file} cannot be a prompt: its name may have letters, digits, dots, dashes and underscores, "
            "and begins with a letter or digit. Rename the file."
        )
    keys = read_keys(file, _REMEDY)
    known = ("description", *_TEXTS)
    for key, value in keys.items():
        if key not in known:
            raise ConfigError(f"{_line(file, f'{key}:')}: unknown key '{key}'{did_you_mean(key, known)}")
        if not isinstance(value, str):
            raise ConfigError(
                f"{_line(file, f'{key}:')}: '{key}' is no text. Put '{key}: |' and the text below it."
            )
    for key in ("description", "text"):
        if not keys.get(key, "").strip():
            raise ConfigError(f"{file} has no '{key}'. Add '{key}:' with its text.")
    for key, places in _TEXTS.items():
        if key in keys:
            _require_places(file, key, keys[key], *places)
    texts = {key: Template(name, keys[key].rstrip("\n")) for key in _TEXTS if key in keys}
    verbatim = texts["verbatim"] if "verbatim" in texts else DEFAULT_PROMPT.verbatim  # noqa: SIM401
    return NamedPrompt(name, keys["description"].strip(), texts["text"], verbatim)


def find_prompt(name: str | None, settings: Settings) -> NamedPrompt:
    """The prompt of this name; None: the default one. Raises ConfigError, listing what there is.

    A file of yours that is called like one of ours is refused: a name means the same words everywhere.
    """
    name = DEFAULT if name is None else name
    own, theirs = _FOLDER / f"{name}.yaml", settings.prompts_folder / f"{name}.yaml"
    names = prompt_names(settings)
    if name not in names:
        raise ConfigError(
            f"There is no prompt '{name}'{did_you_mean(name, names)} There are: {', '.join(names)}. "
            f"Your own are files in {settings.prompts_folder}."
        )
    if own.is_file() and theirs.is_file():
        raise ConfigError(
            f"{theirs} is called like a prompt that comes with the installation. Give it another name."
        )
    if name == DEFAULT:
        return DEFAULT_PROMPT
    return read_prompt(own if own.is_file() else theirs)


def asked_with(spec: ModelSpec, prompt: str) -> ModelSpec:
    """The model, asked with the prompt of this name. Raises ConfigError for one that reads no prompt.

    The default one is named only where the model's settings name another: so it is called alike everywhere.
    """
    if spec.kind == "extractive":
        raise ConfigError(
            f"{spec.name} has no language model and reads no prompt. Name it without '@{prompt}'."
        )
    named = None if prompt == DEFAULT and spec.prompt in (None, DEFAULT) else prompt
    return spec.model_copy(update={"prompt": named})


def prompt_names(settings: Settings) -> list[str]:
    """The names of all prompts: the default one, ours, yours."""
    folders = (_FOLDER, settings.prompts_folder)
    found = [file.stem for folder in folders for file in sorted(folder.glob("*.yaml"))]
    return list(dict.fromkeys([DEFAULT, *found]))


def _require_places(file: Path, key: str, text: str, needed: Sequence[str], optional: Sequence[str]) -> None:
    """Raise ConfigError for a place that is not known, or is missing, or a brace that belongs to none."""
    known = [*needed, *optional]
    found = set()
    for line in text.splitlines():
        for braces in _BRACES.finditer(line):
            if braces[0] in ("{{", "}}"):
                continue
            if braces[1] is None:
                raise ConfigError(
                    f"{_line(file, line)}: a single '{braces[0]}' in '{key}'. A brace that is no place's "
                    "must be written twice."
                )
            if braces[1] not in known:
                places = ", ".join(f"{{{place}}}" for place in known)
                raise ConfigError(
                    f"{_line(file, line)}: there is no place '{braces[0]}' in '{key}'. There are: {places}."
                )
            found.add(braces[1])
    for place in needed:
        if place not in found:
            raise ConfigError(
                f"{_line(file, f'{key}:')}: '{key}' has no place '{{{place}}}'. Put it where it belongs."
            )


def _line(file: Path, text: str) -> str:
    """The file, and the number of the line that holds the text, in words."""
    lines = file.read_text(encoding="utf-8").splitlines()
    number = next((number for number, line in enumerate(lines, start=1) if text.strip() in line), 1)
    return f"{file}, line {number}"


DEFAULT_PROMPT = read_prompt(_FOLDER / f"{DEFAULT}.yaml")
