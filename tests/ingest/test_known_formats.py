"""Each export that is said to be recognised is read without an option, as its owner means it."""

from pathlib import Path
from typing import Any

import pytest

from config.yaml_file import read_keys
from ingest import LeftOut, Review, ReviewFile
from ingest.columns import known_names
from ingest.dry_run import dry_run

EXAMPLES: dict[str, dict[str, Any]] = read_keys(Path(__file__).with_name("known_formats.yaml"), "")


def test_every_format_has_an_example() -> None:
    assert {one.name for one in known_names().formats} == EXAMPLES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_known_format_needs_no_option(name: str, tmp_path: Path) -> None:
    example = EXAMPLES[name]
    path = tmp_path / example["file"]
    path.write_bytes(example["text"].encode(example.get("encoding", "utf-8")))
    with ReviewFile(path) as file:
        assert file.columns.format and file.columns.format.name == name
        rows = list(file)
    found = [
        [row.listing.ids[0], row.rating, row.written_on, row.reviewer, row.text]
        for row in rows
        if isinstance(row, Review)
    ]
    assert found == example["reviews"]
    assert sum(isinstance(row, LeftOut) for row in rows) == example.get("left_out", 0)
    assert len(rows) == len(found) + example.get("left_out", 0)
    with ReviewFile(path) as file:
        assert dry_run(file).reviews == len(found)
