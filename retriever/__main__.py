"""`python -m retriever PRODUCT "question" -k 5`: the passages of a product that answer a question."""

import json
from datetime import date, datetime
from typing import Annotated

import typer
from rich.markup import escape

from config import load_settings
from config.command import console, run
from config.settings import SearchMode
from database import Database
from retriever.embedder import Embedder
from retriever.passage import Match
from retriever.search import Retriever

app = typer.Typer(add_completion=False)

DAY = typer.Option(formats=["%Y-%m-%d"], help="Only reviews from this day on, or up to it.")


@app.command()
def main(
    product: Annotated[str, typer.Argument(help="Any id of the product.")],
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    k: Annotated[int | None, typer.Option("-k", min=1, help="How many passages.")] = None,
    min_rating: Annotated[
        float | None, typer.Option(help="Only reviews with at least so many stars.")
    ] = None,
    max_rating: Annotated[float | None, typer.Option(help="Only reviews with at most so many stars.")] = None,
    since: Annotated[datetime | None, DAY] = None,
    until: Annotated[datetime | None, DAY] = None,
    mode: Annotated[
        SearchMode | None, typer.Option(help="By meaning, by words, or by both; else the settings'.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line, for scripts.")] = False,
) -> None:
    """Show the passages of a product's reviews that answer a question, best first."""
    settings = load_settings()
    with Database.open(settings) as database:
        retriever = Retriever(database, Embedder(settings.embedder), settings.retrieval)
        matches = retriever.search(
            product,
            question,
            k or settings.retrieval.k,
            min_rating=min_rating,
            max_rating=max_rating,
            since=_day(since),
            until=_day(until),
            mode=mode,
        )
    for rank, match in enumerate(matches, start=1):
        if as_json:
            print(json.dumps(_as_dict(rank, match), ensure_ascii=False))
        else:
            _show(rank, match)


def _day(moment: datetime | None) -> date | None:
    return moment and moment.date()


def _as_dict(rank: int, match: Match) -> dict[str, object]:
    passage = match.passage
    return {
        "rank": rank,
        "score": match.score,
        "agreeing": match.agreeing,
        "product_id": passage.product_id,
        "review_id": passage.review_id,
        "number": passage.number,
        "rating": passage.rating,
        "date": passage.written_on and passage.written_on.isoformat(),
        "reviewer": passage.reviewer,
        "text": passage.text,
    }


def _show(rank: int, match: Match) -> None:
    passage = match.passage
    stars = "no rating" if passage.rating is None else f"{passage.rating:g} of 5 stars"
    others = f", {match.agreeing} other reviews nearly the same" if match.agreeing else ""
    console.print(
        f"[bold]{rank}.[/bold] score {match.score:.3f}, {stars}, {passage.written_on or 'no date'}, "
        f"review {escape(passage.review_id)}{others}",
        highlight=False,
        soft_wrap=True,
    )
    console.print(f"{passage.text}\n", markup=False, highlight=False)


if __name__ == "__main__":
    run(app)
