"""The edge of every command: a sentence for what people can mend, a traceback for defects."""

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
