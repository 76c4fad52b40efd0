"""The real page for the tests: a Streamlit server, a browser, reviews in the database, models that recite."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.scripted_model import write_scripted_model

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.conftest import Cluster

ROOT = Path(__file__).parent.parent.parent

PRAISE = "Most people praise the battery [1], which lasts thirty hours [2]. One could not charge it [9]."
LAMENT = "The reviews do not say."
THOUGHT = "Let me see what they write about <b>batteries</b>."
CONCLUSION = "Long enough [1]."

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
        "models": {
            "praise": {"file": str(home / "praise.gguf"), "n_ctx": 8192},
            "lament": {"file": str(home / "lament.gguf"), "n_ctx": 8192},
            "endless": {"file": str(home / "endless.gguf"), "n_ctx": 100_000, "max_tokens": 90_000},
            "thinker": {"file": str(home / "thinker.gguf"), "n_ctx": 8192},
            "absent": {"file": "absent.gguf"},
        }
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
def empty_environment(
    embedded_cluster: "Cluster", tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Environment of a page without reviews and models."""
    return os.environ | {
        "REVIEWDUEL_HOME": str(tmp_path_factory.mktemp("empty")),
        "REVIEWDUEL_DATABASE_URL": embedded_cluster.create_migrated(),
    }


class PageServer:
    """A running Streamlit server; `url` leads to its page."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app/main.py", f"--server.port={port}"],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_healthy()

    def _wait_until_healthy(self) -> None:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).close()
                return
            except OSError:
                assert self._process.poll() is None, self.log.read_text()
                time.sleep(0.1)
        raise AssertionError(f"the page's server did not answer: {self.log.read_text()}")

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


@pytest.fixture(scope="session")
def page_server(
    page_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PageServer]:
    server = PageServer(page_environment, tmp_path_factory.mktemp("log") / "log")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def empty_server(
    empty_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PageServer]:
    server = PageServer(empty_environment, tmp_path_factory.mktemp("log") / "log")
    yield server
    server.stop()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A fresh tab; nothing outside this machine can be reached from it."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.route(lambda url: not url.startswith("http://127.0.0.1:"), lambda route: route.abort())
    page.set_default_timeout(30_000)
    yield page
    page.close()
