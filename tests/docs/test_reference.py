"""The pages of docs/reference say what the code says."""

import pytest

from compare.scores import SCORES
from config import ModelSpec, Settings
from docs.generate.__main__ import PAGES, text_of
from docs.generate.commands import all_commands
from generator.figures import FIGURES
from tests.docs.pages import REFERENCE


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_would_be_written(name: str) -> None:
    written = (REFERENCE / name).read_text(encoding="utf-8")
    assert written == text_of(name), "run `make reference`, and look at what changed"


def test_nothing_else_stands_there() -> None:
    assert {page.name for page in REFERENCE.iterdir()} == {name for name in PAGES if "/" not in name}


def test_everything_is_told() -> None:
    commands, settings, figures = (
        (REFERENCE / name).read_text(encoding="utf-8")
        for name in ("commands.md", "settings.md", "figures.md")
    )
    for name, command in all_commands():
        assert f"## {name}\n" in commands
        assert all(f"`{param.opts[0]}`" in commands for param in command.params if param.opts[0][0] == "-")
    for field in (*Settings.model_fields, *ModelSpec.model_fields):
        assert f"`{field}`" in settings or f"## {field}\n" in settings or field in ("name", "models"), field
    assert all(f"| `{one.key}` |" in figures for one in (*FIGURES, *SCORES))
