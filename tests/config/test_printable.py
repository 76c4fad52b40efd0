"""What an error says first, of all that it says."""

import pytest

from config.printable import first_line


@pytest.mark.parametrize("text", ["It broke.", "It broke.\nHere.", "\n  \nIt broke.\n"])
def test_the_first_line_that_says_something(text: str) -> None:
    assert first_line(ValueError(text)) == "It broke."


@pytest.mark.parametrize("text", ["", "\n", " "])
def test_what_says_nothing_is_told_by_its_kind(text: str) -> None:
    assert first_line(ValueError(text)) == "ValueError"
