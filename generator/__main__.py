"""`python -m generator`: one answer from the reviews, with its figures; and the log of all answers."""

import sys
from collections import deque
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich import text
from rich.table import Table

from config import AnswerMode, ModelSpec, load_settings
from config.command import console, error_console, run, tell
from config.printable import printable
from database import Database, Patience
from generator import (
    Answer,
    Answerer,
    AnswerLog,
    Generator,
    Loading,
    PromptProgress,
    Reasoning,
    Text,
    TextWasReasoning,
    open_answerer,
)
from generator.figures import figure, format_figure, format_memory, remarks
from generator.log.answer_log import Row
from generator.log.export import write_csv
from generator.prompts.named import asked_with
from generator.safety.guard import guard_of, guarded
from models.catalogue.catalogue import find_spec
from models.gguf.architecture import beyond_training
from retriever import Embedder, Match, Retriever

LISTED = 20
DAY = ["%Y-%m-%d"]

# Which reviews an answer may come from.
MinRating = Annotated[float | None, typer.Option(help="Only from reviews with at least so many stars.")]
MaxRating = Annotated[float | None, typer.Option(help="Only from reviews with at most so many stars.")]
Since = Annotated[datetime | None, typer.Option(formats=DAY, help="Only from reviews from this day on.")]
Until = Annotated[datetime | None, typer.Option(formats=DAY, help="Only from reviews up to this day.")]
Language = Annotated[str | None, typer.Option(help="Only from reviews in this language, such as de.")]

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)


@app.command()
def ask(
    model: Annotated[str, typer.Argument(help="A name from the settings or the catalogue.")],
    product: Annotated[
        str, typer.Argument(help="Any id of the product, its name, or a part of its name that fits no other.")
    ],
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    k: Annotated[
        int | None,
        typer.Option(
            "-k", help="Passages to answer from; default: the settings' retrieval.k.", min=1, max=50
        ),
    ] = None,
    min_rating: MinRating = None,
    max_rating: MaxRating = None,
    since: Since = None,
    until: Until = None,
    language: Language = None,
    force: Annotated[bool, typer.Option("--force", help="Load the model even if it does not fit.")] = False,
    answers: Annotated[
        AnswerMode | None,
        typer.Option(help="Let it write, choose sentences, or report them; else as in the settings."),
    ] = None,
    prompt: Annotated[
        str | None, typer.Option(help="The name of the prompt to ask with; else as in the settings.")
    ] = None,
) -> None:
    """Stream an answer, then print the passages it cites and its figures."""
    settings = load_settings()
    spec = find_spec(model, settings)
    if prompt is not None:
        spec = asked_with(spec, prompt)
    embedder = Embedder(settings.embedder)
    with (
        guard_of(settings) or nullcontext() as guard,
        open_answerer(spec, settings, embedder, force) as answerer,
        Database.open(settings) as database,
    ):
        retriever = Retriever(database, embedder, settings.retrieval)
        found = retriever.product(product)
        retrieved = retriever.retrieve(
            found.product_id,
            question,
            k or settings.retrieval.k,
            min_rating=min_rating,
            max_rating=max_rating,
            since=since and since.date(),
            until=until and until.date(),
            language=language and language.lower(),
        )
        _warn(answerer)
        answer = _stream(answerer, question, retrieved.matches, answers)
        if guard:
            answer = guarded(answer, guard)
        AnswerLog(database).record(
            answer, spec, found.product_id, retrieved.retrieval_s, patience=Patience(tell)
        )
    _print_passages(answer)
    _print_figures(answer, spec, retrieved.retrieval_s)


@app.command()
def log(
    csv: Annotated[bool, typer.Option("--csv", help="Every column, to standard output.")] = False,
    run_id: Annotated[str | None, typer.Option("--run", help="Of this comparison only.")] = None,
    model: Annotated[str | None, typer.Option(help="Of this model only.")] = None,
    since: Annotated[datetime | None, typer.Option(help="From this date or time on, UTC.")] = None,
) -> None:
    """Print the log of answers, oldest first: the last ones as a table, or all as CSV."""
    start = since.replace(tzinfo=UTC) if since else None
    with Database.open(load_settings()) as database:
        answer_log = AnswerLog(database)
        rows = answer_log.select(run_id, model, start)
        if csv:
            write_csv(answer_log.columns(), rows, sys.stdout)
            return
        _print_log(list(deque(rows, maxlen=LISTED)))


def _print_log(rows: Sequence[Row]) -> None:
    table = Table("answered (UTC)", "model", "question", "words", "tokens/s")
    for row in rows:
        table.add_row(
            f"{row['answered_at']:%Y-%m-%d %H:%M}",
            row["model"],
            row["question"],
            format_figure("words", row["words"]),
            format_figure("decode_tok_s", row["decode_tok_s"]),
        )
    console.print(table)
    if len(rows) == LISTED:
        console.print(f"These are the last {LISTED}; `--csv` prints all, with every figure.")


def _warn(answerer: Answerer) -> None:
    """Say what must be known of the model before its answer is read."""
    spec = answerer.spec
    header = answerer.header if isinstance(answerer, Generator) else None
    if header and (warning := beyond_training(header, spec.n_ctx)):
        error_console.print(f"{spec.name}: {warning}", style="dim")


def _stream(
    answerer: Answerer, question: str, matches: Sequence[Match], answers: AnswerMode | None
) -> Answer:
    with error_console.status("") as status:
        for event in answerer.stream(question, matches, answers=answers):
            if isinstance(event, Loading):
                status.update(text.Text(f"loading {answerer.spec.name}: {event.fraction:.0%}"))
            elif isinstance(event, PromptProgress):
                status.update(f"reading the prompt: {event.done} of {event.total} tokens")
            elif isinstance(event, Reasoning):
                status.update("reasoning")
            elif isinstance(event, TextWasReasoning):
                console.print("\n(So far this was reasoning. The answer:)")
            elif isinstance(event, Text):
                status.stop()
                console.print(printable(event.text), end="", soft_wrap=True)
            else:
                console.print()
                return event
    raise AssertionError("unreachable: a stream ends with its answer")


def _print_passages(answer: Answer) -> None:
    console.print("\nFrom the reviews:")
    for number, match in enumerate(answer.matches, start=1):
        cited = "cited" if number in answer.citations else "     "
        passage = match.passage
        stars = f"{passage.rating:g} of 5 stars, " if passage.rating is not None else ""
        console.print(
            f"[{number}] {cited} ({stars}{passage.review_id}) {' '.join(passage.text.split())}",
            soft_wrap=True,
        )
    if answer.dropped:
        console.print(f"{answer.dropped} lower-ranked passages did not fit the model's context.")
    if answer.invalid_citations:
        console.print(f"Cited, but not among the passages: {list(answer.invalid_citations)}")
    if answer.flagged:
        console.print(f"Look twice: {', '.join(answer.flagged)}.")


def _print_figures(answer: Answer, spec: ModelSpec, retrieval_s: float) -> None:
    timing = answer.timing
    values = {
        "ttft_s": timing.ttft_s,
        "decode_tok_s": timing.decode_tok_s,
        "prefill_tok_s": timing.prefill_tok_s,
        "e2e_s": timing.e2e_s,
        "words": answer.words,
        "words_per_s": answer.words_per_s,
        "n_out": timing.n_out,
        **({"n_reasoning": timing.n_reasoning, "ttfo_s": timing.ttfo_s} if timing.n_reasoning else {}),
        "n_prompt": timing.n_prompt,
        "n_prompt_reused": timing.n_prompt_reused,
        "load_s": answer.load_s,
        "retrieval_s": retrieval_s,
    }
    chose = f" ({answer.answers})" if answer.answers != "free" else ""
    table = Table(title=f"{answer.model}{chose}, {answer.mode}, stopped by: {answer.stop_reason}")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("meaning")
    for key, value in values.items():
        table.add_row(figure(key).label, format_figure(key, value), figure(key).meaning)
    memory = {
        "peak_rss_bytes": answer.memory.peak_rss if answer.memory else None,
        "predicted_bytes": answer.predicted_bytes,
    }
    for key, value in memory.items():
        table.add_row(figure(key).label, format_memory(key, value, spec.kind), figure(key).meaning)
    console.print(table)
    for remark in remarks(spec.kind, answer.answers):
        console.print(remark)


if __name__ == "__main__":
    run(app)
