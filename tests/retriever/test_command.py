"""`python -m retriever`, as a person and as a script call it."""

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from config import PassageSettings, Settings
from database import Database
from ingest import Review, ingest
from retriever import Embedder
from retriever.__main__ import app
from retriever.products import Listing
from tests.commands import run_module

ROOT = Path(__file__).parents[2]
TEXT = "It runs two [bold]days[/bold] 🔋 per charge."


@pytest.fixture
def filled(settings: Settings, database: Database) -> None:
    reviews = [
        Review(2, Listing(("A100", "A200")), "Great", TEXT, "r1", 5, None, "Ann"),
        Review(3, Listing(("A100",)), None, "The box was blue.", "r2", None, None, None),
        Review(
            4,
            Listing(("B100",), "Kettle", source="shop"),
            None,
            "The battery lasts ten days.",
            "r3",
            4,
            date(2024, 5, 1),
            None,
            language="de",
        ),
    ]
    ingest(reviews, database, Embedder(settings.embedder), PassageSettings())


def test_for_scripts_and_for_people(filled: None, environment: dict[str, str]) -> None:
    question = "How long does the battery last?"
    done = CliRunner().invoke(app, ["A200", question, "--json"], env=environment)
    assert done.exit_code == 0
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["rank"], first["review_id"], first["product_id"], first["rating"]) == (1, "r1", "A100", 5.0)
    assert first["text"] == f"Great. {TEXT}"
    assert first["score"] > second["score"]

    done = CliRunner().invoke(app, ["A100", question, "-k", "1", "--mode", "dense"], env=environment)
    assert done.exit_code == 0
    assert "1. score 0." in done.stdout
    assert "5 of 5 stars, no date, review r1" in done.stdout
    assert TEXT in done.stdout
    assert "blue" not in done.stdout

    for limits, expected in (
        (["--max-rating", "4"], []),
        (["--min-rating", "4.5"], ["r1"]),
        (["--since", "2024-02-01"], []),
    ):
        done = CliRunner().invoke(app, ["A100", question, "--json", *limits], env=environment)
        assert [json.loads(line)["review_id"] for line in done.stdout.splitlines()] == expected
        assert ("No passage is found" in done.stderr) == (not expected)

    for wrong in (["-k", "0"], ["--since", "yesterday"], ["--mode", "magic"]):
        assert CliRunner().invoke(app, ["A100", question, *wrong], env=environment).exit_code == 2


def test_errors_are_one_sentence(environment: dict[str, str]) -> None:
    done = run_module(["retriever", "A300", "How long?"], environment, ROOT)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: No product has the id 'A300'. There are no reviews yet; `python -m ingest FILE` "
        "brings them in.\n"
    )


def test_a_passage_is_marked_and_unmarked_by_the_beginning_of_its_hash(
    filled: None, environment: dict[str, str]
) -> None:
    def call(*arguments: str) -> str:
        done = CliRunner().invoke(app, list(arguments), env=environment)
        assert done.exit_code == 0, done.output
        return done.stdout

    question = "How long does the battery last?"
    first = json.loads(call("A100", question, "--json").splitlines()[0])
    name = first["content_hash"][:8]
    assert f"review r1, passage {name}" in call("search", "A100", question)
    assert call("marks", "A100") == "Nothing is marked.\n"
    assert (
        call("mark", "A200", name, "--reason", "by [bold]hand[/bold]") == f"marked {first['content_hash']}\n"
    )
    assert [json.loads(line)["review_id"] for line in call("A100", question, "--json").splitlines()] == ["r2"]
    assert "review r1" in call("A100", question, "--with-harmful")
    listed = call("marks", "A100")
    assert listed.startswith(f"{name} 20") and "UTC, by [bold]hand[/bold]\n" in listed and TEXT in listed
    assert call("scan") == "newly marked as suspicious: 0\n"
    assert call("unmark", "A100", name) == f"unmarked {first['content_hash']}\n"
    assert "review r1" in call("A100", question)


def test_products_are_listed_and_found(filled: None, environment: dict[str, str]) -> None:
    def call(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["products", *arguments], env=environment)
        assert done.exit_code == 0, done.output
        return done.stdout

    first, second = (json.loads(line) for line in call("--json").splitlines())
    assert (first["product_id"], first["ids"], first["reviews"]) == ("A100", ["A100", "A200"], 2)
    assert second == {
        "product_id": "shop:B100", "ids": ["shop:B100"], "name": "Kettle", "source": "shop", "brand": None,
        "reviews": 1, "with_text": 1, "mean_rating": 4.0, "ratings": [0, 0, 0, 1, 0],
        "first_on": "2024-05-01", "last_on": "2024-05-01", "languages": ["de"],
    }  # fmt: skip
    assert [json.loads(line)["name"] for line in call("ket", "--json").splitlines()] == ["Kettle"]
    assert len(call("--json", "-n", "1").splitlines()) == 1
    head, *rows = call().splitlines()
    assert head.split() == ["id", "name", "source", "reviews", "mean", "stars"]
    assert rows[1].split() == ["shop:B100", "Kettle", "shop", "1", "4.00"]
    assert call("lamp") == ""


def test_a_product_by_its_name_and_reviews_by_their_language(
    filled: None, environment: dict[str, str]
) -> None:
    for name in ("B100", "kettle", "kett"):
        done = CliRunner().invoke(app, [name, "How long?", "--json", "--language", "DE"], env=environment)
        assert [json.loads(line)["review_id"] for line in done.stdout.splitlines()] == ["r3"]
    done = CliRunner().invoke(app, ["kettle", "How long?", "--language", "fr"], env=environment)
    assert "No passage is found" in done.stderr
