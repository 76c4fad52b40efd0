"""What a run asks: questions about products, with the passages that every contestant gets.

Knows how passages are found; knows nothing of models.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from compare.plan.experiment import PRODUCTS, REPEATS, Experiment
from compare.scores.expectation import UNKNOWN, Expectation, SetQuestion, Tier, Trap, read_question_set
from config.errors import UserError
from retriever import Match, Passage, Retriever
from retriever.passage import Retrieval
from retriever.reviews import retrieve_reviews

# Product id and question: no two tasks of a run have both.
TaskKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Task:
    """One question about one product, which every contestant answers `repeats` times.

    `retrieval_s`: seconds that finding `matches` took. `tier`, `trap` and `expectation` are the question
    set's, where it says so. `product_name`: for who reads.
    """

    product_id: str
    question: str
    matches: tuple[Match, ...]
    retrieval_s: float
    repeats: int = REPEATS
    tier: Tier | None = None
    trap: Trap | None = None
    expectation: Expectation = UNKNOWN
    product_name: str = ""

    @property
    def key(self) -> TaskKey:
        """What it is known by in its run."""
        return self.product_id, self.question


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question before its passages are found; `entry`: where a question set says more about it."""

    product_id: str
    question: str
    entry: SetQuestion | None = None


def prepare_tasks(retriever: Retriever, experiment: Experiment, k: int) -> tuple[Task, ...]:
    """Retrieve once per question: the same passages for every model are what makes a comparison fair.

    Raises UserError if there is nothing to ask, and what the question set or the retriever raise.
    """
    if isinstance(experiment.questions, Path):
        asked = list(_from_set(retriever, experiment.questions, experiment))
    else:
        chosen = _products(retriever, experiment) or [one.product_id for one in retriever.products(PRODUCTS)]
        asked = [_Asked(product_id, question) for product_id in chosen for question in experiment.questions]
    if not asked:
        raise UserError(
            "There is nothing to ask: no product, or no question about these products. "
            "Products come in by: python -m ingest FILE.csv"
        )
    # The same question twice would be one more repeat of it.
    each_once = {(one.product_id, one.question): one for one in asked}.values()
    return tuple(_task(retriever, one, experiment, k) for one in each_once)


def _products(retriever: Retriever, experiment: Experiment) -> list[str] | None:
    """Ids of the products that the experiment names or counts; None if it does neither."""
    if isinstance(experiment.products, int):
        return [product.product_id for product in retriever.products(experiment.products)]
    if experiment.products:
        return [retriever.product(name).product_id for name in experiment.products]
    return None


def _from_set(retriever: Retriever, file: Path, experiment: Experiment) -> Iterator[_Asked]:
    chosen = _products(retriever, experiment)
    for entry in read_question_set(file):
        product_id = retriever.product(entry.product).product_id
        if chosen is None or product_id in chosen:
            yield _Asked(product_id, entry.question, entry)


def _task(retriever: Retriever, asked: _Asked, experiment: Experiment, k: int) -> Task:
    found = _retrieve(retriever, asked, experiment, k)
    entry = asked.entry
    name = retriever.product(asked.product_id).name
    if entry is None:
        repeats = experiment.repeats or REPEATS
        return Task(
            asked.product_id, asked.question, found.matches, found.retrieval_s, repeats, product_name=name
        )
    return Task(
        product_id=asked.product_id,
        question=asked.question,
        matches=(*_planted(asked.product_id, entry.planted), *found.matches),
        retrieval_s=found.retrieval_s,
        repeats=experiment.repeats or entry.repeats,
        tier=entry.tier,
        trap=entry.trap,
        expectation=entry.expectation,
        product_name=name,
    )


def _retrieve(retriever: Retriever, asked: _Asked, experiment: Experiment, k: int) -> Retrieval:
    if experiment.passages == "reviews":
        return retrieve_reviews(retriever, asked.product_id, asked.question, k)
    return retriever.retrieve(asked.product_id, asked.question, k)


def _planted(product_id: str, texts: Sequence[str]) -> Iterator[Match]:
    """Texts as if the search had found them in reviews, before all others."""
    for number, text in enumerate(texts, start=1):
        content_hash = hashlib.sha256(text.encode()).hexdigest()
        passage = Passage(product_id, f"planted-{number}", 0, text, None, None, None, content_hash)
        yield Match(passage, score=0.0)
