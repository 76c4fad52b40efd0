"""A file's hash is that of its content, computed once."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from models.gguf.identity import file_sha256


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_the_hash_is_that_of_the_content_and_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, home = tmp_path / "m.gguf", tmp_path / "new" / "home"
    file.write_bytes(b"weights")
    assert file_sha256(file, home) == sha256(b"weights")
    monkeypatch.setattr(hashlib, "file_digest", None)
    assert file_sha256(file, home) == sha256(b"weights")
    assert [path.name for path in home.iterdir()] == ["model-hashes.json"]


def test_a_changed_file_is_hashed_anew(tmp_path: Path) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(b"one")
    file_sha256(file, tmp_path)
    file.write_bytes(b"two")
    os.utime(file, (1, 1))
    assert file_sha256(file, tmp_path) == sha256(b"two")
    file.write_bytes(b"three")
    os.utime(file, (1, 1))
    assert file_sha256(file, tmp_path) == sha256(b"three")


@pytest.mark.parametrize("damage", [b"", b"[1]", b"\xff", b'{"a": '])
def test_a_damaged_memory_is_forgotten(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "model-hashes.json").write_bytes(damage)
    file = tmp_path / "m.gguf"
    file.write_bytes(b"weights")
    assert file_sha256(file, tmp_path) == sha256(b"weights")
    assert file_sha256(file, tmp_path) == sha256(b"weights")


def test_a_home_that_cannot_be_written_to_costs_no_answer(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file is in the way")
    file = tmp_path / "m.gguf"
    file.write_bytes(b"weights")
    assert file_sha256(file, tmp_path / "home") == sha256(b"weights")


@pytest.mark.parametrize("entry", [5, [], [7], [7, 1, None], "text", {}])
def test_an_entry_that_says_something_else_is_not_believed(tmp_path: Path, entry: object) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(b"weights")
    os.utime(file, ns=(1, 1))
    (tmp_path / "model-hashes.json").write_text(json.dumps({str(file): entry}))
    assert file_sha256(file, tmp_path) == sha256(b"weights")
