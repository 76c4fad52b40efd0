"""The page of the commands: each with its arguments and options, as `--help` knows them.

Knows Typer's commands; knows nothing of what they do.
"""

import inspect
from collections.abc import Iterator
from datetime import datetime
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from docs.generate.table import table

# Those that are installed, in the order in which a newcomer needs them. Each is `python -m NAME`.
PROGRAMS = ("ingest", "retriever", "models", "generator", "compare")

_KINDS = {str: "text", int: "integer", float: "number", Path: "path", datetime: "time"}

HEAD = """
# Commands

Each is run as `python -m NAME`, and shows the same with `--help`. `python -m retriever` and
`python -m compare` mean `search` and `run` where no other name follows. Errors go to standard error
([the list](errors.md)); the exit code is 0 where all is well.
"""


def page() -> str:
    """The page's text."""
    return "\n\n".join([HEAD.strip(), *(_section(name, found) for name, found in all_commands())])


def all_commands() -> Iterator[tuple[str, Any]]:
    """Every command that can be typed, by its words: `compare load`."""
    for program in PROGRAMS:
        yield from _within(program, command_of(program))


def command_of(program: str) -> Any:
    """The program's command, or group of commands."""
    from typer.main import get_command

    return get_command(import_module(f"{program}.__main__").app)


def _within(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for child in children.values():
        yield from _within(f"{name} {child.name}", child)


def _section(name: str, command: Any) -> str:
    options = [param for param in command.params if is_option(param) and not param.hidden]
    arguments = [param for param in command.params if not is_option(param)]
    usage = " ".join(["python -m", name, *(["[OPTIONS]"] if options else []), *map(_placed, arguments)])
    parts = [f"## {name}", f"`{usage}`", inspect.cleandoc(command.help or "")]
    if arguments:
        parts.append(table(("argument", "meaning"), ((f"`{_name(one)}`", one.help) for one in arguments)))
    if options:
        rows = ((_spelled(one), _meaning(one), _default(one)) for one in options)
        parts.append(table(("option", "meaning", "default"), rows))
    return "\n\n".join(parts)


def is_option(param: Any) -> bool:
    """Whether it is given by name; else by its place."""
    return bool(param.opts[0].startswith("-"))


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _placed(argument: Any) -> str:
    many = "" if argument.nargs == 1 or _name(argument).endswith("...") else "..."
    return f"{_name(argument)}{many}" if argument.required else f"[{_name(argument)}]{many}"


def _spelled(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    return names if option.is_flag else f"{names} {_value(option)}"


def _value(option: Any) -> str:
    kind = option.type_descriptor.annotation
    kind = get_args(kind)[0] if get_origin(kind) is list else kind
    if option.metavar:
        return str(option.metavar)
    if get_origin(kind) is Literal:
        return " or ".join(get_args(kind))
    if issubclass(kind, Enum):
        return " or ".join(str(choice.value) for choice in kind)
    return _KINDS[kind]


def _meaning(option: Any) -> str:
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("from", option.min), ("up to", option.max))
        if bound is not None
    ]
    return f"{option.help.rstrip('.')}; {' '.join(bounds)}." if bounds else str(option.help)


def _default(option: Any) -> str:
    value = option.default
    if option.required:
        return "needed"
    if value is None or value is False or value == "":
        return ""
    return f"`{value.value if isinstance(value, Enum) else value}`"
