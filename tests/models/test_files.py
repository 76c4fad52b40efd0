"""Where a model's file is looked for, and what is said when it is not there."""

from pathlib import Path

import pytest

from config import ModelSpec, Settings
from config.errors import ModelUnavailable
from models.files import model_path, require_file


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "the home")


def test_a_missing_file_says_where_it_was_looked_for_and_how_to_get_it(settings: Settings) -> None:
    spec = ModelSpec(name="mistral", file="m.Q4_K_M.gguf", repository="TheBloke/Mistral-7B-v0.1-GGUF")
    with pytest.raises(ModelUnavailable) as failure:
        require_file(spec, settings)
    folder = settings.home / "models"
    assert str(failure.value) == (
        f"There is no file {folder}/m.Q4_K_M.gguf for mistral. Get it with `python -m models pull mistral`."
    )


def test_a_file_of_unknown_origin_is_for_the_user_to_put_there(settings: Settings) -> None:
    with pytest.raises(ModelUnavailable, match="correct its `file` in the settings"):
        require_file(ModelSpec(name="mine", file="mine.gguf"), settings)


def test_a_folder_is_no_file(settings: Settings) -> None:
    (settings.models_folder / "mine.gguf").mkdir(parents=True)
    with pytest.raises(ModelUnavailable, match="There is no file"):
        require_file(ModelSpec(name="mine", file="mine.gguf"), settings)


def test_a_file_name_lies_in_the_models_folder_and_a_path_where_it_says(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    found = {
        file: model_path(ModelSpec(file=file), settings)
        for file in ("m.gguf", "sub/m.gguf", "/data/m.gguf", "~/m.gguf", "~nobody-of-this-name/m.gguf")
    }
    assert found == {
        "m.gguf": settings.home / "models" / "m.gguf",
        "sub/m.gguf": settings.home / "models" / "sub" / "m.gguf",
        "/data/m.gguf": Path("/data/m.gguf"),
        "~/m.gguf": tmp_path / "user" / "m.gguf",
        "~nobody-of-this-name/m.gguf": settings.home / "models" / "~nobody-of-this-name" / "m.gguf",
    }


def test_a_file_that_is_there_is_returned(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    file.touch()
    assert require_file(ModelSpec(file=str(file)), settings) == file
