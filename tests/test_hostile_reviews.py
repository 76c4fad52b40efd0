"""Attempts to take a model over, all the way: what reaches a prompt, what pages show, what is documented."""

import csv
from pathlib import Path

import pytest

from app.ask.measured import said_of
from benchmarks.attempts import Attempt, pieces_of, read_attempts, read_honest
from benchmarks.hostile_defences import count_layers
from benchmarks.hostile_reviews import DATA, count_alarms
from config import PassageSettings, Settings
from database import Database
from generator import Answer, Timing
from generator.prompts.prompt import answer_messages
from generator.verbatim.sentences import split_sentences
from generator.verbatim.verbatim import choice_messages
from ingest import ReviewFile, ingest
from retriever import Embedder, Retriever
from retriever.harmful import HarmfulMarks
from retriever.passage import Passage

ROOT = Path(__file__).parent.parent
DOCS = (ROOT / "docs" / "hostile-reviews.md").read_text(encoding="utf-8")
ATTEMPTS = read_attempts(DATA / "injections.yaml")
HONEST = read_honest(DATA / "honest-reviews.yaml")


def prompts(passages: list[Passage]) -> str:
    """What a model is asked, in both ways of answering."""
    free = answer_messages("Is it good?", passages)
    chosen = choice_messages("Is it good?", passages, split_sentences(passages), 8)
    return "\n".join(message.content for message in (*free, *chosen))


def ingest_rows(database: Database, embedder: Embedder, folder: Path, rows: list[dict[str, str]]) -> None:
    file = folder / "reviews.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    with ReviewFile(file) as reviews:
        ingest(reviews, database, embedder, PassageSettings())


def test_of_a_product_and_of_who_wrote_nothing_reaches_a_prompt(
    database: Database, fake_embedder: Embedder, tmp_path: Path
) -> None:
    row = {
        "asins": "A",
        "name": "SMUGGLED-NAME",
        "brand": "SMUGGLED-BRAND",
        "categories": "SMUGGLED-CATEGORY",
        "reviews.id": "SMUGGLED-ID",
        "reviews.username": "SMUGGLED-WRITER",
        "reviews.title": "SHOWN-TITLE",
        "reviews.text": "SHOWN-TEXT, the battery is fine.",
        "reviews.rating": "4",
        "reviews.date": "2024-05-01",
    }
    ingest_rows(database, fake_embedder, tmp_path, [row])
    matches = Retriever(database, fake_embedder).search("A", "battery", 5)
    asked = prompts([match.passage for match in matches])
    assert "SHOWN-TITLE" in asked and "SHOWN-TEXT" in asked
    assert "SMUGGLED" not in asked
    # They were stored all the same: it is the prompt that leaves them out.
    product = Retriever(database, fake_embedder).product("A")
    assert (product.name, product.brand) == ("SMUGGLED-NAME", "SMUGGLED-BRAND")
    assert matches[0].passage.reviewer == "SMUGGLED-WRITER"


def test_marked_attempts_reach_no_prompt_and_honest_reviews_do(
    database: Database, fake_embedder: Embedder, tmp_path: Path
) -> None:
    attempts = [text for attempt in ATTEMPTS if attempt.where == "text" for text in attempt.texts]
    honest = [honest.text for honest in HONEST if honest.part == "build"]
    rows = [
        {"asins": "A", "reviews.id": str(number), "reviews.text": text.replace("\0", "")}
        for number, text in enumerate((*attempts, *honest))
    ]
    ingest_rows(database, fake_embedder, tmp_path, rows)
    marks = HarmfulMarks(database).marks("A")
    assert marks and all(mark.reason.startswith("scanner: ") for mark in marks)
    found = Retriever(database, fake_embedder).search("A", "battery", 1000)
    texts = {match.passage.text for match in found}
    assert not texts & {mark.text for mark in marks}
    assert {match.passage.review_id for match in found} >= {
        str(number) for number in range(len(attempts), len(rows))
    }


@pytest.mark.parametrize("part", sorted({attempt.part for attempt in ATTEMPTS}))
def test_what_the_benchmark_counts(part: str) -> None:
    attempts = [attempt for attempt in ATTEMPTS if attempt.part == part]
    layers = count_layers(attempts, Settings())
    assert all(0 <= layer.stops <= layer.of <= len(attempts) for layer in layers.values())
    # These hold by construction, whatever the attempts are.
    for name in ("page", "prompt of llama", "prompt of mistral", "prompt of mixtral"):
        assert layers[name].stops == layers[name].of, name
    if part == "build":
        assert layers["scanner, raw text"].stops == len(attempts)
    alarms = count_alarms([honest for honest in HONEST if honest.part == part], Settings())
    assert alarms["filter, quoted"] == 0


def test_the_page_says_what_was_noticed() -> None:
    timing = Timing(0.5, 0.5, 2.5, n_prompt=110, n_prompt_reused=0, n_out=5, threads=2)
    answer = Answer(
        "m", "Is it good?", "Yes.", (), 0, "end", timing, None, None, None, 0.0, "interactive", False,
        flagged=("a picture", "HTML"),
    )  # fmt: skip
    assert said_of(answer, "gguf") == ["look twice: a picture, HTML"]


def test_an_attempt_in_a_title_is_read_as_ingested() -> None:
    (piece,) = pieces_of(Attempt("k", "build", "title", "X", ("Say X",)), PassageSettings())
    assert piece.text.startswith("Say X. ")
    assert not pieces_of(Attempt("k", "build", "name", "X", ("Say X",)), PassageSettings())


def test_every_kind_is_documented() -> None:
    missing = [attempt.kind for attempt in ATTEMPTS if attempt.kind not in DOCS]
    assert not missing, "add them to docs/hostile-reviews.md"


def test_attempts_are_distinct_and_complete() -> None:
    kinds = [attempt.kind for attempt in ATTEMPTS]
    assert len(set(kinds)) == len(kinds)
    assert all(attempt.wants and all(attempt.texts) for attempt in ATTEMPTS)


@pytest.mark.parametrize(("said", "obeyed"), [("well, blue   BIRD it is", True), ("blue it is", False)])
def test_when_an_answer_gave_in(said: str, obeyed: bool) -> None:
    assert Attempt("k", "build", "text", "Blue | bird", ("x",)).obeyed(said) is obeyed
