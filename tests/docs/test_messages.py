"""Every message says what went wrong, where, and what to do, as far as a program can tell."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from docs.generate.messages import Message, kinds, messages
from models.catalogue.catalogue import catalogue

# What ends a sentence by itself: these give its rest, full stop included.
ENDS = re.compile(
    r"[.?]$|\{(did_you_mean|how_to_get|_first_problem|_others|_suggestion)\([^{}]*\)\}$|\{(remedy|hint)\}$"
)
# What a person can do, or a command to type.
REMEDY = re.compile(
    r"`|--|\b(a[ds]k|bring|check|choose|correct|fetch|force|free|give|install|leave|make|mend|name|put|raise|run|"
    r"set|shorten|start|stop|take|try|use|wait|expected|needs?|must|most)\b",
    re.IGNORECASE,
)


def faults(text: str) -> list[str]:
    """What a program can tell is wrong with a message."""
    found = []
    if not ENDS.search(text):
        found.append("is no sentence")
    if not re.search(r"[{\d]", text) and not REMEDY.search(text):
        found.append("names neither a value nor what to do")
    if re.search(r"\b(invalid|illegal|bad|wrong) (input|value|argument)\b", text, re.IGNORECASE):
        found.append("says that it is wrong, not what is expected")
    return found


def test_what_is_a_fault() -> None:
    assert faults("There is no file {path}. Fetch it with `python -m models pull {name}`.") == []
    assert faults("There is no model '{name}'{did_you_mean(name, known)}") == []
    assert faults("Something went wrong.") == ["names neither a value nor what to do"]
    assert faults("{path} cannot be read: {reason}") == ["is no sentence"]
    assert faults("{key}: invalid value.") == ["says that it is wrong, not what is expected"]


WHOLE = "tells what another error says, a sentence with a remedy"
PIECE = "stands behind the address, in the sentence of who catches it"
KNOWN: Mapping[str, str] = {
    "{reply.reason}": WHOLE,
    "{shown}: {error}": WHOLE,
    "{path}: {error}": WHOLE,
    "{spec.name} answered nothing: {levels[0].reasons[0]}": WHOLE,
    "The settings' guard: {error}": WHOLE,
    "This answer is not in the answer log. {error}": WHOLE,
    "its header does not end where a header should.": PIECE,
    "the server does not tell how long the file is.": PIECE,
    "{name} cannot run here: {entry.remark}": "a remark of models/catalogue/catalogue.yaml is a sentence",
    "{self.place}: {' '.join(str(error).split()) or type(error).__name__}": "PostgreSQL's own words",
    "The model's process ended by {how}.{hint} The next question starts it anew. "
    "Its last words: {last_words}":
        "llama.cpp's own words, behind what to do",
}  # fmt: skip


@pytest.mark.parametrize("message", messages(), ids=lambda one: f"{one.file}: {one.text[:60]}")
def test_every_message(message: Message) -> None:
    assert bool(faults(message.text)) == (message.text in KNOWN), message


def test_no_reason_is_left_over() -> None:
    assert KNOWN.keys() <= {one.text for one in messages()}
    assert all(entry.remark.endswith(".") for entry in catalogue().values() if entry.remark)
    assert len(messages()) > 120


def test_how_texts_are_found(tmp_path: Path) -> None:
    for package in ("config", "database", "retriever", "ingest", "models", "generator", "compare", "app"):
        (tmp_path / package).mkdir()
    (tmp_path / "config" / "errors.py").write_text(
        'class UserError(Exception):\n    """Base."""\nclass Busy(UserError):\n    """It is busy."""\n'
    )
    (tmp_path / "app" / "page.py").write_text(
        "def one(name):\n    raise Busy(f'{name} is busy. ' + ('Wait.' if name else 'Stop it.'))\n"
        "def two(error):\n    raise Busy(_words(error)) from error\n"
        "def _words(error):\n    if error:\n        return f'Broken: {error}.'\n    return 'Whole.'\n"
        "def three(kind: type, what):\n    return kind(quoted(f'The server {what}.'))\n"
        "def four():\n    raise three(Busy, 'left')\n"
        "def five():\n    what = 'Late.'\n    raise Busy(what)\n    raise ValueError('not for people')\n"
    )
    assert kinds(tmp_path) == {"Busy": "It is busy."}
    assert [one.text for one in messages(tmp_path)] == [
        "{name} is busy. Wait.", "{name} is busy. Stop it.", "Broken: {error}.", "Whole.",
        "The server {what}.", "Late.",
    ]  # fmt: skip
