"""Which models the page Ask has chosen when it is first opened."""

from pathlib import Path

import pytest

from app import resources
from app.ask import form
from config import load_settings


def test_a_model_of_this_machine_and_the_built_in_one_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path))
    settings = load_settings()
    monkeypatch.setattr(resources, "settings", lambda: settings)
    folder = settings.models_folder
    folder.mkdir()
    assert form._usual_models(resources.usable_models()) == ("extractive",)
    (folder / "SmolLM2-135M-Instruct.Q4_1.gguf").touch()
    assert form._usual_models(resources.usable_models()) == ("smollm2", "extractive")
    (folder / "mistral-7b-v0.1.Q4_K_M.gguf").touch()
    assert form._usual_models(resources.usable_models()) == ("mistral", "smollm2")
