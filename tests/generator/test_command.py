"""`python -m generator ask`: of which product, and from which reviews."""

from datetime import date

from typer.testing import CliRunner

from config import PassageSettings, Settings
from database import Database
from generator.__main__ import app
from ingest.review import Review
from ingest.store import ingest
from retriever import Embedder
from retriever.products import Listing
from tests.scripted_model import write_scripted_model


def test_a_product_by_its_name_and_answers_from_some_of_its_reviews(
    settings: Settings, database: Database, environment: dict[str, str]
) -> None:
    listing = Listing(("7",), "Kettle", source="shop")
    rows = [
        Review(2, listing, None, "It lasts.", "r1", 5, date(2024, 1, 1), None, language="de"),
        Review(3, listing, None, "It broke.", "r2", 1, date(2024, 1, 1), None, language="en"),
        Review(4, listing, None, "It was fine.", "r3", 5, date(2020, 1, 1), None, language="de"),
    ]
    ingest(rows, database, Embedder(settings.embedder), PassageSettings())
    settings.models_folder.mkdir()
    write_scripted_model(settings.models_folder / "m.gguf", "It lasts [1].")
    (settings.home / "settings.yaml").write_text("models: {m: {file: m.gguf, n_ctx: 132000, max_tokens: 20}}")
    done = CliRunner().invoke(
        app,
        ["ask", "m", "kettle", "How long?", "--language", "DE", "--since", "2023-05-01"],
        env=environment | {"REVIEWDUEL_SETTINGS": str(settings.home / "settings.yaml")},
    )
    assert done.exit_code == 0, done.output
    assert "m: Its context of 132,000 tokens is longer than the" in " ".join(done.output.split())
    with database.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT product_id, jsonb_path_query_array(passages, '$[*].review_id') FROM answer")
        assert cursor.fetchall() == [("shop:7", ["r1"])]
