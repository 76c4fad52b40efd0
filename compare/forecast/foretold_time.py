"""How long a contestant's part of a plan will take, as far as its earlier answers on this machine tell.

Knows the answer log's columns; loads nothing.
"""

from collections.abc import Iterator, Sequence
from statistics import median

from compare.forecast.prompt_sizes import PromptSizes
from compare.plan.contestant import Contestant, logged_name
from compare.plan.plan import Plan
from generator import AnswerLog
from generator.log.answer_log import Row
from models.llama_process import machine_name


def seconds_foretold(
    plan: Plan, contestant: Contestant, sizes: PromptSizes | None, log: AnswerLog
) -> float | None:
    """Loading and all answers; None where nothing alike was done before.

    Several at a time go at the pace of earlier throughput runs; one at a time, at the measured speeds of
    single answers. An answer is taken to be as long as the earlier ones.
    """
    earlier = [
        row
        for row in log.select(model=contestant.spec.name)
        if logged_name(row["model"], row["answers"], row["model_settings"]) == contestant.name
        and row["machine"] == machine_name()
    ]
    if plan.mode == "throughput":
        return _together(plan, [row for row in earlier if row["mode"] == "throughput"])
    alone = [row for row in earlier if row["mode"] == "measured" and not row["shared"]]
    return _one_by_one(plan, contestant, sizes, alone)


def _one_by_one(
    plan: Plan, contestant: Contestant, sizes: PromptSizes | None, earlier: Sequence[Row]
) -> float | None:
    """With a warm-up: tokens over the medians of earlier speeds, or times of answers.

    An answer is never longer than `max_tokens`.
    """
    if not earlier:
        return None
    load_s = _median(earlier, "load_s") or 0.0
    answers = sum(task.repeats for task in plan.tasks) + 1
    prefill, decode, n_out = (_median(earlier, key) for key in ("prefill_tok_s", "decode_tok_s", "n_out"))
    if sizes is None or not prefill or not decode or n_out is None:
        e2e_s = _median(earlier, "e2e_s")
        return None if e2e_s is None else load_s + answers * e2e_s
    read = sum((size or 0) * task.repeats for size, task in zip(sizes.tokens, plan.tasks, strict=True)) + max(
        sizes.fitting, default=0
    )
    return load_s + read / prefill + answers * min(n_out, contestant.spec.max_tokens) / decode


def _together(plan: Plan, earlier: Sequence[Row]) -> float | None:
    """Answers over the median pace of earlier throughput runs."""
    paces = list(_paces(earlier))
    if not paces:
        return None
    load_s = _median(earlier, "load_s") or 0.0
    return load_s + sum(task.repeats for task in plan.tasks) / median(paces)


def _paces(rows: Sequence[Row]) -> Iterator[float]:
    """Answers per second of each run, from the beginning of its first answer to the end of the last."""
    runs: dict[str, list[Row]] = {}
    for row in rows:
        if row["run_id"] and row["e2e_s"] is not None:
            runs.setdefault(row["run_id"], []).append(row)
    for answers in runs.values():
        ends = [row["answered_at"].timestamp() for row in answers]
        begun = min(end - row["e2e_s"] for end, row in zip(ends, answers, strict=True))
        if (duration := max(ends) - begun) > 0:
            yield len(answers) / duration


def _median(rows: Sequence[Row], key: str) -> float | None:
    known = [row[key] for row in rows if row[key] is not None]
    return median(known) if known else None
