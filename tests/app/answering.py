"""All that answers on the page Ask, without a page: a database of two reviews, models that recite."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from app.ask.turn import Services
from compare.log.vote_log import VoteLog
from config import ModelSpec, PassageSettings, Settings
from database import Database
from generator import AnswerLog, Registry
from ingest import Review, ingest
from retriever import Embedder, Retriever
from retriever.products import Listing
from tests.scripted_model import write_scripted_model

RECITED = {
    "good": "The battery lasts thirty hours [1]. The king of France likes it.",
    "bad": "The reviews do not say.",
    "third": "It has a battery.",
}
THOUGHT = "Let me see what they write about <b>batteries</b>."
CONCLUSION = "Long enough [1]."


@contextmanager
def answering(settings: Settings, database: Database, embedder: Embedder) -> Iterator[Services]:
    """Two reviews; models that recite, one that reasons before, one that never ends, one without a file."""
    ingest([_review("The battery lasts thirty hours.", 5), _review("The price is too high.", 1)],
           database, embedder, PassageSettings())  # fmt: skip
    names = [*RECITED, "thinker"]
    specs = {name: ModelSpec(file=f"{name}.gguf", n_ctx=2048, max_tokens=60) for name in names}
    endless = ModelSpec(file="endless.gguf", n_ctx=100_000, max_tokens=90_000)
    others = {"endless": endless, "absent": ModelSpec(file="absent.gguf")}
    settings = settings.model_copy(update={"models": specs | others})
    settings.models_folder.mkdir()
    for name, text in RECITED.items():
        write_scripted_model(settings.models_folder / f"{name}.gguf", text)
    write_scripted_model(
        settings.models_folder / "thinker.gguf", f"<think>\n{THOUGHT}\n</think>\n\n{CONCLUSION}"
    )
    write_scripted_model(settings.models_folder / "endless.gguf", "on and off", ends=False)
    with Registry(settings, embedder) as registry:
        retriever = Retriever(database, embedder)
        yield Services(settings, retriever, registry, AnswerLog(database), VoteLog(database))


def _review(text: str, rating: float) -> Review:
    listing = Listing(("A", "B"), "Kettle")
    return Review(2, listing, None, text, None, rating, date(2024, 1, 2), "Ann")
