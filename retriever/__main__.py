"""`python -m retriever PRODUCT "question" -k 5`: the passages of a product that answer a question.

A product is named by any of its ids, by its name, or by a part of its name that no other product has.
`products` lists them.

A passage is named by the first characters of its hash, as a search shows it: `python -m retriever mark
PRODUCT 3fa94c1b` keeps it from all models, `unmark` lets it go again, `marks` lists those that are marked.
`scan` marks what looks like an order to a model.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from config import load_settings
from config.command import console, error_console, run, tell, with_default
from config.counted import counted
from config.settings import SearchMode
from database import Database
from retriever.embedder import Embedder
from retriever.harmful import PERSON, HarmfulMarks
from retriever.passage import Match, Product
from retriever.products import find_products, list_products
from retriever.scan import scan_stored
from retriever.search import Retriever

SHOWN_OF_HASH = 8

app = typer.Typer(help=__doc__, cls=with_default("search"), add_completion=False)

PRODUCT = typer.Argument(help="Any id of the product, its name, or a part of its name that fits no other.")
PASSAGE = typer.Argument(help="The passage's hash, or its first characters.")
DAY = ["%Y-%m-%d"]


@app.command()
def search(
    product: Annotated[str, PRODUCT],
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    k: Annotated[
        int | None, typer.Option("-k", min=1, help="How many passages; default: the settings' retrieval.k.")
    ] = None,
    min_rating: Annotated[
        float | None, typer.Option(help="Only reviews with at least so many stars.")
    ] = None,
    max_rating: Annotated[float | None, typer.Option(help="Only reviews with at most so many stars.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=DAY, help="Only reviews from this day on.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=DAY, help="Only reviews up to this day.")] = None,
    language: Annotated[str | None, typer.Option(help="Only reviews in this language, such as de.")] = None,
    mode: Annotated[
        SearchMode | None, typer.Option(help="By meaning, by words, or by both; else the settings'.")
    ] = None,
    with_harmful: Annotated[
        bool, typer.Option("--with-harmful", help="Also passages that are marked as harmful.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line, for scripts.")] = False,
) -> None:
    """Show the passages of a product's reviews that answer a question, best first; meant without a name."""
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
            language=language and language.lower(),
            mode=mode,
            with_harmful=with_harmful,
        )
    _tell_unread(question, matches, retriever.embedder)
    if not matches:
        error_console.print("No passage is found: the product has none, or none within the limits.")
    for rank, match in enumerate(matches, start=1):
        if as_json:
            print(json.dumps(_as_dict(rank, match), ensure_ascii=False))
        else:
            _show(rank, match)


@app.command()
def products(
    text: Annotated[str, typer.Argument(help="A name, a brand or an id, or a part of it.")] = "",
    limit: Annotated[
        int | None, typer.Option("-n", min=1, help="How many at most; default: all, of a search 50.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line, for scripts.")] = False,
) -> None:
    """List the products in the order of their first reviews, or those that TEXT may mean, likeliest first."""
    with Database.open(load_settings()) as database:
        found = find_products(database, text, limit or 50) if text else list_products(database, limit)
    if as_json:
        for product in found:
            print(json.dumps(_product_as_dict(product), ensure_ascii=False))
    elif found:
        _show_products(found)
    else:
        error_console.print("No product is found." if text else "There are no products yet.")


@app.command()
def mark(
    product: Annotated[str, PRODUCT],
    passage: Annotated[str, PASSAGE],
    reason: Annotated[str, typer.Option(help="Who or what judges so.")] = PERSON,
) -> None:
    """Mark a passage as harmful: no model is given it any more."""
    with Database.open(load_settings()) as database:
        whole = HarmfulMarks(database).mark(product, passage, reason)
    console.print(f"marked {whole}", soft_wrap=True)


@app.command()
def unmark(product: Annotated[str, PRODUCT], passage: Annotated[str, PASSAGE]) -> None:
    """Lift a mark: models may be given the passage again."""
    with Database.open(load_settings()) as database:
        whole = HarmfulMarks(database).unmark(product, passage)
    console.print(f"unmarked {whole}", soft_wrap=True)


@app.command()
def marks(product: Annotated[str, PRODUCT]) -> None:
    """List the passages of a product that are marked as harmful, the latest first."""
    with Database.open(load_settings()) as database:
        found = HarmfulMarks(database).marks(product)
    for one in found:
        gone = "" if one.stored else ", no longer in a review"
        about = f" {one.marked_at:%Y-%m-%d %H:%M} UTC, {one.reason}{gone}"
        console.print(Text.assemble((one.content_hash[:SHOWN_OF_HASH], "bold"), about), soft_wrap=True)
        console.print(f"{one.text}\n")
    if not found:
        console.print("Nothing is marked.")


@app.command()
def scan() -> None:
    """Look for orders to a model in all that is stored, as an ingest does in what is new, and mark them.

    For reviews that came before the scanner, or before its latest version. What a person cleared stays clear.
    """
    with Database.open(load_settings()) as database, Progress(console=error_console) as progress:
        bar = progress.add_task("products")
        marked = scan_stored(database, lambda done, total: progress.update(bar, completed=done, total=total))
    print(f"newly marked as suspicious: {marked}")


def _tell_unread(question: str, matches: Sequence[Match], embedder: Embedder) -> None:
    """Say what was not searched by meaning."""
    unread = sum(not embedder.reads(match.passage.text) for match in matches)
    if not embedder.reads(question):
        tell(f"The embedder {embedder.name} does not read the script of the question: only its words count.")
    elif unread:
        tell(
            f"{counted(unread, 'passage')} below in a script or in signs that the embedder {embedder.name} "
            "does not read: found by words alone, not by meaning."
        )


def _day(moment: datetime | None) -> date | None:
    return moment and moment.date()


def _product_as_dict(product: Product) -> dict[str, object]:
    return {
        "product_id": product.product_id,
        "ids": product.ids,
        "name": product.name,
        "source": product.source,
        "brand": product.brand,
        "reviews": product.reviews,
        "with_text": product.with_text,
        "mean_rating": product.mean_rating,
        "ratings": product.ratings,
        "first_on": product.first_on and product.first_on.isoformat(),
        "last_on": product.last_on and product.last_on.isoformat(),
        "languages": product.languages,
    }


def _show_products(products: Sequence[Product]) -> None:
    table = Table("id", "name", "source", "reviews", "mean stars", box=None)
    for product in products:
        mean = "-" if product.mean_rating is None else f"{product.mean_rating:.2f}"
        table.add_row(
            Text(product.product_id),
            Text(product.name),
            Text(product.source or ""),
            f"{product.reviews:,}",
            mean,
        )
    console.print(table)


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
        "content_hash": passage.content_hash,
    }


def _show(rank: int, match: Match) -> None:
    passage = match.passage
    stars = "no rating" if passage.rating is None else f"{passage.rating:g} of 5 stars"
    others = f", {match.agreeing} other reviews nearly the same" if match.agreeing else ""
    about = (
        f" score {match.score:.3f}, {stars}, {passage.written_on or 'no date'}, "
        f"review {passage.review_id}, passage {passage.content_hash[:SHOWN_OF_HASH]}{others}"
    )
    console.print(Text.assemble((f"{rank}.", "bold"), about), soft_wrap=True)
    console.print(f"{passage.text}\n")


if __name__ == "__main__":
    run(app)
