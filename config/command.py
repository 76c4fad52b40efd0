"""The edge of every command: errors for people become one line and an exit code.

Knows typer and the error tree; knows nothing of what the commands do.
"""

import sys
from typing import Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from config.errors import UserError

# No emoji: what people and models wrote, and names such as "model:free:", are shown as they are.
console = Console(emoji=False)
error_console = Console(stderr=True, emoji=False)


def run(app: typer.Typer, error_code: int = 1) -> None:
    """Run a command line; a UserError prints its sentence to standard error and exits with `error_code`."""
    try:
        app()
    except UserError as error:
        # Not markup and not wrapped: the text holds paths and file contents, and is for scripts too.
        error_console.print(f"error: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(error_code)


def with_default(command: str) -> type[TyperGroup]:
    """The class of a group in which `command` is meant, unless the line begins with another's name."""

    class Group(TyperGroup):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            first = args[0] if args else ""
            return super().parse_args(ctx, args if first in (*self.commands, "--help") else [command, *args])

    return Group
