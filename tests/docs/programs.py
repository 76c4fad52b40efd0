"""The options that a command line may have: of what is installed by Typer, of all else read from its source.

The others are read, not imported: they import torch, matplotlib and more.
"""

import ast
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs.generate.commands import PROGRAMS, command_of
from tests.docs.pages import ROOT

OTHERS = ("benchmarks", "training", "tests/app")


@dataclass(frozen=True, slots=True)
class Parameter:
    """An option or argument of a program, and what its `--help` says of it; "" for nothing."""

    program: str
    names: tuple[str, ...]
    help: str


def unknown_options(command: str) -> list[str]:
    """Of `python -m NAME …`, the options that it does not have. Raises AssertionError for no such program."""
    name, *words = shlex.split(command.replace("…", " "))[2:]
    known = {*_options(name, words), "--help"}
    given = [word.split("=")[0] for word in words if word.startswith("-")]
    return [word for word in given if word not in known]


def _options(name: str, words: list[str]) -> set[str]:
    if name in PROGRAMS:
        command: Any = command_of(name)
        if hasattr(command, "commands"):
            usual = {"compare": "run", "retriever": "search"}.get(name, "")
            meant = words[0] if words and words[0] in command.commands else usual
            assert meant, f"{name} has no command {words[:1]}"
            command = command.commands[meant]
        return {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    file = ROOT / f"{name.replace('.', '/')}.py"
    file = file if file.exists() else file.with_suffix("") / "__main__.py"
    assert file.exists(), f"there is no program {name}"
    return {option for found in parameters(file) for option in found.names}


def other_programs() -> Iterator[Path]:
    """The files of programs that are not installed."""
    for folder in OTHERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            begun = "typer.run(" in text or "typer.Typer(" in text
            if begun and "typer.Option" in text and not file.name.startswith("test_"):
                yield file


def parameters(file: Path) -> list[Parameter]:
    """Those of the functions in this file that Typer is given."""
    program = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__")
    return [
        _parameter(program, arg)
        for function in _given_to_typer(ast.parse(file.read_text(encoding="utf-8")))
        for arg in (*function.args.args, *function.args.kwonlyargs)
    ]


def beginning_of_help(file: Path) -> str:
    """What its `--help` says first."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    (function,) = _given_to_typer(tree)
    by_module = any("help=__doc__" in ast.unparse(one) for one in function.decorator_list)
    return (ast.get_docstring(tree if by_module else function) or "").split("\n\n")[0]


def _given_to_typer(tree: ast.Module) -> list[ast.FunctionDef]:
    run = {
        ast.unparse(call.args[0])
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "typer.run"
    }
    return [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and (node.name in run or any("app.command" in ast.unparse(one) for one in node.decorator_list))
    ]


def _parameter(program: str, arg: ast.arg) -> Parameter:
    usual = f"--{arg.arg.replace('_', '-')}"
    names, words = [usual], ""
    for call in ast.walk(arg.annotation or ast.Constant(None)):
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("typer.Option", "typer.Argument"):
            words = next((ast.literal_eval(one.value) for one in call.keywords if one.arg == "help"), "")
            spelled = [ast.literal_eval(one) for one in call.args]
            names = [option for name in spelled for option in name.split("/")] or names
            if ast.unparse(call.func) == "typer.Argument":
                names = []
    if arg.annotation and ast.unparse(arg.annotation).startswith("Annotated[bool") and names == [usual]:
        names.append(f"--no-{usual[2:]}")
    return Parameter(program, tuple(names), words)
