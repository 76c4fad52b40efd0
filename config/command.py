"""The edge of every command: errors for people become one line and an exit code.

Knows typer and the error tree; knows nothing of what the commands do.
"""

import errno
import io
import os
import sys
from functools import partial
from typing import Any, NoReturn

import typer
from rich.console import Console
from typer.core import TyperGroup

from config.errors import UserError
from config.folders import FULL

# What people and models wrote, and names such as "model:free:" or "mine [new]", are shown as they are.
plain_console = partial(Console, emoji=False, markup=False, highlight=False)
console = plain_console()
error_console = plain_console(stderr=True)


def run(app: typer.Typer, error_code: int = 1) -> None:
    """Run a command line; a UserError prints its sentence to standard error and exits with `error_code`."""
    spell_out_unencodable()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # what does not go out any more is told here, and not after the end
    except UserError as error:
        _exit(str(error), error_code)
    except OSError as error:
        if error.errno not in (*FULL, errno.EPIPE):
            raise
        _forget_output()
        if error.errno == errno.EPIPE:  # who read it has enough
            sys.exit(error_code)
        _exit(
            "A disk is full: where the output goes, or where temporary files lie (TMPDIR). Make room there, "
            "then do the same again.",
            error_code,
        )


def spell_out_unencodable() -> None:
    r"""Have characters that the output's encoding lacks spelled out, as in "\u2013", and raise no error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def tell(line: str) -> None:
    """A line on standard error, as it is, and not wrapped."""
    error_console.print(line, soft_wrap=True)


def _exit(sentence: str, code: int) -> NoReturn:
    # Not wrapped: the text holds paths, and is for scripts too.
    error_console.print(f"error: {sentence}", style="red", soft_wrap=True)
    sys.exit(code)


def _forget_output() -> None:
    """What is not written yet shall not be tried again at the very end, where no words are left."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def with_default(command: str) -> type[TyperGroup]:
    """The class of a group in which `command` is meant, unless the line begins with another's name."""

    class Group(TyperGroup):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            first = args[0] if args else ""
            return super().parse_args(ctx, args if first in (*self.commands, "--help") else [command, *args])

    return Group
