"""YAML that people write: read as it is meant, or refused in one sentence with the line."""

from pathlib import Path

import pytest

from config.errors import ConfigError
from config.yaml_file import parse_yaml, read_keys, read_yaml

REMEDY = "Name another one."


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.yaml"


def refused(file: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        read_yaml(file, REMEDY)
    sentence = str(caught.value)
    assert str(file) in sentence and "\n" not in sentence and "Errno" not in sentence
    return sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [2,\nb: 3\n", "line 3: did not find expected ',' or ']', while parsing a flow sequence"),
        ("a: b: c", "line 1: mapping values are not allowed"),
        ("a: 1\n\tb: 2", "line 2: "),
        ("a: 1\nb: \x07", r"line 2: the character U+0007 may not stand there"),
        ("a: 1\nb: 2\na: 3", "line 3: the key 'a' is there twice"),
        ("a: {b: 1, b: 2}", "line 1: the key 'b' is there twice"),
        # What PyYAML converts without looking.
        ("a: 1\nb: 2024-13-45", "line 2: this value is not what it looks like"),
        ("a: !!bool maybe", "line 1: this value is not"),
        ("a: !!timestamp soon", "line 1: this value is not"),
        ("a: " + "9" * 5000, "line 1: this value is not"),
        ("a: !!python/object/apply:os.getcwd []", "line 1: could not determine a constructor"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(text: str, said: str, file: Path) -> None:
    file.write_text(text, encoding="utf-8")
    sentence = refused(file)
    assert f"is not valid YAML, {said}" in sentence
    assert sentence.endswith("Check the brackets, quotes and indentation there.")


def test_another_encoding_is_told_with_its_line(file: Path) -> None:
    file.write_bytes("a: 1\nb: größer\n".encode("latin-1"))
    assert refused(file).endswith("is not UTF-8 in line 2. Save it in this encoding.")


def test_what_is_no_file_is_told_with_the_remedy(tmp_path: Path) -> None:
    assert refused(tmp_path / "none").endswith(
        "none cannot be read: No such file or directory. Name another one."
    )
    assert refused(tmp_path).endswith("cannot be read: Is a directory. Name another one.")
    with pytest.raises(ConfigError, match="embedded null byte"):
        read_yaml(Path("a\0b"), REMEDY)


def test_keys_or_nothing(file: Path) -> None:
    file.write_text("\ufeff1: one\nzwei: größer 😀\n", encoding="utf-8")
    assert read_keys(file, REMEDY) == {"1": "one", "zwei": "größer 😀"}
    file.write_text("# nothing yet\n")
    assert read_keys(file, REMEDY) == {}
    for other in ("- a", "5", "false", "[]"):
        file.write_text(other)
        with pytest.raises(ConfigError, match=r"mine\.yaml holds no keys: expected lines of 'key: value'"):
            read_keys(file, REMEDY)


def test_what_is_merged_may_come_twice() -> None:
    text = "x: {a: &a {<<: &z {k: 1}, k: 2}}\nb: {<<: *a}\nc: {<<: *z, k: 3}\n"
    assert parse_yaml(text) == {"x": {"a": {"k": 2}}, "b": {"k": 2}, "c": {"k": 3}}
