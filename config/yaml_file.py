"""YAML files that people write, read in one way: what is wrong with one is a sentence that names its line.

Knows YAML; knows nothing of which keys there are and what they mean.
"""

import re
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError
from yaml.reader import ReaderError

from config.errors import ConfigError

# libyaml, where it is there, reads six times as fast, and the page waits for the catalogue.
_SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(file: Path, remedy: str = "Name one that is there, and that may be read.") -> Any:
    """What the file holds; None if it is empty.

    Raises ConfigError, which names the file and the line; if there is no such file to read, it ends with the
    `remedy`, a sentence.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{file} is not UTF-8 in line {line}. Save it in this encoding.") from error
    except (OSError, ValueError) as error:  # the latter: no path at all, for it holds a NUL
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"{file} cannot be read: {why}. {remedy}") from error
    try:
        return parse_yaml(text)
    except yaml.YAMLError as error:
        raise ConfigError(
            f"{file} is not valid YAML, {_problem(error, text)}. "
            "Check the brackets, quotes and indentation there."
        ) from error


def read_keys(file: Path, remedy: str) -> dict[str, Any]:
    """The same for lines of `key: value`; {} for an empty file. Raises ConfigError for anything else too."""
    keys = read_yaml(file, remedy)
    if keys is None:
        return {}
    if not isinstance(keys, dict):
        raise ConfigError(f"{file} holds no keys: expected lines of 'key: value'.")
    return {str(key): value for key, value in keys.items()}


def parse_yaml(text: str) -> Any:
    """What the text holds; None if it is empty. Raises yaml.YAMLError."""
    return yaml.load(text, _Loader)


class _Loader(_SAFE_LOADER):  # type: ignore[misc]
    """A safe loader that takes no key twice, and tells the place of whatever it stumbles over."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._looked_through: set[int] = set()

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        # A date of the 32nd, or `!!bool maybe`: the loader converts without looking.
        except (ValueError, LookupError, AttributeError) as error:
            problem = "this value is not what it looks like"
            raise ConstructorError(None, None, problem, node.start_mark) from error

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        # Before what `<<` merges into it, which may come twice, and may be asked for by another's `<<`.
        if id(node) not in self._looked_through:
            self._looked_through.add(id(node))
            _refuse_twice(node)
        super().flatten_mapping(node)


_ONE_POINT_ONE = ("bool", "int", "float")
_ONE_POINT_TWO = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?(?:0|[1-9][0-9_]*)|0x[0-9a-fA-F]+", "-+0123456789"),
    "float": (
        r"[-+]?(?:[0-9][0-9_]*\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
}
# PyYAML 6 reads YAML 1.1, where 12:30 is the number 750, 010000 is 4096, and `on` and `no` are switches.
# People mean what YAML 1.2 says: these are texts, which a setting takes for a number or a switch if it can.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in found if tag.rpartition(":")[2] not in _ONE_POINT_ONE]
    for first, found in _SAFE_LOADER.yaml_implicit_resolvers.items()
}
for _kind, (_form, _first) in _ONE_POINT_TWO.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(rf"^(?:{_form})$"), list(_first))


def _refuse_twice(node: yaml.MappingNode) -> None:
    """The last would win, and what stands under the first be lost without a word."""
    seen = set()
    for key, _ in node.value:
        name = (key.tag, str(key.value))
        if name in seen:
            raise ConstructorError(None, None, f"the key '{key.value}' is there twice", key.start_mark)
        seen.add(name)


def _problem(error: yaml.YAMLError, text: str) -> str:
    """The line, and what is wrong there; but no value, which may be secret."""
    if isinstance(error, ReaderError):
        # The first of its kind is what was stumbled over.
        line = text.partition(chr(error.character))[0].count("\n") + 1
        return f"line {line}: the character U+{error.character:04X} may not stand there"
    if not isinstance(error, yaml.MarkedYAMLError):
        return str(error)
    mark, begun = error.problem_mark or error.context_mark, ""
    if error.context and error.context_mark:
        begun = f", {error.context} from line {error.context_mark.line + 1}"
    return f"line {mark.line + 1 if mark else 1}: {error.problem}{begun}"
