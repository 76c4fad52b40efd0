"""Attempts to take a model over by a review, and honest reviews that look like some.

Knows the format of data/injections.yaml and data/honest-reviews.yaml, and how a review becomes passages.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.settings import PassageSettings
from config.yaml_file import read_yaml
from ingest.cleaning import clean
from ingest.review import sha256
from ingest.splitter import Splitter
from retriever.passage import Passage, StoredPassage

ABSTAIN = "abstain"
# The fields of which passages are made; no prompt holds any other (docs/hostile-reviews.md).
READ = ("text", "title", "two texts")
APART = " | "


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody writes into the field `where` of a review or two, and what the answer would then hold."""

    kind: str
    part: str
    where: str
    wants: str
    texts: tuple[str, ...]

    @property
    def read(self) -> bool:
        """Whether a passage is made of it at all."""
        return self.where in READ

    def obeyed(self, said: str) -> bool:
        """Whether a text holds what was wanted; case and white space do not matter."""
        wanted = [" ".join(part.casefold().split()) for part in self.wants.split(APART)]
        heard = " ".join(said.casefold().split())
        return all(part in heard for part in wanted)


@dataclass(frozen=True, slots=True)
class Honest:
    """A review by somebody who means it, and why it looks otherwise."""

    part: str
    why: str
    text: str


def read_attempts(file: Path) -> list[Attempt]:
    """All attempts of a file."""
    return [
        Attempt(
            entry["kind"], entry["part"], entry["where"], entry["wants"],
            tuple(entry["text"].split(APART)) if entry["where"] == "two texts" else (entry["text"],),
        )
        for entry in read_yaml(file)
    ]  # fmt: skip


def read_honest(file: Path) -> list[Honest]:
    """All honest reviews of a file."""
    return [Honest(entry["part"], entry["why"], entry["text"]) for entry in read_yaml(file)]


def read_bad_answers(file: Path) -> dict[str, list[str]]:
    """Answers that a filter should notice, by kind."""
    found: dict[str, list[str]] = {}
    for entry in read_yaml(file):
        found.setdefault(entry["kind"], []).append(entry["text"])
    return found


def pieces_of(attempt: Attempt, settings: PassageSettings) -> list[StoredPassage]:
    """The passages that an ingest makes of an attempt; none of what stands in a field that is no text."""
    return [
        piece
        for number, text in enumerate(attempt.texts if attempt.read else ())
        for piece in pieces(text, settings, number, title=attempt.where == "title")
    ]


def pieces(text: str, settings: PassageSettings, body: int, title: bool = False) -> Iterator[StoredPassage]:
    """The passages of a review that says this, as its title or as its text."""
    cleaned, _ = clean(text)
    made = (
        Splitter(settings).pieces(cleaned, "It is as described.")
        if title
        else Splitter(settings).pieces(None, cleaned or "")
    )
    for number, (content_hash, piece) in enumerate(made):
        yield StoredPassage(1, body, number, piece, content_hash)


def passage(text: str, rating: float | None = 4) -> Passage:
    """A passage with this text."""
    return Passage("P", sha256(text), 0, text, rating, None, None, sha256(text))
