"""`python -m generator ask MODEL PRODUCT "question"`: one answer from the reviews, with its figures."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from config import load_settings
from config.command import console, error_console, run
from database import Database
from generator import Answer, AnswerLog, Generator, Loading, PromptProgress, Text
from generator.figures import REMOTE, figure, format_figure
from retriever import Embedder, Match, Retriever

app = typer.Typer(help=__doc__, no_args_is_help=True)


@app.callback()
def main() -> None:
    """Keep `ask` a named command, for there will be others."""


@app.command()
def ask(
    model: Annotated[str, typer.Argument(help="A name from the settings.")],
    product: Annotated[str, typer.Argument(help="Any id of the product.")],
    question: str,
    k: Annotated[int | None, typer.Option("-k", help="Passages to answer from.", min=1, max=50)] = None,
) -> None:
    """Stream an answer, then print the passages it cites and its figures."""
    settings = load_settings()
    spec = settings.model(model)
    with Generator(spec, settings) as generator, Database.open(settings) as database:
        retriever = Retriever(database, Embedder(settings.embedder))
        found = retriever.product(product)
        retrieved = retriever.retrieve(found.product_id, question, k or settings.retrieval.k)
        if spec.random_weights:
            error_console.print(f"{model} has random weights: what it says is noise.", style="dim")
        answer = _stream(generator, question, retrieved.matches)
        AnswerLog(database).record(answer, spec, found.product_id, retrieved.retrieval_s)
    _print_passages(answer)
    _print_figures(answer, retrieved.retrieval_s)


def _stream(generator: Generator, question: str, matches: Sequence[Match]) -> Answer:
    with error_console.status("") as status:
        for event in generator.stream(question, matches):
            if isinstance(event, Loading):
                status.update(f"loading {generator.spec.name}: {event.fraction:.0%}")
            elif isinstance(event, PromptProgress):
                status.update(f"reading the prompt: {event.done} of {event.total} tokens")
            elif isinstance(event, Text):
                status.stop()
                console.print(event.text, end="", markup=False, highlight=False, soft_wrap=True)
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
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    if answer.dropped:
        console.print(f"{answer.dropped} lower-ranked passages did not fit the model's context.")
    if answer.invalid_citations:
        console.print(f"Cited, but not among the passages: {list(answer.invalid_citations)}", markup=False)


def _print_figures(answer: Answer, retrieval_s: float) -> None:
    timing = answer.timing
    values = {
        "ttft_s": timing.ttft_s,
        "decode_tok_s": timing.decode_tok_s,
        "prefill_tok_s": timing.prefill_tok_s,
        "e2e_s": timing.e2e_s,
        "words": answer.words,
        "words_per_s": answer.words_per_s,
        "n_out": timing.n_out,
        "n_prompt": timing.n_prompt,
        "n_prompt_reused": timing.n_prompt_reused,
        "load_s": answer.load_s,
        "retrieval_s": retrieval_s,
        "peak_rss_bytes": answer.memory.peak_rss if answer.memory else None,
        "predicted_bytes": answer.predicted_bytes,
    }
    table = Table(title=f"{answer.model}, {answer.mode}, stopped by: {answer.stop_reason}")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("meaning")
    for key, value in values.items():
        table.add_row(figure(key).label, format_figure(key, value), figure(key).meaning)
    console.print(table)
    if answer.memory is None:
        console.print(REMOTE)


if __name__ == "__main__":
    run(app)
