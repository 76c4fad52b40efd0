"""Plans made by hand, and models to carry them out."""

from pathlib import Path
from typing import Any

from compare.plan.contestant import Contestant
from compare.plan.plan import Plan
from compare.plan.tasks import Task
from config import ModelSpec, VerbatimSettings
from retriever import Match, Passage


def make_task(
    product_id: str = "B01", question: str = "Is it good?", repeats: int = 2, **fields: Any
) -> Task:
    """A task with two passages."""
    texts = ("The battery lasts two days.", "The screen broke.")
    matches = tuple(
        Match(Passage(product_id, f"r{n}", 0, text, 4.0, None, "Ann", f"h{n}"), score=1 - n / 3, agreeing=n)
        for n, text in enumerate(texts)
    )
    return Task(product_id, question, matches, 0.25, repeats, **fields)


def make_contestant(name: str, file: Path | str = "m.gguf", **fields: Any) -> Contestant:
    """A model whose answers are short."""
    spec = ModelSpec.model_validate(
        {"name": name, "file": str(file), "n_ctx": 2048, "max_tokens": 8} | fields
    )
    return Contestant(spec, spec.answers)


def make_plan(*contestants: Contestant, tasks: tuple[Task, ...] = (), **fields: Any) -> Plan:
    """Two tasks, measured, unless said otherwise."""
    given: dict[str, Any] = {"k": 2, "passages": "passages", "mode": "measured", "seed": 0} | fields
    return Plan(
        contestants=contestants,
        tasks=tasks or (make_task("B01"), make_task("B02")),
        verbatim=VerbatimSettings(),
        **given,
    )
