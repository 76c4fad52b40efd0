"""What a run may be called: a folder is named like it, and people type it."""

import pytest

from compare.plan.planning import LONGEST_NAME, require_run_name, usual_run_name
from config.errors import ConfigError


@pytest.mark.parametrize(
    "name", ["night", "2026-01-02-030405", "Über Nacht 2 (a+b)", "ü" * LONGEST_NAME, "a..b"]
)
def test_names(name: str) -> None:
    require_run_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../r",
        "a/b",
        "a\\b",
        "/etc",
        "-x",
        ".hidden",
        " a",
        "a ",
        "a\nb",
        "a\0b",
        "a\u202eb",
        "x" * 61,
    ],
)
def test_what_no_folder_should_be_called(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be a run's name"):
        require_run_name(name)


def test_the_usual_name_is_one() -> None:
    require_run_name(usual_run_name())
