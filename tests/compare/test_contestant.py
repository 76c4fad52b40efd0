"""Who takes part: names, and how each is to answer."""

from pathlib import Path

import pytest

from compare.plan.contestant import find_contestants
from config import ModelSpec, Settings
from config.errors import UnknownModel


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "m.gguf").touch()
    file = str(tmp_path / "m.gguf")
    models = {
        "m": ModelSpec(file=file),
        "quoter": ModelSpec(file=str(tmp_path / "absent.gguf"), answers="verbatim"),
        "m:8b": ModelSpec(file=file),
        "far": ModelSpec(kind="openai", url="http://localhost:1/v1"),
    }
    return Settings(home=tmp_path, models=models)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("m", [("m", "free")]),
        ("m,m:verbatim", [("m", "free"), ("m:verbatim", "verbatim")]),
        ("m,m:free,m", [("m", "free")]),
        ("quoter,quoter:free", [("quoter:verbatim", "verbatim"), ("quoter", "free")]),
        ("m:8b,m:8b:verbatim", [("m:8b", "free"), ("m:8b:verbatim", "verbatim")]),
        ("extractive", [("extractive", "verbatim")]),
        ("far", [("far", "free")]),
    ],
)
def test_a_name_says_how_to_answer(settings: Settings, names: str, found: list[tuple[str, str]]) -> None:
    assert [(one.name, one.answers) for one in find_contestants(names.split(","), settings)] == found


def test_what_the_experiment_says_holds_for_who_does_not_say_himself(settings: Settings) -> None:
    named = ["m", "quoter:free", "extractive"]
    found = find_contestants(named, settings, "verbatim")
    assert [one.name for one in found] == ["m:verbatim", "quoter", "extractive"]
    assert [one.name for one in find_contestants(["quoter", "extractive"], settings, "free")] == [
        "quoter", "extractive",
    ]  # fmt: skip


def test_without_names_all_of_this_machine_take_part_and_the_control(settings: Settings) -> None:
    names = [one.name for one in find_contestants([], settings)]
    assert names == ["m", "extractive"]


@pytest.mark.parametrize("name", ["nobody", "m:loud", "nobody:verbatim", "verbatim", ":free"])
def test_an_unknown_name_is_refused(settings: Settings, name: str) -> None:
    with pytest.raises(UnknownModel, match=f"'{name.removesuffix(':verbatim')}'"):
        find_contestants([name], settings)
