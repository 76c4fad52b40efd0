"""The language of a text, as it is written."""

import pytest

from ingest.language import detected_language

GERMAN = "Ich liebe diesen Kopfhörer, der Klang ist wirklich gut und der Akku hält lange"


# pycld2 0.42 takes a text for HTML unless `isPlainText` is set (its docstring): it reads nothing behind a "<"
# that no ">" ends, and a review with a heart or "less than" in it is in no language.
@pytest.mark.parametrize(
    "text", [f"<3 {GERMAN}", f"Akku < 5 Stunden. {GERMAN}", f"{GERMAN} <3", f"{GERMAN} & gut"]
)
def test_a_heart_is_no_tag(text: str) -> None:
    assert detected_language(text) == "de"
