"""`--help` explains every option and argument, of every command and of every program beside them."""

from pathlib import Path

import pytest

from docs.generate.commands import all_commands
from tests.docs.pages import ROOT
from tests.docs.programs import beginning_of_help, other_programs, parameters


def faults(words: str) -> list[str]:
    """What is wrong with the explanation of an option."""
    found = []
    if len(words.split()) < 2:
        found.append("says nothing")
    elif not words[0].isupper() and words[0].isalpha():
        found.append("begins small")
    if not words.endswith((".", "?")):
        found.append("is no sentence")
    return found


def test_what_is_a_fault() -> None:
    assert faults("Tokens of an answer.") == []
    assert faults("") == ["says nothing", "is no sentence"]
    assert faults("tokens of an answer") == ["begins small", "is no sentence"]


@pytest.mark.parametrize(("name", "command"), [pytest.param(*found, id=found[0]) for found in all_commands()])
def test_of_every_command(name: str, command: object) -> None:
    assert not faults(str(command.help).splitlines()[0])  # type: ignore[attr-defined]
    for param in command.params:  # type: ignore[attr-defined]
        assert not faults(param.help or ""), f"{name} {param.name}: {param.help}"


@pytest.mark.parametrize(
    "file", [pytest.param(file, id=str(file.relative_to(ROOT))) for file in other_programs()]
)
def test_of_every_other_program(file: Path) -> None:
    assert len(beginning_of_help(file).split()) > 5, beginning_of_help(file)
    for one in parameters(file):
        assert not faults(one.help), f"{one.program} {one.names}: {one.help}"


def test_the_programs_were_found() -> None:
    names = {file.stem for file in other_programs()}
    assert names >= {"coverage", "generation", "retrieval_speed", "train", "screenshots"}
    (runs, seed) = parameters(ROOT / "benchmarks" / "coverage.py")
    assert (runs.names, seed.names) == (("--runs",), ("--seed",))
