"""The real page for the tests: a Streamlit server, a browser, reviews in the database, models that recite."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import yaml
from pydantic import SecretStr

from config import Settings
from database import Database
from tests.app.answering import CONCLUSION, THOUGHT, answering
from tests.app.page_server import PageServer as PageServer
from tests.conftest import WordCounter
from tests.scripted_model import write_scripted_model

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from app.ask.turn import Services
    from tests.conftest import Cluster

PRAISE = "Most people praise the battery [1], which lasts thirty hours [2]. One could not charge it [9]."
LAMENT = "The reviews do not say."

REVIEWS = """\
asins,name,reviews.title,reviews.text,reviews.rating,reviews.date,reviews.username
"B0TEST0001,B0TEST0002",Test Headphones,Battery,The battery lasts thirty hours.,5,2024-01-02,Ann
B0TEST0001,Test Headphones,,"Battery died. <img src=x onerror=alert(1)> **bold** [link](http://example.com) ![i](http://example.com/i.png) $x^2$ :red[red]",1,2024-02-03,Bob
B0TEST0003,Test Kettle,Rust,It rusts after a week.,2,2024-03-04,Cid
"""  # noqa: E501


@pytest.fixture(scope="session")
def page_environment(embedded_cluster: "Cluster", tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment of a page with three reviews, two models that recite and one that never ends."""
    home = tmp_path_factory.mktemp("page")
    write_scripted_model(home / "praise.gguf", PRAISE)
    write_scripted_model(home / "lament.gguf", LAMENT)
    write_scripted_model(home / "thinker.gguf", f"<think>\n{THOUGHT}\n</think>\n\n{CONCLUSION}")
    write_scripted_model(home / "endless.gguf", "on and off", ends=False)
    settings = {
        # A hostile review is shown and given to models here, as one that no scanner knows would be.
        "passages": {"scan": False},
        "models": {
            "praise": {"file": str(home / "praise.gguf"), "n_ctx": 8192},
            "lament": {"file": str(home / "lament.gguf"), "n_ctx": 8192},
            "endless": {"file": str(home / "endless.gguf"), "n_ctx": 100_000, "max_tokens": 90_000},
            "thinker": {"file": str(home / "thinker.gguf"), "n_ctx": 8192},
            "absent": {"file": "absent.gguf"},
        },
    }
    (home / "settings.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    (home / "reviews.csv").write_text(REVIEWS)
    environment = os.environ | {
        "REVIEWDUEL_HOME": str(home),
        "REVIEWDUEL_SETTINGS": str(home / "settings.yaml"),
        "REVIEWDUEL_DATABASE_URL": embedded_cluster.create_migrated(),
    }
    command = [sys.executable, "-m", "ingest", str(home / "reviews.csv")]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return environment


@pytest.fixture(scope="session")
def page_server(
    page_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PageServer]:
    server = PageServer(page_environment, tmp_path_factory.mktemp("log") / "log")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def services(embedded_cluster: "Cluster", tmp_path_factory: pytest.TempPathFactory) -> Iterator["Services"]:
    """What answers on the page Ask, in this process; a module's tests share it and its models in memory."""
    url = SecretStr(embedded_cluster.create_migrated())
    settings = Settings(home=tmp_path_factory.mktemp("services"), database_url=url)
    with Database.open(settings) as database, answering(settings, database, WordCounter()) as services:
        yield services


@pytest.fixture(scope="session")
def visitor(browser: "Browser") -> Iterator["BrowserContext"]:
    """Somebody's browser: what it has fetched from a server once it need not fetch again."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def page(visitor: "BrowserContext") -> Iterator["Page"]:
    """A fresh tab."""
    page = visitor.new_page()
    yield page
    page.close()
