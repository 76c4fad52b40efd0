"""Real PostgreSQL for the tests: the embedded server, and a TCP server with a password; and a real browser.

Both servers hold a migrated template; each test gets a fresh copy of it. Variables of the environment that
would lead to another database or other settings are taken away before anything else.
"""

import os
import secrets
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import filelock
import numpy as np
import platformdirs
import psycopg2
import pytest
from psycopg2.extensions import make_dsn, parse_dsn
from psycopg2.sql import SQL, Composable, Identifier
from pydantic import SecretStr

from config import EmbedderSettings, ModelSpec, Settings
from config.errors import ModelUnavailable
from config.folders import private_folder
from database import Database
from database.programs import give_to_server_user, run_binary
from database.server import EmbeddedServer
from models.catalogue.catalogue import find_spec
from retriever import Embedder
from retriever.embedder import Vectors
from tests.browser import launch

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Where models for tests are kept; read before it is taken away.
_MODELS_HOME = os.environ.get("REVIEWDUEL_TEST_MODELS")

for _variable in list(os.environ):
    if _variable.startswith(("REVIEWDUEL_", "PG")):
        del os.environ[_variable]


def pytest_configure() -> None:
    # So that a run that is ended by a time limit stops its servers too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Not by hand, where one would be forgotten; first, so that `-m browser` sees it.
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Where a test is marked so, call it in a thread: Playwright, once used, keeps a loop in this one."""
    if not pyfuncitem.get_closest_marker("own_thread"):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    with ThreadPoolExecutor(1) as thread:
        thread.submit(pyfuncitem.obj, **{name: pyfuncitem.funcargs[name] for name in names}).result()
    return True


@dataclass(frozen=True)
class Cluster:
    """A running server; `dsn` leads to its default database as a superuser."""

    dsn: str

    def create(self, template: str = "template0") -> str:
        """A new database, a copy of `template`; returns the URL that leads to it."""
        name = f"test_{secrets.token_hex(6)}"
        execute(
            self.dsn, SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template))
        )
        return make_dsn(self.dsn, dbname=name)

    def prepare(self) -> "Cluster":
        """Make the migrated template, and skip what only matters in a power failure."""
        execute(self.dsn, SQL("ALTER SYSTEM SET fsync = off"), SQL("SELECT pg_reload_conf()"))
        execute(self.dsn, SQL("CREATE DATABASE migrated TEMPLATE template0"))
        Database(make_dsn(self.dsn, dbname="migrated"), "the template").close()
        return self

    def create_migrated(self) -> str:
        """A new database with the schema; returns the connection string that leads to it."""
        return self.create(template="migrated")

    @contextmanager
    def migrated(self) -> Iterator[SecretStr]:
        """The same for a `with` block. Its 320 files are gone then, most before they got to the disk."""
        dsn = self.create_migrated()
        yield SecretStr(dsn)
        name = Identifier(parse_dsn(dsn)["dbname"])
        execute(self.dsn, SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def execute(dsn: str, *statements: Composable) -> None:
    connection = psycopg2.connect(dsn)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder for data. Not pytest's own: another pytest would close that to PostgreSQL's user."""
    with tempfile.TemporaryDirectory(prefix="reviewduel-tests-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def embedded_cluster(server_folder: Path) -> Iterator[Cluster]:
    server = EmbeddedServer(server_folder / "embedded")
    try:
        yield Cluster(server.dsn).prepare()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def tcp_cluster(server_folder: Path) -> Iterator[Cluster]:
    data, password, log = (server_folder / name for name in ("tcp", "tcp.password", "tcp.log"))
    data.mkdir(mode=0o700)
    log.touch()
    password.write_text("s3cret with/odd@signs\n")
    give_to_server_user(data, password, log)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    run_binary(
        "initdb", "-D", data, "-U", "reviewer", "--auth=scram-sha-256", f"--pwfile={password}",
        "--encoding=UTF8", "--no-locale",
    )  # fmt: skip
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
    run_binary("pg_ctl", "start", "-D", data, "-l", log, "-o", options, "-w", "-t", 60)
    try:
        yield Cluster(
            make_dsn(
                host="127.0.0.1", port=port, user="reviewer", dbname="postgres",
                password=password.read_text().strip(),
            )
        ).prepare()  # fmt: skip
    finally:
        run_binary("pg_ctl", "stop", "-D", data, "-m", "immediate", "-w")


@pytest.fixture
def settings(embedded_cluster: Cluster, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a fresh, migrated database on the embedded server, and a home of the test's own."""
    with embedded_cluster.migrated() as url:
        yield Settings(home=tmp_path, database_url=url)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A fresh, migrated database on the embedded server."""
    with Database.open(settings) as database:
        yield database


@pytest.fixture(params=["embedded_cluster", "tcp_cluster"])
def any_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A fresh, migrated database, once on the embedded server, once by TCP with a password."""
    cluster: Cluster = request.getfixturevalue(request.param)
    with (
        cluster.migrated() as url,
        Database.open(Settings(home=tmp_path, database_url=url)) as database,
    ):
        yield database


class WordCounter(Embedder):
    """An embedder to be followed by hand: how often a text says battery, screen, price; and a 1."""

    WORDS = ("battery", "screen", "price")

    def __init__(self) -> None:
        super().__init__(EmbedderSettings(name="word-counter", metric="cosine", normalize=False))

    def load(self) -> None:
        pass

    @property
    def dimension(self) -> int:
        return len(self.WORDS) + 1

    def embed_passages(self, texts: list[str]) -> Vectors:
        counts = [[*(text.lower().count(word) for word in self.WORDS), 1] for text in texts]
        return np.array(counts, np.float32).reshape(len(texts), self.dimension)

    def embed_question(self, text: str) -> Vectors:
        return self.embed_passages([text]).reshape(self.dimension)


@pytest.fixture
def fake_embedder() -> Embedder:
    """Vectors (battery, screen, price, 1), counting words; metric cosine, not normalized."""
    return WordCounter()


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The installed embedder, loaded once."""
    return Embedder(EmbedderSettings())


@pytest.fixture
def environment(settings: Settings) -> dict[str, str]:
    """The environment for a command that shall use the database of `settings`."""
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    return os.environ | {"REVIEWDUEL_HOME": str(settings.home), "REVIEWDUEL_DATABASE_URL": url}


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """The system's Chromium, or Playwright's own."""
    from playwright.sync_api import Error, expect, sync_playwright

    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        try:
            browser = launch(playwright)
        except Error as error:
            if os.environ.keys() & {"CI", "REQUIRE_BROWSER"}:
                raise
            pytest.skip(f"NO BROWSER, so the page is not tested. `make browser` installs one. {error}")
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def smollm2() -> tuple[ModelSpec, Settings]:
    """A real language model, pulled once into a folder that outlives the tests; and settings that find it.

    REVIEWDUEL_TEST_MODELS names the folder that holds `models`; else it is in the user's cache.
    """
    # Imported here: the hub's library takes half a second, which other tests need not wait for.
    from models.sources.pull import pull

    home = Path(_MODELS_HOME) if _MODELS_HOME else platformdirs.user_cache_path("reviewduel-tests")
    settings = Settings(home=home)
    spec = find_spec("smollm2", settings)
    try:
        with filelock.FileLock(private_folder(home) / "pull.lock"):  # workers of pytest come at the same time
            pull(spec, settings)
    except ModelUnavailable as error:
        pytest.fail(f"The tests need {spec.name}, a model of 98 MB, in {settings.models_folder}. {error}")
    return spec, settings


@pytest.fixture(scope="session")
def bring_smollm2(smollm2: tuple[ModelSpec, Settings]) -> Callable[[Path], None]:
    """Does to a home what `python -m models pull smollm2` would, without a download."""
    spec, settings = smollm2

    def bring(home: Path) -> None:
        private_folder(home / "models")
        (home / "models" / spec.file).symlink_to(settings.models_folder / spec.file)

    return bring
