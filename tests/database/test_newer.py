"""A database of a newer program: every command and every page refuses it with the same sentence."""

from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from config.errors import DatabaseError
from docs.generate.commands import all_commands

ROOT = Path(__file__).parents[2]
SENTENCE = "The database is of a newer ReviewDuel: its schema has number 9999, this program knows up to"

# What each needs to be begun; None: it opens no database.
ARGUMENTS: dict[str, list[str] | None] = {
    "ingest": [str(ROOT / "data" / "reviews.csv")],
    "retriever search": ["B01", "Is it loud?"],
    "retriever products": [],
    "retriever mark": ["B01", "3fa94c1b"],
    "retriever unmark": ["B01", "3fa94c1b"],
    "retriever marks": ["B01"],
    "retriever scan": [],
    "models fit": None,
    "models catalogue": None,
    "models pull": None,
    "models probe": None,
    "models list": None,
    "generator ask": ["extractive", "B01", "Is it loud?"],
    "generator log": [],
    "compare run": ["--models", "extractive"],
    "compare report": ["demo"],
    "compare load": ["--model", "extractive"],
}


@pytest.fixture(scope="module")
def newer_dsn(embedded_cluster: Any) -> str:
    """Leads to a database of a newer program."""
    dsn: str = embedded_cluster.create_migrated()
    connection = psycopg2.connect(dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO schema_migration (number, name) VALUES (9999, 'later')")
    connection.close()
    return dsn


@pytest.fixture
def newer(newer_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment leads to it."""
    monkeypatch.setenv("REVIEWDUEL_DATABASE_URL", newer_dsn)
    monkeypatch.setenv("REVIEWDUEL_HOME", str(tmp_path))


def test_every_command_is_here() -> None:
    assert [name for name, _ in all_commands()] == list(ARGUMENTS)


@pytest.mark.usefixtures("newer")
@pytest.mark.parametrize("name", [name for name, given in ARGUMENTS.items() if given is not None])
def test_every_command_refuses_it(name: str) -> None:
    program, *rest = name.split()
    app = import_module(f"{program}.__main__").app
    done = CliRunner().invoke(app, [*rest, *(ARGUMENTS[name] or [])])
    # What `config.command.run` prints as a sentence.
    assert isinstance(done.exception, DatabaseError), done.output
    assert str(done.exception).startswith(SENTENCE)


@pytest.mark.usefixtures("newer")
@pytest.mark.parametrize("page", ["ask", "results", "reviews"])  # the page Models opens no database
def test_every_page_with_reviews_or_answers_refuses_it(page: str) -> None:
    def draw(page: str) -> None:
        from importlib import import_module

        from app.errors import in_words

        with in_words():
            import_module(f"app.{page}.page").draw()

    st.cache_resource.clear()
    shown = AppTest.from_function(draw, kwargs={"page": page}, default_timeout=30).run()
    st.cache_resource.clear()
    assert not shown.exception
    assert [SENTENCE in error.value.replace("\\", "") for error in shown.error] == [True]
