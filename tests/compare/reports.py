"""Finished runs made by hand, for the tests of their reports."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from compare.judge import Judgements
from compare.plan.plan import tasks_to_rows
from compare.plan.tasks import Task
from compare.report import FinishedRun
from compare.scores import SCORES, AnswerScores, Span
from compare.statistics import Vote
from generator.log.answer_log import Row
from retriever import Match, Passage
from tests.compare.rows import row

PRODUCTS = ("B0TEST0002", "B0TEST0001")
QUESTION = "Does it work?"


def finished(
    run_id: str,
    rows: list[Row],
    scores: list[AnswerScores] | None = None,
    products: tuple[str, ...] = PRODUCTS,
    product_name: str = "",
    judged: Judgements | None = None,
    votes: Sequence[Vote] = (),
    **run: Any,
) -> FinishedRun:
    """A run that asked the question about these products, twice."""
    stored = {
        "run_id": run_id,
        "started_at": datetime(2026, 1, 2, 3, 0, tzinfo=UTC),
        "plan": {"k": 5, "seed": 0, "scores": [], "command": "python -m compare --name example"},
        "tasks": tasks_to_rows([make_task(product, product_name) for product in products]),
        "conditions": [
            {
                "at": "2026-01-02T03:00:00+00:00",
                "load_average": 0.25,
                "cores": 2,
                "available_bytes": 20 * 2**30,
                "workers": [7],
            }
        ],
        "failures": [],
    }
    own = [{**one, "run_id": run_id} for one in rows]
    return FinishedRun({**stored, **run}, own, scores or [], judged, votes)


def make_task(product_id: str, product_name: str = "") -> Task:
    passage = Passage(product_id, "r1", 0, "It works.", 4.0, date(2025, 6, 7), "Ann", "hash")
    return Task(product_id, QUESTION, (Match(passage, 0.5),), 0.01, 2, product_name=product_name)


def scored(answer_id: int, *unsupported: Span, **values: float) -> AnswerScores:
    return AnswerScores(answer_id, {one.key: values.get(one.key) for one in SCORES}, unsupported)


def many(models: tuple[str, ...], questions: int, repeats: int, answer: str, passage: str) -> FinishedRun:
    """A run of as many answers, each question about a product of its own."""
    products = tuple(f"B0TEST{number:04}" for number in range(questions))
    passages = [{"review_id": f"r{n}", "number": 0, "score": 0.5, "text": passage} for n in range(5)]
    rows = [
        row(
            model,
            product_id=product,
            repeat=repeat,
            answer=answer,
            passages=passages,
            words_per_s=1.0 + index + repeat / 10 + number % 5 / 20,
            words=300 + repeat + number,
        )
        for index, model in enumerate(models)
        for number, product in enumerate(products)
        for repeat in range(repeats)
    ]
    return finished("many", rows, products=products)
