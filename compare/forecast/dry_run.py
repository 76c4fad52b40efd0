"""`--dry-run`: a plan and its forecast in words, for people. Knows tables; finds nothing out itself."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from compare.forecast.forecast import Forecast, JudgeForecast
from compare.forecast.prompt_sizes import PromptSizes
from compare.judge import CONTROLS
from compare.plan.plan import Plan
from compare.run.progress import in_words
from config.command import console
from config.counted import counted
from generator.backends.endpoint import CHARACTERS_PER_TOKEN
from models.memory.room import gib, this_machine


def print_forecast(
    plan: Plan, forecasts: Sequence[Forecast], judge: JudgeForecast | None = None, to: Console = console
) -> None:
    """Print what is asked, what each contestant and the judge take, and what must be known beforehand."""
    _print(_asked(plan), to)
    to.print(_table(sum(task.repeats for task in plan.tasks), forecasts, judge))
    for line in (*_remarks(plan, forecasts), *(_judge_remarks(judge) if judge else ())):
        _print(line, to)
    _print("Nothing was loaded, and nothing was stored.", to)


# As `models.memory.room` says it, for a narrow column.
_FITS = {"": "-", "fits": "yes", "tight": "tightly", "does not fit": "no"}


def _print(line: str, to: Console) -> None:
    to.print(line, soft_wrap=True)


def _asked(plan: Plan) -> str:
    products = len({task.product_id for task in plan.tasks})
    asked = sum(task.repeats for task in plan.tasks)
    unit = "whole reviews" if plan.passages == "reviews" else "passages"
    return (
        f"{counted(len(plan.contestants), 'contestant')}, {counted(len(plan.tasks), 'question')} about "
        f"{counted(products, 'product')}, {counted(asked, 'answer')} of each with the repeats: "
        f"{counted(plan.answers, 'answer')}. "
        f"Timing: {plan.mode}{', several at a time' if plan.mode == 'throughput' else ''}; seed {plan.seed}; "
        f"{plan.k} {unit} for each question."
    )


def _table(asked: int, forecasts: Sequence[Forecast], judge: JudgeForecast | None) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("contestant", no_wrap=True)
    for heading in ("prompts", "tokens each", "in all", "memory", "fits", "time"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in forecasts:
        spec = one.contestant.spec
        table.add_row(
            one.contestant.name,
            f"{asked:,}",
            _each(one.sizes),
            _read(one.sizes, asked),
            "remote" if spec.remote else "the embedder's" if spec.kind == "extractive" else _memory(one),
            _FITS[one.verdict],
            "-" if one.seconds is None else in_words(one.seconds),
        )
    if judge:
        table.add_row(
            f"{judge.judge.name}, judge",
            f"{judge.prompts:,}",
            _range([*judge.sizes.rating, *(judge.sizes.pair if judge.pairs else ())], judge.sizes.counted),
            f"{judge.tokens:,}",
            "remote" if judge.judge.remote else _memory(judge),
            _FITS[judge.verdict],
            "-",
        )
    return table


def _each(sizes: PromptSizes | None) -> str:
    return _range(sizes.fitting, sizes.counted) if sizes and sizes.fitting else "-"


def _range(tokens: Sequence[int], counted: bool) -> str:
    low, high = min(tokens), max(tokens)
    about = "" if counted else "~"
    return f"{about}{low:,}" if low == high else f"{about}{low:,} to {high:,}"


def _read(sizes: PromptSizes | None, asked: int) -> str:
    if sizes is None or not sizes.tokens:
        return "-"
    return f"{round(sum(sizes.fitting) * asked / len(sizes.tokens)):,}"


def _memory(one: Forecast | JudgeForecast) -> str:
    return gib(one.memory.process) if one.memory else "-"


def _remarks(plan: Plan, forecasts: Sequence[Forecast]) -> Iterator[str]:
    if plan.mode == "throughput":
        together = [f"{one.contestant.name} {one.at_once}" for one in forecasts]
        yield f"Answers written at a time: {', '.join(together)}."
    for one in forecasts:
        name, sizes = one.contestant.name, one.sizes
        yield from one.remarks
        yield from _too_large(name, one)
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
        yield _unknown_time(plan, unknown)
    repeated = any(task.repeats > 1 for task in plan.tasks)
    cold = [one.name for one in plan.contestants if _certain(one.spec.temperature, one.answers)]
    if repeated and cold:
        yield f"Always the likeliest token: repeats measure speed alone for {', '.join(cold)}."


def _unknown_time(plan: Plan, names: Sequence[str]) -> str:
    if plan.mode == "throughput":
        return f"Time is not known for {', '.join(names)}: there was no throughput run on this machine yet."
    return (
        f"Time is not known for {', '.join(names)}: nothing was measured on this machine yet. "
        f"`python -m models probe {names[0]}` foretells the speed of a file."
    )


def _too_large(name: str, one: Forecast | JudgeForecast) -> Iterator[str]:
    if one.verdict == "does not fit" and one.memory:
        yield (
            f"{name} will not fit: it takes {gib(one.memory.process)}, and {gib(this_machine().size)} "
            "are free. `python -m models fit` says what would."
        )


def _judge_remarks(one: JudgeForecast) -> Iterator[str]:
    name, n_ctx = one.judge.name, one.judge.n_ctx
    yield from one.remarks
    yield from _too_large(name, one)
    yield (
        f"{name} judges: it marks {one.ratings:,} answers and compares {one.pairs:,} pairs in both orders, "
        f"{one.prompts:,} prompts. The answers in them come on top of the tokens above."
    )
    yield (
        one.trial.said_of(name)
        if one.trial
        else f"{name} is first asked about {len(CONTROLS)} pairs with an obviously right answer. If it goes "
        "by their places, that is said before its marks."
    )
    if one.longest_prompt > n_ctx:
        yield (
            f"{name}: answers of {one.longest} tokens may make a prompt of {one.longest_prompt:,}, its "
            f"context has {n_ctx:,}. What does not fit gets no mark."
        )


def _certain(temperature: float, answers: str) -> bool:
    """Whether every repeat says the same: a choice of sentences is always the likeliest."""
    return temperature == 0 or answers == "verbatim"
