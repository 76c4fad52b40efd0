"""A memory in a file: written whole or not at all, and lost where it is damaged."""

from pathlib import Path

import pytest

from models.json_file import read_object, write_object


def test_what_was_written_is_read(tmp_path: Path) -> None:
    file = tmp_path / "new" / "memory.json"
    assert read_object(file) == {}
    write_object(file, {"größer": [1, 2.5, None]})
    assert read_object(file) == {"größer": [1, 2.5, None]}
    assert [path.name for path in file.parent.iterdir()] == ["memory.json"]


def test_a_failure_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "memory.json"
    write_object(file, {"kept": 1})
    with pytest.raises(TypeError):
        write_object(file, {"lost": object()})
    assert read_object(file) == {"kept": 1}
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("damage", [b"", b"[1]", b"\xff", b'{"a": '])
def test_what_is_damaged_is_forgotten(damage: bytes, tmp_path: Path) -> None:
    (tmp_path / "memory.json").write_bytes(damage)
    assert read_object(tmp_path / "memory.json") == {}
