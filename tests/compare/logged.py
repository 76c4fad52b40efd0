"""Answers made by hand and logged for real."""

from typing import Any

from config import ModelSpec
from database import Database
from generator import Answer, AnswerLog
from generator.measured import Memory, Timing
from generator.verbatim.sentences import Sentence
from retriever import Match, Passage

GIB = 2**30


def log_answer(
    database: Database,
    model: str = "a",
    *,
    speed: float = 10.0,
    product: str = "B01",
    run: str | None = None,
    contestant: str | None = None,
    repeat: int = 0,
    memory: int | None = 4 * GIB,
    kind: str = "gguf",
    quoted: int = 0,
    prompt: str | None = None,
    **changes: Any,
) -> int:
    """Log an answer of eleven tokens after one second, at `speed` tokens per second; returns its id.

    With `quoted` sentences it is a verbatim one.
    """
    matches = tuple(
        Match(Passage(product, f"r{n}", 0, "It works.", 4, None, None, content_hash="00"), 0.5)
        for n in range(9)
    )
    given: dict[str, Any] = {
        "question": "Does it work?",
        "text": "It works [1].",
        "stop_reason": "end",
        "mode": "interactive",
        "shared": False,
        "answers": "verbatim" if quoted or kind == "extractive" else "free",
        "quotes": tuple(Sentence(n + 1, 0, 9, "It works.") for n in range(quoted)),
    } | changes
    answer = Answer(
        model=model,
        matches=matches,
        dropped=0,
        timing=Timing(1.0, 1.0, 1.0 + 10 / speed, n_prompt=100, n_prompt_reused=0, n_out=11, threads=2),
        memory=None if memory is None else Memory(memory, None, GIB, GIB, GIB),
        predicted_bytes=memory,
        load_s=None if memory is None else 2.0,
        queue_s=0,
        **given,
    )
    keys = {"gguf": {"file": f"{model}.gguf"}, "openai": {"url": "http://localhost:1/v1"}}.get(kind, {})
    fields = {"name": model, "kind": kind, "answers": answer.answers, "prompt": prompt}
    spec = ModelSpec.model_validate(fields | keys)
    return AnswerLog(database).record(answer, spec, product, 0.01, run, contestant, repeat)
