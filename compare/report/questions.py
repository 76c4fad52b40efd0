"""Every question with its passages and all answers, side by side. Knows the log's columns, and no format."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from compare.plan.contestant import contestant_of
from compare.plan.plan import tasks_of
from compare.plan.tasks import Task, TaskKey
from compare.report.annotation import Stretch, annotate
from compare.report.facts import Entrant
from compare.report.finished import FinishedRun
from compare.scores import Span
from compare.statistics import TIMED
from generator.figures import format_figure
from generator.log.answer_log import Row

_SHOWN = {"words": "words", "decode_tok_s": "tokens/s", "e2e_s": ""}


@dataclass(frozen=True, slots=True)
class Source:
    """A passage as the models got it; `about`: stars and day of its review, as far as they are known."""

    text: str
    about: str


@dataclass(frozen=True, slots=True)
class Sources:
    """What some answers were given, [1] first; `anchor` is their place in the report."""

    anchor: str
    passages: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """One answer. `anchor`: of its sources. `figures` and `remarks` in words, `unsupported` its sentences."""

    stretches: tuple[Stretch, ...]
    anchor: str
    figures: str
    remarks: tuple[str, ...]
    reasoning: str

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(piece.text for stretch in self.stretches for piece in stretch.pieces)

    @property
    def unsupported(self) -> tuple[str, ...]:
        """The sentences that no passage supports."""
        return tuple(
            "".join(piece.text for piece in stretch.pieces)
            for stretch in self.stretches
            if stretch.unsupported
        )


@dataclass(frozen=True, slots=True)
class Given:
    """All answers of a contestant to a question, repeats in their order; none if it gave none."""

    entrant: Entrant
    answers: tuple[ShownAnswer, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a product; `labels`: its tier and trap, where the question set names them."""

    anchor: str
    product: str
    question: str
    labels: tuple[str, ...]
    sources: tuple[Sources, ...]
    given: tuple[Given, ...]


def asked(runs: Sequence[FinishedRun], rows: Sequence[Row], entrants: Sequence[Entrant]) -> tuple[Asked, ...]:
    """In the plans' order; `rows`: all answers, as `entrants` are named in them."""
    tasks = {task.key: task for run in runs for task in tasks_of(run.run)}
    answers: dict[TaskKey, list[Row]] = {key: [] for key in tasks}
    for row in rows:
        answers.setdefault((row["product_id"], row["question"]), []).append(row)
    return tuple(
        _asked(f"q{number}", key, tasks.get(key), given, entrants)
        for number, (key, given) in enumerate(answers.items(), start=1)
    )


def _asked(
    anchor: str,
    key: TaskKey,
    task: Task | None,
    rows: Sequence[Row],
    entrants: Sequence[Entrant],
) -> Asked:
    product_id, question = key
    name = task.product_name if task else ""
    sources = _sources(anchor, task, rows)
    return Asked(
        anchor,
        f"{name} ({product_id})" if name not in ("", product_id) else product_id,
        question,
        tuple(label for label in (task and task.tier, task and task.trap) if label),
        tuple(sources.values()),
        tuple(Given(entrant, tuple(_shown(rows, entrant, sources))) for entrant in entrants),
    )


def _sources(anchor: str, task: Task | None, rows: Sequence[Row]) -> dict[tuple[str, ...], Sources]:
    """By their texts: several, if runs differ in what they retrieved, or a model had no room for all."""
    about = {
        match.passage.text: ", ".join(
            [
                *([f"{match.passage.rating:g} of 5 stars"] if match.passage.rating is not None else []),
                *([match.passage.written_on.isoformat()] if match.passage.written_on else []),
            ]
        )
        for match in (task.matches if task else ())
    }
    found: dict[tuple[str, ...], Sources] = {}
    for texts in dict.fromkeys(map(_texts, rows)):
        passages = tuple(Source(text, about.get(text, "")) for text in texts)
        found[texts] = Sources(f"{anchor}-{len(found) + 1}", passages)
    return found


def _texts(row: Row) -> tuple[str, ...]:
    return tuple(passage["text"] for passage in row["passages"])


def _shown(
    rows: Sequence[Row], entrant: Entrant, sources: Mapping[tuple[str, ...], Sources]
) -> Iterator[ShownAnswer]:
    own = [row for row in rows if contestant_of(row) == entrant.name]
    for row in sorted(own, key=lambda row: (row["run_id"], row["repeat"])):
        spans = [Span(**span) for span in row.get("unsupported", ())]
        yield ShownAnswer(
            annotate(row["answer"], spans, row["citations"], row["invalid_citations"]),
            sources[_texts(row)].anchor,
            _figures(row),
            tuple(_remarks(row)),
            row.get("reasoning") or "",
        )


def _figures(row: Row) -> str:
    shown = [
        f"{format_figure(key, row[key])} {unit}".strip()
        for key, unit in _SHOWN.items()
        if row[key] is not None and not (row["shared"] and key in TIMED)
    ]
    if row.get("groundedness") is not None:
        shown.append(f"{row['groundedness']:.0%} grounded")
    return " · ".join(shown)


def _remarks(row: Row) -> Iterator[str]:
    if row["stop_reason"] not in ("end", "stop"):
        yield f"cut off: {row['stop_reason']}"
    if row["dropped"]:
        yield f"no room for {row['dropped']} of the passages"
    if row["invalid_citations"]:
        numbers = ", ".join(f"[{number}]" for number in row["invalid_citations"])
        yield f"cites {numbers}, which it was not given"
    if unsupported := row.get("unsupported"):
        yield (
            "1 sentence unsupported" if len(unsupported) == 1 else f"{len(unsupported)} sentences unsupported"
        )
    if row["shared"] and row["mode"] != "throughput":
        yield "others were writing at the same time"
