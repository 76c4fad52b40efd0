"""What a report's figures must not be read without: the machine, the command, versions, hashes.

Knows the log's columns; knows no statistics.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from compare.plan.contestant import contestant_of
from compare.plan.plan import tasks_of
from compare.report.finished import FinishedRun
from compare.run.machine import Conditions
from compare.statistics import ModelSummary
from config.counted import counted
from generator.figures import EXTRACTIVE, GROUNDED, REMOTE, VERBATIM
from generator.log.answer_log import Row

# Of a prompt's hash so many characters are enough to tell two apart.
_HASH = 8


@dataclass(frozen=True, slots=True)
class Fact:
    """A term and what is known of it, a line each."""

    term: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entrant:
    """Who took part; `badge`: the letter that stands for it in charts.

    `form`: "free", "verbatim" or "grounded". `settings`: how it was asked, in words. `file_sha256`: of the
    model's file, None where there is none.
    """

    badge: str
    name: str
    label: str
    form: str
    settings: str
    engine: str
    file_sha256: str | None


def entrants(summaries: Sequence[ModelSummary], rows: Sequence[Row]) -> tuple[Entrant, ...]:
    """In the order given, which gives them their letters."""
    return tuple(_entrant(index, summary, rows) for index, summary in enumerate(summaries))


def _entrant(index: int, summary: ModelSummary, rows: Sequence[Row]) -> Entrant:
    row = next(one for one in rows if contestant_of(one) == summary.name)
    badge = chr(ord("A") + index) if index < 26 else str(index + 1)
    return Entrant(
        badge,
        summary.name,
        summary.label,
        summary.answering,
        ", ".join(_settings(row["model_settings"])),
        row.get("engine") or "",
        row.get("file_sha256"),
    )


def _settings(settings: Mapping[str, object]) -> Iterator[str]:
    # The one without a language model has settings, and uses none of them.
    if settings.get("kind") == "extractive":
        return
    if file := settings.get("served_model") or settings.get("file"):
        yield str(file)
    if adapter := settings.get("adapter"):
        yield f"with the adapter {adapter} x {settings.get('adapter_scale', 1):g}"
    words = {"n_ctx": "context {}", "max_tokens": "at most {} tokens", "temperature": "temperature {}"}
    for key, form in words.items():
        if settings.get(key) is not None:
            yield form.format(settings[key])
    template = settings.get("template")
    if isinstance(template, Mapping):
        yield f"prompt {template['prompt']} {template['sha256'][:_HASH]}"


def facts(run: FinishedRun) -> tuple[Fact, ...]:
    """Of one run; what was not stored is left out."""
    found = (Fact(term, tuple(filter(None, values))) for term, values in _facts(run))
    return tuple(fact for fact in found if fact.values)


def _facts(run: FinishedRun) -> Iterator[tuple[str, Sequence[str]]]:
    plan, rows = run.run["plan"], run.rows
    if started := run.run.get("started_at"):
        yield "started", [_day_and_time(started)]
    yield "command", [plan.get("command", "")]
    yield "asked", [_asked(run)]
    yield "left out", plan.get("left_out", ())
    yield "passages", [f"{plan['k']} {plan.get('passages', 'passages')} for each question"]
    yield "timing", sorted({row["mode"] for row in rows})
    yield "seed", [str(plan["seed"])]
    yield "machine", _distinct(rows, "machine")
    yield "engine", _distinct(rows, "engine")
    threads = [str(count) for count in _distinct(rows, "threads")]
    yield "threads", [", ".join(threads)]
    conditions = [_conditions(one) for one in run.run.get("conditions", ())]
    yield "conditions", [f"{_day_and_time(datetime.fromisoformat(one.at))}: {one}" for one in conditions]
    yield "not idle", list(dict.fromkeys(warning for one in conditions for warning in one.warnings()))


def _asked(run: FinishedRun) -> str:
    rows = run.rows
    if not rows:
        return "nobody answered"
    asked = {(row["product_id"], row["question"]) for row in rows}
    products = {product for product, _ in asked}
    return (
        f"{counted(len(asked), 'question')} about {counted(len(products), 'product')}, "
        f"{counted(len(rows), 'answer')}{_unfinished(run)}"
    )


def _unfinished(run: FinishedRun) -> str:
    """So that nobody takes a part for the whole."""
    planned = len(run.run["plan"].get("models", ())) * sum(task.repeats for task in tasks_of(run.run))
    return f" of {planned:,} planned" if planned > len(run.rows) else ""


def _day_and_time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _distinct(rows: Sequence[Row], column: str) -> list[str]:
    return list(dict.fromkeys(row[column] for row in rows if row.get(column) is not None))


def _conditions(row: Row) -> Conditions:
    return Conditions(**{**row, "workers": tuple(row["workers"])})


def notes(summaries: Sequence[ModelSummary], rows: Sequence[Row]) -> tuple[str, ...]:
    """What must be read with these contestants' figures, a paragraph each."""
    remote = any(one.remote for one in summaries)
    found = {
        f"{REMOTE} The machine named here is the one that asked.": remote,
        EXTRACTIVE: any(one.kind == "extractive" for one in summaries),
        GROUNDED: any(one.answering == "grounded" for one in summaries),
        VERBATIM: any(one.answering == "verbatim" and one.kind != "extractive" for one in summaries),
        "Throughput: several answers were written at a time. The time of each alone is not known, so "
        "that speeds and times are missing here; memory is that of a process with room for all of them.": any(
            row["mode"] == "throughput" for row in rows
        ),
        "Some answers were given while others were being written: their times do not count.": any(
            row["shared"] and row["mode"] != "throughput" for row in rows
        ),
    }
    return tuple(note for note, holds in found.items() if holds)
