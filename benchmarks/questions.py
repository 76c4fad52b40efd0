"""The hand-labelled questions of data/questions.yaml, with the passages and sentences they are asked about.

Knows the file's format and how reviews become passages; knows nothing of models.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.settings import PassageSettings
from config.yaml_file import read_yaml
from generator.verbatim.sentences import Sentence, split_sentences
from ingest.review import Review, sha256
from ingest.review_file import ReviewFile
from ingest.splitter import Splitter
from retriever import Match
from retriever.passage import Passage, prose

# Of a review's hash, how much names it.
NAME_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question, the passages shown, their sentences, and the numbers, from 0, of the evidence."""

    product: str
    question: str
    kind: str
    matches: tuple[Match, ...]
    sentences: tuple[Sentence, ...]
    evidence: frozenset[int]


def read_questions(questions: Path, reviews: Path, settings: PassageSettings) -> list[Labelled]:
    """All questions, with the named reviews split as `python -m ingest` splits them.

    A sentence is evidence if it overlaps a labelled quote. Raises BadReviewFile; ValueError for a quote that
    does not stand in its review.
    """
    with ReviewFile(reviews) as file:
        texts = [review for review in file if isinstance(review, Review)]
    by_name = {sha256(prose(review.title, review.text or ""))[:NAME_LENGTH]: review for review in texts}
    entries = read_yaml(questions)
    splitter = Splitter(settings)
    return [_labelled(entry, by_name, splitter) for entry in entries]


def _labelled(entry: dict[str, Any], by_name: dict[str, Review], splitter: Splitter) -> Labelled:
    matches: list[Match] = []
    quoted: list[tuple[int, int, int]] = []
    for name in entry["reviews"]:
        review = by_name[name]
        quotes = [label["quote"] for label in entry["evidence"] if label["review"] == name]
        pieces = list(_pieces(review, splitter))
        spans = [_span(quote, review) for quote in quotes]
        for number, (start, text) in enumerate(pieces):
            passage = Passage(
                entry["product"], name, number, text, review.rating, review.written_on, None, sha256(text)
            )
            # All are shown, so a score would say nothing.
            matches.append(Match(passage, score=0.0))
            quoted += [(len(matches), begin - start, end - start) for begin, end in spans]
    sentences = split_sentences([match.passage for match in matches])
    evidence = {
        index
        for index, sentence in enumerate(sentences)
        if any(_overlap(sentence, *quote) for quote in quoted)
    }
    return Labelled(
        entry["product"], entry["question"], entry["kind"], tuple(matches), sentences, frozenset(evidence)
    )


def _pieces(review: Review, splitter: Splitter) -> Iterator[tuple[int, str]]:
    """The review's passages, and where each begins in its prose."""
    whole, position = prose(review.title, review.text or ""), 0
    for text in splitter.split(whole):
        position = whole.index(text, position)
        yield position, text


def _span(quote: str, review: Review) -> tuple[int, int]:
    whole = prose(review.title, review.text or "")
    start = whole.find(quote)
    if start < 0:
        raise ValueError(f"No such words in the review: {quote!r}")
    return start, start + len(quote)


def _overlap(sentence: Sentence, passage: int, begin: int, end: int) -> bool:
    return sentence.passage == passage and sentence.start < end and begin < sentence.end


def chosen_numbers(labelled: Labelled, quotes: Sequence[Sentence]) -> frozenset[int]:
    """The numbers of an answer's quotes among the question's sentences."""
    return frozenset(index for index, sentence in enumerate(labelled.sentences) if sentence in quotes)
