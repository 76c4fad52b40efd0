"""Who takes part: names, and how each is to answer."""

from pathlib import Path

import pytest

from compare.plan.contestant import contestant_of, find_contestants
from config import ModelSpec, Settings
from config.errors import ConfigError, UnknownModel


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "m.gguf").touch()
    file = str(tmp_path / "m.gguf")
    models = {
        "m": ModelSpec(file=file),
        "quoter": ModelSpec(file=str(tmp_path / "absent.gguf"), answers="verbatim"),
        "m:8b": ModelSpec(file=file),
        "far": ModelSpec(kind="openai", url="http://localhost:1/v1"),
        "brief": ModelSpec(file=file, prompt="short"),
        "m@home": ModelSpec(file=file),
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


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("m@short", [("m@short", "short", "free")]),
        ("m@examples:verbatim,m@examples", [
            ("m@examples:verbatim", "examples", "verbatim"), ("m@examples", "examples", "free"),
        ]),
        ("m,m@default", [("m", None, "free")]),
        ("far@short", [("far@short", "short", "free")]),
        ("brief,brief@short", [("brief@short", "short", "free")]),
        ("brief@default,brief@examples", [
            ("brief@default", "default", "free"), ("brief@examples", "examples", "free"),
        ]),
        ("m@home,m@home@short", [("m@home", None, "free"), ("m@home@short", "short", "free")]),
        ("quoter@short", [("quoter@short:verbatim", "short", "verbatim")]),
    ],
)  # fmt: skip
def test_a_name_says_which_prompt(
    settings: Settings, names: str, found: list[tuple[str, str | None, str]]
) -> None:
    contestants = find_contestants(names.split(","), settings)
    assert [(one.name, one.spec.prompt, one.answers) for one in contestants] == found
    # By its name it is found again, and what it answered is known as its own.
    assert find_contestants([one.name for one in contestants], settings) == contestants
    for one in contestants:
        row = {"model": one.spec.name, "answers": one.answers, "model_settings": one.spec.model_dump()}
        assert contestant_of(row) == one.name


@pytest.mark.parametrize("name", ["m@shrot", "m@shrot:verbatim", "far@", "extractive@short"])
def test_an_unknown_prompt_is_refused(settings: Settings, name: str) -> None:
    with pytest.raises(ConfigError, match=r"There are: default, examples, short|reads no prompt"):
        find_contestants([name], settings)


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
