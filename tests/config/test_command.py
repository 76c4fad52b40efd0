"""The edge of every command: a sentence for what people can mend, a traceback for defects."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from config.command import run
from config.errors import UnknownProduct


def command(error: Exception) -> typer.Typer:
    app = typer.Typer()

    @app.command()
    def main() -> None:
        raise error

    return app


def test_a_user_error_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["command"])
    with pytest.raises(SystemExit) as ended:
        run(command(UnknownProduct("No product has the id '[/]x'. " + "Long. " * 50)))
    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"error: No product has the id '[/]x'. {'Long. ' * 50}\n"


def test_a_defect_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["command"])
    with pytest.raises(ZeroDivisionError):
        run(command(ZeroDivisionError()))


SHOW = """
import typer
from rich.table import Table
from config.command import console, run, tell
from config.errors import UnknownProduct
app = typer.Typer()

@app.command()
def show() -> None:
    "Help for caf\\u00e9 \\u2013 \\U0001f600."
    table = Table("caf\\u00e9")
    table.add_row("\\U0001f600 \\u2013 \\udce9")
    console.print(table)
    print("caf\\u00e9 \\u65e5")
    typer.echo("\\u65e5")
    tell("caf\\u00e9 \\u65e5")
    raise UnknownProduct("No caf\\u00e9 \\u65e5.")

run(app)
"""
CONSOLES = [
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "cp1252:strict"},
    {"PYTHONIOENCODING": "utf-8"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]


@pytest.mark.parametrize("console", CONSOLES)
@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_what_the_console_cannot_show_is_spelled_out(console: dict[str, str], arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHOW, *arguments],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **console},
        capture_output=True,
        check=False,
    )
    assert done.returncode == (0 if arguments else 1), done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert b"caf" in done.stdout
    if "ascii" in console.values():
        assert b"caf\\xe9" in done.stdout


@pytest.mark.parametrize("name", ["compare", "generator", "ingest", "models", "retriever"])
def test_the_help_of_each_command_on_a_console_of_ascii(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", name, "--help"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
