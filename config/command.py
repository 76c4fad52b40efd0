"""The edge of every command: errors for people become one line and an exit code.

Knows typer and the error tree; knows nothing of what the commands do.
"""

import sys

import typer
from rich.console import Console

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
