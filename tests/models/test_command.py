"""`python -m models`: what is there, what is not, what is damaged."""

from pathlib import Path

import pytest

from models.__main__ import list_models
from tests.random_weights import write_random_model


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models folder of a fresh home."""
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path))
    return tmp_path / "models"


def test_a_folder_in_brackets_is_shown_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path / "[home]"))
    list_models()
    assert f"Looked in {tmp_path}/[home]/models" in capsys.readouterr().out


def test_list_shows_a_damaged_file_and_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # One is in the settings, the other in the catalogue.
    damaged, whole = folder / "mistral-7b-v0.1.Q4_K_M.gguf", folder / "SmolLM2-135M-Instruct.Q4_1.gguf"
    for path in (damaged, whole):
        write_random_model(path, "llama")
    with damaged.open("r+b") as file:
        file.truncate(100_000)
    list_models()
    shown = capsys.readouterr().out
    assert "│ smollm2 " in shown and "0.77 million" in shown
    assert f"mistral: {damaged} is not a usable GGUF file" in shown
    assert "`python -m models pull llama`" in shown
    assert f"Looked in {folder}" in shown


def test_a_name_in_brackets_is_shown_as_it_is(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text('models: {"mine[bold]": {kind: openai, url: "http://127.0.0.1:9/v1"}}')
    monkeypatch.setenv("REVIEWDUEL_SETTINGS", str(settings))
    list_models()
    assert "mine[bold] (remote)" in capsys.readouterr().out


def test_a_context_beyond_the_trained_one_is_said(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "settings.yaml"
    entry = "{file: m.gguf, n_ctx: %d}"
    settings.write_text(f"models: {{long: {entry % 8192}, right: {entry % 4096}}}")
    monkeypatch.setenv("REVIEWDUEL_SETTINGS", str(settings))
    write_random_model(folder / "m.gguf", "llama")
    list_models()
    shown = capsys.readouterr().out
    assert "long: Its context of 8,192 tokens is longer than the 4,096 that it was trained for" in shown
    assert "right: Its" not in shown
