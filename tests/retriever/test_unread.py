"""Reviews in a script that the embedder does not read: said, found by their words, and none says the same."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from config import EmbedderSettings, ModelSpec, PassageSettings, Settings
from database import Database
from generator.verbatim.extractive import Extractive
from ingest import ReviewFile, ingest
from ingest.__main__ import app as ingest_app
from ingest.dry_run import dry_run
from retriever import Embedder, Match, Retriever
from retriever.__main__ import app as search_app

# Thai: "sound good", "sound bad", "battery lasts long", "battery dies fast", words apart; and one in English.
ROWS = ["เสียง ดีมาก", "เสียง แย่มาก", "แบต อึดทน", "แบต หมดเร็ว", "The sound is good."]
NOTE = (
    "4 reviews are in a script or in signs that the embedder all-MiniLM-L6-v2 does not read: they are found "
    "by words alone"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    rows = "".join(f"K,r{number},{text}\n" for number, text in enumerate(ROWS))
    path.write_text(f"product_id,review_id,text\n{rows}", encoding="utf-8")
    return path


@pytest.fixture
def embedder() -> Embedder:
    return Embedder(EmbedderSettings())


@pytest.fixture
def filled(database: Database, embedder: Embedder, file: Path) -> Database:
    with ReviewFile(file) as reviews:
        assert ingest(reviews, database, embedder, PassageSettings()).unread == 4
    return database


def test_a_dry_run_and_an_ingest_say_so(
    file: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with ReviewFile(file) as reviews:
        assert any(NOTE in note for note in dry_run(reviews, embedder="all-MiniLM-L6-v2").notes)
    done = CliRunner().invoke(ingest_app, [str(file)])
    assert NOTE in " ".join(done.stderr.split()), done.output
    done = CliRunner().invoke(search_app, ["search", "K", "แบต", "-k", "1"])
    assert "does not read the script of the question: only its words count" in " ".join(done.stderr.split())
    done = CliRunner().invoke(search_app, ["search", "K", "How is the sound?", "-k", "5"])
    assert "4 passages below in a script or in signs" in " ".join(done.stderr.split())


def texts(matches: list[Match]) -> list[str]:
    return [match.passage.text for match in matches]


def test_words_find_them_and_none_agrees_with_another(filled: Database, embedder: Embedder) -> None:
    retriever = Retriever(filled, embedder)
    found = retriever.search("K", "แบต", 5)
    assert set(texts(found)[:2]) == {"แบต อึดทน", "แบต หมดเร็ว"}
    assert [match.agreeing for match in found] == [0] * 5
    assert texts(retriever.search("K", "แย่มาก", 1)) == ["เสียง แย่มาก"]
    assert texts(retriever.search("K", "How is the sound?", 1)) == ["The sound is good."]


def test_the_control_quotes_none_of_them_by_meaning(
    filled: Database, embedder: Embedder, settings: Settings
) -> None:
    matches = Retriever(filled, embedder).search("K", "How is the sound?", 5)
    extractive = Extractive(
        ModelSpec(name="extractive", kind="extractive", answers="verbatim"), settings, embedder
    )
    answer = extractive.answer("How is the sound?", matches)
    assert [quote.text for quote in answer.quotes] == ["The sound is good."]
    assert extractive.answer("เสียงเป็นอย่างไร", matches).quotes == ()
