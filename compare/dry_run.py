"""`--dry-run`: a plan and its forecast in words, for people. Knows tables; finds nothing out itself."""

from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from compare.forecast import Forecast
from compare.plan import Plan
from compare.progress import in_words
from compare.prompt_sizes import PromptSizes
from config.command import console
from generator.endpoint import CHARACTERS_PER_TOKEN
from models.room import gib, this_machine


def print_forecast(plan: Plan, forecasts: Sequence[Forecast]) -> None:
    """Print what is asked, what each contestant takes, and what must be known beforehand."""
    _print(_asked(plan))
    console.print(_table(forecasts, sum(task.repeats for task in plan.tasks)))
    for line in _remarks(plan, forecasts):
        _print(line)
    _print("Nothing was loaded, and nothing was stored.")


# As `models.room` says it, for a narrow column.
_FITS = {"": "-", "fits": "yes", "tight": "tightly", "does not fit": "no"}


def _print(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _asked(plan: Plan) -> str:
    products = len({task.product_id for task in plan.tasks})
    asked = sum(task.repeats for task in plan.tasks)
    unit = "whole reviews" if plan.passages == "reviews" else "passages"
    return (
        f"{len(plan.contestants)} contestants, {len(plan.tasks)} questions about {products} products, "
        f"{asked} answers of each with the repeats: {plan.answers} answers. "
        f"Timing: {plan.mode}; seed {plan.seed}; {plan.k} {unit} for each question."
    )


def _table(forecasts: Sequence[Forecast], asked: int) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("contestant", no_wrap=True)
    for heading in ("prompts", "tokens each", "in all", "memory", "fits", "time"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in forecasts:
        spec = one.contestant.spec
        table.add_row(
            escape(one.contestant.name),
            f"{asked:,}",
            _each(one.sizes),
            _read(one.sizes, asked),
            "remote" if spec.remote else "the embedder's" if spec.kind == "extractive" else _memory(one),
            _FITS[one.verdict],
            "-" if one.seconds is None else in_words(one.seconds),
        )
    return table


def _each(sizes: PromptSizes | None) -> str:
    if sizes is None or not sizes.fitting:
        return "-"
    low, high = min(sizes.fitting), max(sizes.fitting)
    about = "" if sizes.counted else "~"
    return f"{about}{low:,}" if low == high else f"{about}{low:,} to {high:,}"


def _read(sizes: PromptSizes | None, asked: int) -> str:
    if sizes is None or not sizes.tokens:
        return "-"
    return f"{round(sum(sizes.fitting) * asked / len(sizes.tokens)):,}"


def _memory(one: Forecast) -> str:
    return gib(one.memory.process) if one.memory else "-"


def _remarks(plan: Plan, forecasts: Sequence[Forecast]) -> Iterator[str]:
    for one in forecasts:
        name, sizes = one.contestant.name, one.sizes
        yield from one.remarks
        if one.verdict == "does not fit" and one.memory:
            yield (
                f"{name} will not fit: it takes {gib(one.memory.process)}, and {gib(this_machine().size)} "
                "are free. `python -m models fit` says what would."
            )
        if sizes and None in sizes.tokens:
            yield (
                f"{name}: {sizes.tokens.count(None)} of {len(sizes.tokens)} questions will not fit its "
                f"context of {one.contestant.spec.n_ctx} tokens, not even with one passage."
            )
        if sizes and sizes.dropped:
            yield f"{name}: {sizes.dropped} of the passages, the lowest-ranked, will not fit its context."
    if estimated := [one.contestant.name for one in forecasts if one.sizes and not one.sizes.counted]:
        yield (
            f"Tokens are estimated, at {CHARACTERS_PER_TOKEN} characters each, for {', '.join(estimated)}."
        )
    if unknown := [one.contestant.spec.name for one in forecasts if one.seconds is None]:
        yield (
            f"Time is not known for {', '.join(unknown)}: nothing was measured on this machine yet. "
            f"`python -m models probe {unknown[0]}` foretells the speed of a file."
        )
    repeated = any(task.repeats > 1 for task in plan.tasks)
    cold = [one.name for one in plan.contestants if _certain(one.spec.temperature, one.answers)]
    if repeated and cold:
        yield f"Always the likeliest token: repeats measure speed alone for {', '.join(cold)}."


def _certain(temperature: float, answers: str) -> bool:
    """Whether every repeat says the same: a choice of sentences is always the likeliest."""
    return temperature == 0 or answers == "verbatim"
