"""What a model is told of earlier questions in a conversation. Knows turns and marks; knows no pages."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from database import Database
from generator import Exchange
from retriever.harmful import marked_hashes

if TYPE_CHECKING:
    from app.ask.turn import Turn


def earlier_exchanges(
    turns: Sequence["Turn"], product_id: str, database: Database
) -> Mapping[str, Sequence[Exchange]]:
    """By model, what it was asked about the product and answered, oldest first.

    Left out is what it answered from a text that was marked as harmful since: the answer may repeat it.
    Raises DatabaseError.
    """
    about_it = [turn for turn in turns if turn.product.product_id == product_id]
    if not about_it:
        return {}
    harmful = marked_hashes(database, product_id)
    found: defaultdict[str, list[Exchange]] = defaultdict(list)
    for live in (live for turn in about_it for live in turn.answers):
        if live.answer and live.answer.text:
            given = {match.passage.content_hash for match in live.answer.matches}
            if given.isdisjoint(harmful):
                found[live.model].append(live.answer.exchange)
    return found
