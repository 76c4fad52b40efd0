"""The page of the settings: every key, its variable, what it may hold and its default.

Knows the settings' classes, whose docstrings tell what the keys mean.
"""

import inspect
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ByteSize, SecretStr
from pydantic.fields import FieldInfo

from config import ModelSpec, Settings
from config.settings import PREFIX
from docs.generate.table import table

HEAD = f"""
# Settings

They stand in `config/settings.yaml`; `{PREFIX}SETTINGS` names another file. An environment variable wins over
the file: `{PREFIX}` and the key in capitals, two underscores for one level down, as in
`{PREFIX}RETRIEVAL__K=8`. An unknown key or variable is an error that names the nearest known one.
"""
OTHERS = """
## Variables of others

| variable | what it does here |
|---|---|
| `PGHOST`, `PGHOSTADDR`, `PGSERVICE` | where one is set, PostgreSQL is used as libpq's PG variables say, in place of the embedded one; `REVIEWDUEL_DATABASE_URL` wins |
| `HF_ENDPOINT` | the mirror that models are fetched from, in place of the Hugging Face hub |
| `HF_TOKEN` | the hub's token, for models behind a licence |
| what `api_key_env` names | the key of a model's server |
"""  # noqa: E501
_WORDS: dict[Any, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    Path: "a folder",
    ByteSize: "bytes, or text like 8GiB",
    SecretStr: "text, never printed",
}
_BOUNDS = {
    "ge": "at least",
    "gt": "above",
    "le": "at most",
    "lt": "below",
    "min_length": "of characters at least",
}


def page() -> str:
    """The page's text."""
    sections = [(name, kind) for name, field in Settings.model_fields.items() if (kind := _section(field))]
    top = {name: field for name, field in Settings.model_fields.items() if not _section(field)}
    del top["models"]
    parts = [HEAD, "## The whole", _words(Settings), _table(top, "")]
    for name, kind in sections:
        parts += [f"## {name}", _words(kind), _table(kind.model_fields, f"{name}.")]
    specified = {name: field for name, field in ModelSpec.model_fields.items() if name != "name"}
    parts += ["## models.NAME", _words(ModelSpec), _table(specified, "", variables=False), OTHERS]
    return "\n\n".join(part.strip() for part in parts)


def _section(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _words(section: type[BaseModel]) -> str:
    return inspect.cleandoc(section.__doc__ or "")


def _table(fields: dict[str, FieldInfo], prefix: str, variables: bool = True) -> str:
    rows = []
    for name, field in fields.items():
        key = f"{prefix}{name}"
        variable = [f"`{PREFIX}{key.upper().replace('.', '__')}`"] if variables else []
        rows.append([f"`{key}`", *variable, _may_hold(field), _default(field)])
    return table(["key", *(["variable"] if variables else []), "may hold", "default"], rows)


def _may_hold(field: FieldInfo) -> str:
    bounds = [
        f"{_BOUNDS[bound]} {getattr(rule, bound):,}"
        for rule in field.metadata
        for bound in _BOUNDS
        if getattr(rule, bound, None) is not None
    ]
    return ", ".join([_in_words(field.annotation), *bounds])


def _in_words(kind: Any) -> str:
    if kind in _WORDS:
        return _WORDS[kind]
    if get_origin(kind) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(kind))
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(_in_words(part) for part in get_args(kind) if part is not NoneType)
    if get_origin(kind) is tuple:
        return f"a list: {_in_words(get_args(kind)[0])}"
    if get_origin(kind) is dict:
        return "keys and values"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "the keys " + ", ".join(f"`{name}`" for name in kind.model_fields)
    return _in_words(get_args(kind)[0])  # Annotated


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "`.reviewduel` in a clone, else the user's data folder"
    if field.default in (None, "", (), {}):
        return ""
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"
