"""`python -m models`: what is there, what is not, what is damaged."""

from pathlib import Path

import pytest

from config import load_settings
from models.__main__ import list_models, tiny


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models folder of a fresh home."""
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path))
    return tmp_path / "models"


def test_tiny_writes_the_random_models_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny()
    assert capsys.readouterr().out.count("random weights") == 3
    random = {spec.file for spec in load_settings().models.values() if spec.random_weights}
    assert {file.name for file in folder.iterdir()} == random
    tiny()
    assert capsys.readouterr().out == ""


def test_a_folder_in_brackets_is_shown_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path / "[home]"))
    tiny()
    assert capsys.readouterr().out.count("/[home]/models/tiny-") == 3


def test_list_shows_a_damaged_file_and_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny()
    with (folder / "tiny-mistral.gguf").open("r+b") as file:
        file.truncate(100_000)
    capsys.readouterr()
    list_models()
    shown = capsys.readouterr().out
    assert "0.77 million" in shown
    assert f"tiny-mistral: {folder}/tiny-mistral.gguf is not a usable GGUF file" in shown
    assert "`python -m models pull mistral`" in shown
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
    entry = "{file: m.gguf, random_weights: llama, n_ctx: %d}"
    settings.write_text(f"models: {{long: {entry % 8192}, right: {entry % 4096}}}")
    monkeypatch.setenv("REVIEWDUEL_SETTINGS", str(settings))
    tiny()
    list_models()
    shown = capsys.readouterr().out
    assert "long: Its context of 8,192 tokens is longer than the 4,096 that it was trained for" in shown
    assert "right: Its" not in shown
